"""A server that hands out what a learner made, with its headers or with some of them taken off, and pages that use it.

The pages stand on the server's own origin, with the app's policy and without any; at another port of the same host,
whose requests carry the cookie of the login too; and on another host.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, select

from app import clock, importing, study
from app.backups import make_backup
from app.importing import Request
from app.importing.uploads import Upload, from_uploads
from app.learner import Learner
from app.models import Card, Deck
from app.srs.sm2 import Grade
from app.study import Answer
from tests.drills.hostile_files import zipped
from tests.drills.hostile_site import Site
from tests.drills.polyglots import WHOLE, WISHED, Polyglot, polyglots, script
from tests.drills.world import World
from tests.served import served

Headers = list[tuple[str, str]]
IN_TEXT = 900
"""What the script in the text of a note calls itself: it stands in every export."""
OWN, PLAIN = "a page of the app", "a page of this origin without a policy"
PORT, HOST = "another port of this host", "another host"
"""Where pages stand that use the files."""
WAYS = {
    "img": '<img class="shown" id="{number}" src="{address}">',
    "iframe": '<iframe src="{address}"></iframe>',
    "object": '<object type="{wished}" data="{address}"></object>',
    "embed": '<embed type="{wished}" src="{address}?embedded={time}">',
    "audio": '<audio class="played" id="{number}" src="{address}" preload="metadata"></audio>',
    "script": '<script src="{address}" charset="{charset}"></script>',
    "style": '<link rel="stylesheet" href="{address}"><p id="c{number}">.</p>',
}
"""How a page may use a file without a script of its own."""
AS_DOCUMENTS = ("iframe", "object", "embed")
DOCUMENTS = ("page", "leads", "drawing", "export")
"""Forms that a browser may take for a page of its own."""


class Handing(Enum):
    """Which headers a file is handed out with."""

    AS_THE_APP_DOES = "as the app does"
    POLICY_ALONE = "its policy alone, and the type that its maker wished"
    TYPES_ALONE = "its type and nosniff alone"
    BARE = "nothing but the type that its maker wished"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that the server hands out."""

    number: int
    address: str
    form: str
    charset: str = "utf-8"
    type: str = ""
    """The media type by which a deck shows it; none for an export."""
    is_picture: bool = False
    is_sound: bool = False
    """Whether browsers show or play it: nothing of it is missing."""

    @property
    def wished(self) -> str:
        """The type that who made it would have it handed out as."""
        return WISHED.get(self.form, "text/html")


@dataclass
class Shelf:
    """The running server: its files, and how they are handed out now."""

    media: list[Stored]
    exports: list[Stored]
    site: Site
    places: dict[str, str]
    """Addresses of the pages that use the files."""
    how: Handing = Handing.AS_THE_APP_DOES
    ways: Sequence[str] = tuple(WAYS)
    policy: Headers = field(default_factory=list)
    """The headers of the app's own pages."""
    in_every_way: bool = False
    """Whether pages use a file in ways that its form was not made for, too."""

    @property
    def files(self) -> list[Stored]:
        """Everything that is handed out."""
        return self.media + self.exports

    embedded: set[tuple[int, int]] = field(default_factory=set)
    """Which files were handed out for being embedded, by the number of the page and their own."""
    pages: int = 0

    @property
    def is_waiting(self) -> bool:
        """Whether the newest page has not been given all that it embeds: no page waits for that before it is loaded."""
        wanted = {(self.pages, each.number) for each in self.files if self.uses("embed", each)}
        return not wanted <= self.embedded

    def uses(self, way: str, file: Stored) -> bool:
        """Whether pages use the file in the way now."""
        return way in self.ways and (self.in_every_way or _fits(way, file))

    def page(self) -> str:
        """A page that uses every file in the ways of now."""
        self.pages += 1
        parts = []
        for way in self.ways:
            for each in self.files:
                if not self.uses(way, each):
                    continue
                told = {"number": each.number, "wished": each.wished, "charset": each.charset, "time": self.pages}
                parts.append(WAYS[way].format(address=escape(f"{self.site.address}{each.address}"), **told))
        return "<title>Uses them</title>" + "\n".join(parts)

    def handed(self, path: str, query: str, headers: Headers) -> Headers:
        """The headers that a reply keeps."""
        number, wished = next(((each.number, each.wished) for each in self.files if each.address == path), (0, ""))
        if query.startswith("embedded="):
            self.embedded.add((int(query.removeprefix("embedded=")), number))
        if not wished or self.how is Handing.AS_THE_APP_DOES:
            return headers
        kept = {
            Handing.POLICY_ALONE: ("Content-Security-Policy",),
            Handing.TYPES_ALONE: ("Content-Type", "X-Content-Type-Options"),
            Handing.BARE: (),
        }[self.how]
        left = [(name, value) for name, value in headers if name in ("Content-Length", "Content-Range", *kept)]
        return left if "Content-Type" in kept else [*left, ("Content-Type", wished)]


def _fits(way: str, file: Stored) -> bool:
    """Whether somebody may have made the file for the way."""
    if way in AS_DOCUMENTS:
        return file.form in DOCUMENTS
    if way in ("img", "audio"):
        return file.is_sound or not file.address.endswith(".db")
    return file.form in (way, "export")


@contextmanager
def handing_out(world: World) -> Iterator[Shelf]:
    """Store the files by the door that learners use, and serve them."""
    media, exports = _stored(world)
    cookie = world.visitor("hanako").client.get_cookie("oboegaki")
    assert cookie is not None
    shelf = Shelf(media, exports, Site("", cookie.value, [], {}, {}), {})
    told = world.visitor(None).client.get("/log-in").headers
    shelf.policy = [(name, value) for name, value in told if name not in ("Set-Cookie", "Content-Length")]
    world.app.wsgi_app = _around(world.app.wsgi_app, shelf)  # type: ignore[method-assign]
    with served(world.app) as port, served(_neighbour(shelf)) as other:
        shelf.site = Site(f"http://127.0.0.1:{port}", cookie.value, [], {}, {})
        shelf.places = {
            OWN: f"{shelf.site.address}/with-policy",
            PLAIN: f"{shelf.site.address}/without-policy",
            PORT: f"http://127.0.0.1:{other}/",
            HOST: f"http://localhost:{other}/",
        }
        yield shelf


def _around(whole: Callable[..., Any], shelf: Shelf) -> Callable[..., Any]:
    """The server with the two pages beside the app, and with the headers of the files as they are handed out now."""

    def answer(environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path in ("/with-policy", "/without-policy"):
            plain = [("Content-Type", "text/html; charset=utf-8")]
            start_response("200 OK", shelf.policy if path == "/with-policy" else plain)
            return [shelf.page().encode()]

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            return start_response(status, shelf.handed(path, environ.get("QUERY_STRING", ""), headers), *rest)

        return whole(environ, start)

    return answer


def _neighbour(shelf: Shelf) -> Flask:
    """Another server with a page that uses the files of this one."""
    app = Flask("neighbour")
    app.add_url_rule("/", "show", shelf.page)
    return app


def _stored(world: World) -> tuple[list[Stored], list[Stored]]:
    """The files by their addresses: what decks show, then what can be taken home."""
    made, owner_id = list(polyglots()), world.made.owner_id
    hostile = f"<script>{script(IN_TEXT)}</script>"
    deck = f"Q: {hostile}\nA: {hostile}\n\n" + "".join(f"Q: {each.number}?\nA: ![]({each.name})\n\n" for each in made)
    zipped_up = zipped([("stored.md", deck.encode()), *((each.name, each.data) for each in made)])
    sources = from_uploads([Upload("stored.zip", io.BytesIO(zipped_up))])
    request = Request(owner_id=owner_id, root="stored", whole=False, asked=True)
    importing.import_files(world.database, sources, request, owner_id)
    with world.database.writing() as session:
        deck_id = session.scalars(select(func.max(Deck.id)).where(Deck.owner_id == owner_id)).one()
        card = session.scalars(select(func.min(Card.id)).where(Card.deck_id == deck_id)).one()
        study.answer(session, Learner(owner_id), Answer(uuid4(), card, Grade.GOOD), clock.now())
    backup = make_backup(world.config, clock.now()).file.name
    addresses = (f"/decks/{deck_id}/export", "/account/export", f"/server/backups/{backup}")
    exports = [Stored(IN_TEXT + place, address, "export") for place, address in enumerate(addresses, 1)]
    return [_medium(each) for each in made], exports


def _medium(made: Polyglot) -> Stored:
    whole = made.form in ("page", "leads") and made.type in WHOLE
    return Stored(
        made.number,
        f"/media/{made.digest}",
        made.form,
        made.charset,
        made.type,
        is_picture=whole and made.type.startswith("image/"),
        is_sound=whole and made.type.startswith("audio/"),
    )
