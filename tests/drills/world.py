"""The world that the drills of accounts attack: an owner with one of everything, a stranger, and who looks after both.

`hanako` owns a deck with notes, reviews, a login and an import, and is an administrator, so that no refusal she meets
is for want of a right. `taro` is another learner, `chief` another administrator; both own nothing. Ids are of six
digits and of another kind for each table: an id stands out wherever it shows.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4
from zipfile import ZipFile

from flask.testing import FlaskClient
from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import clock, create_app, importing, logins, study
from app.backups import make_backup
from app.config import Config, from_environment
from app.db import Database
from app.importing import Request
from app.importing.uploads import Upload, from_uploads
from app.models import Base, Card, Deck, Import, Login, Note, Review, User
from app.srs.sm2 import Grade
from app.study import Answer
from tests.canaries import FORM_TOKEN
from tests.drills.registry import Route
from tests.entrance import PASSWORD, add_account

CANARY = "kept-by-hanako-alone"
"""Stands in everything that only the owner may read."""
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63b8b183170004"
    "09019e41f598cf0000000049454e44ae426082"
)
"""A PNG of one pixel that only the owner's deck shows."""
_OWN_FILE = f"---\nname: {CANARY}\n---\n" + "".join(
    f"Q: {CANARY} {number}? ![seen](own.png)\nA: {CANARY}\n\n" for number in range(3)
)
_LIBRARY_FILE = "---\nname: Docker\n---\n" + "".join(f"Q: What is {number}?\nA: {number}\n\n" for number in range(5))
_LONGEST_RUN = timedelta(hours=6)
_FIRST = {"decks": 710000, "notes": 720000, "cards": 730000, "imports": 740000, "logins": 750000}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Ids = dict[str, str]


@dataclass(frozen=True)
class Made:
    """The folder of a world and what is in it."""

    folder: Path
    owner_id: int
    owned: Ids
    """The owner's things by kind."""
    shared: Ids
    """Things that everybody may see, by kind; where there are none, ids of nothing."""
    tokens: Mapping[str, str]
    """Each account's login."""


ABSENT: Ids = {
    "deck": "719999",
    "card": "739999",
    "review": "99999999-9999-4999-8999-999999999999",
    "login": "759999",
    "import": "749999",
    "media": "f" * 64,
    "backup": "oboegaki-20010101T000000Z.db",
}
"""Ids of nothing, as long as those of something."""


def make(folder: Path) -> Made:
    """A world in `folder`, to be copied for each drill."""
    config = _config(folder)
    config.cards_dir.mkdir(parents=True)
    database = Database(config)
    database.migrate()
    accounts = {
        name: add_account(database, name, is_admin=is_admin)
        for name, is_admin in (("hanako", True), ("taro", False), ("chief", True))
    }
    seen = clock.now() + _LONGEST_RUN  # or it would be noted during a drill, which looks for changes
    with database.writing() as session:
        _begin_ids(session)
        tokens = {name: logins.make_login(session, one.id, "Firefox", seen) for name, one in accounts.items()}
    (config.cards_dir / "docker.md").write_text(_LIBRARY_FILE)
    importing.run(database, config)
    owner = accounts["hanako"]
    request = Request(owner_id=owner.id, root=CANARY, whole=False, asked=True)
    sources = from_uploads([Upload("own.zip", _zip({f"{CANARY}.md": _OWN_FILE.encode(), "own.png": PICTURE}))])
    importing.import_files(database, sources, request, owner.id)
    with database.writing() as session:
        review = uuid4()
        card = session.scalars(select(Card.id).join(Deck).where(Deck.owner_id == owner.id).order_by(Card.id)).first()
        assert card is not None
        study.answer(session, owner, Answer(review, card, Grade.GOOD), clock.now())
        for one in accounts.values():
            study.answer(session, one, Answer(uuid4(), int(_shared(session)["card"]), Grade.GOOD), clock.now())
        made = Made(folder, owner.id, _owned(session, owner.id, review), _shared(session), tokens)
    made.owned["backup"] = make_backup(config, clock.now()).file.name
    (config.cards_dir / "new.md").write_text(_LIBRARY_FILE.replace("Docker", "New"))
    database.close()
    return made


def _config(folder: Path, **environ: str) -> Config:
    given = {"DATA_DIR": str(folder / "data"), "CARDS_DIR": str(folder / "cards"), **environ}
    return from_environment({f"OBOEGAKI_{name}": value for name, value in given.items()})


def _zip(files: Mapping[str, bytes]) -> BytesIO:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return BytesIO(packed.getvalue())


def _begin_ids(session: Session) -> None:
    """One row with a high id in each table: those that come after have higher ones."""
    at, user = clock.now(), session.scalars(select(User.id).where(User.name == "chief")).one()
    deck = {"path": "First", "title": "First", "language": "", "position": 0, "problems": []}
    note = {"deck_id": _FIRST["decks"], "kind": "basic", "front": "a", "back": "b", "tags": "", "heading": ""}
    login = {"user_id": user, "token_hash": b"-", "device": "", "created_at": at, "seen_at": at}
    rows: dict[type[Base], dict[str, Any]] = {
        Deck: deck,
        Note: note | {"position": 0, "line": 1, "text_key": 1},
        Card: {"note_id": _FIRST["notes"], "deck_id": _FIRST["decks"], "ordinal": 1, "position": 0},
        Import: {"at": at, "root": "first", "report": {}},
        Login: login | {"expires_at": at + logins.LIFETIME},
    }
    for table, values in rows.items():
        session.execute(insert(table), values | {"id": _FIRST[table.__tablename__]})


def _owned(session: Session, owner_id: int, review: UUID) -> Ids:
    deck = select(func.max(Deck.id)).where(Deck.owner_id == owner_id)
    found = {
        "deck": deck,
        "card": select(Review.card_id).where(Review.id == review),
        "login": select(Login.id).where(Login.user_id == owner_id),
        "import": select(Import.id).where(Import.owner_id == owner_id),
    }
    rest = {"review": str(review), "media": hashlib.sha256(PICTURE).hexdigest()}
    return {kind: str(session.scalars(query).one()) for kind, query in found.items()} | rest


def _shared(session: Session) -> Ids:
    """The library's deck, card and import."""
    card = select(func.max(Card.id)).join(Deck, Deck.id == Card.deck_id).where(Deck.owner_id.is_(None))
    found = {
        "deck": select(func.max(Deck.id)).where(Deck.owner_id.is_(None)),
        "card": card,
        "import": select(func.min(Import.id)).where(Import.id > _FIRST["imports"]),
    }
    return ABSENT | {kind: str(session.scalars(query).one()) for kind, query in found.items()}


class World:
    """A running app on a copy of the world, put back as it was whenever a drill asks."""

    def __init__(self, made: Made, folder: Path, **environ: str) -> None:
        self.made = made
        self._folder = folder
        copytree(made.folder, folder)
        self.config = _config(folder, **environ)
        self.app = create_app(self.config)
        self.database: Database = self.app.extensions["database"]
        self.close = self.database.close

    def put_back(self) -> None:
        """Put everything back as it was in the beginning."""
        self.database.close()
        for rest in ("oboegaki.db-wal", "oboegaki.db-shm"):
            (self._folder / "data" / rest).unlink(missing_ok=True)
        copyfile(self.made.folder / "data" / "oboegaki.db", self._folder / "data" / "oboegaki.db")

    def visitor(self, name: str | None) -> "Visitor":
        """A browser in which an account is logged in, or nobody."""
        client = self.app.test_client()
        if name is not None:
            with client.session_transaction() as session:
                session["_user_id"] = self.made.tokens[name]
        return Visitor(client, "/log-in" if name is None else "/account")

    def digests(self, owner_id: int | None = None) -> dict[str, str]:
        """A hash of every table's rows, by table; of the rows that are one account's, where one is given."""
        with self.database.engine.connect() as connection:
            names = inspect(connection).get_table_names()
            return {name: _digest(connection, name, owner_id) for name in sorted(names)}

    def changed(self, before: Mapping[str, str], owner_id: int | None = None) -> list[str]:
        """The tables whose rows are others than in `before`."""
        after = self.digests(owner_id)
        return [name for name in after if after[name] != before.get(name)]


_OF_OWNER = {
    "users": "id = :owner",
    "decks": "owner_id = :owner",
    "notes": "deck_id IN (SELECT id FROM decks WHERE owner_id = :owner)",
    "cards": "deck_id IN (SELECT id FROM decks WHERE owner_id = :owner)",
    "imports": "owner_id = :owner",
    "import_changes": "import_id IN (SELECT id FROM imports WHERE owner_id = :owner)",
    "logins": "user_id = :owner",
    "reviews": "user_id = :owner",
    "schedules": "user_id = :owner",
    "new_cursors": "user_id = :owner",
    "deck_media": "deck_id IN (SELECT id FROM decks WHERE owner_id = :owner)",
    "import_media": "import_id IN (SELECT id FROM imports WHERE owner_id = :owner)",
}
"""Which rows of a table are an account's."""


def _digest(connection: Connection, table: str, owner_id: int | None) -> str:
    condition = "1 = 1" if owner_id is None else _OF_OWNER.get(table, "1 = 0")
    found = connection.execute(text(f"SELECT * FROM {table} WHERE {condition}"), {"owner": owner_id})  # noqa: S608
    return hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest()


class Visitor:
    """A browser: it keeps its cookies, and takes the token for its forms from a page."""

    def __init__(self, client: FlaskClient, page: str) -> None:
        self.client = client
        self._page = page
        self._token = ""

    @property
    def token(self) -> str:
        """The token that this browser's forms hold."""
        if not self._token:
            found = FORM_TOKEN.search(page := self.client.get(self._page).text)
            assert found is not None, page
            self._token = found[1]
        return self._token

    def send(self, method: str, address: str, fields: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a request with a form's token; `headers` are named with _ for -."""
        data = None if method in ("GET", "HEAD", "OPTIONS") else {"csrf_token": self.token, **(fields or {})}
        return self.send_bare(method, address, data, **headers)

    def send_bare(
        self, method: str, address: str, fields: Mapping[str, Any] | None = None, **headers: str
    ) -> TestResponse:
        """Send a request as it stands, without a token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(address, method=method, data=fields, headers=named, buffered=True)


def address_of(route: Route, path_ids: Ids, query_ids: Ids | None = None) -> str:
    """The address of a route with these things in its path, and in its arguments those of `query_ids`."""
    if route.address:
        path = _filled(route.address, path_ids)
    else:
        path = re.sub(r"<[^>]*?(\w+)>", lambda part: path_ids[_kind(part[1])], route.rule)
    if query_ids is None or not route.query:
        return path
    return f"{path}?{urlencode({name: _filled(value, query_ids) for name, value in route.query.items()})}"


def _kind(part: str) -> str:
    return part.removesuffix("_id").replace("digest", "media")


def fields_of(route: Route, ids: Ids) -> dict[str, Any]:
    """The form of a route, filled in, with its files."""
    fields: dict[str, Any] = {name: _filled(value, ids) for name, value in route.form.items()}
    for name, file in route.files.items():
        fields[name] = (BytesIO(b"Q: One more?\nA: Yes\n"), file)
    return fields


def _filled(template: str, ids: Ids) -> str:
    return template.format(**ABSENT | ids, new=uuid4(), name="hanako", password=PASSWORD)


def as_told(reply: TestResponse, ids: Ids) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body of a reply, without the ids and what differs each time."""
    headers = [(name, _plain(value, ids)) for name, value in reply.headers.items()]
    headers = [(name, re.sub(r"(oboegaki|Expires)=[^;]*", r"\1=-", value)) for name, value in headers]
    return reply.status_code, headers, _plain(text_of(reply), ids)


def text_of(reply: TestResponse) -> str:
    """The body of a reply, of a picture too."""
    return reply.get_data().decode(errors="replace")


def _plain(told: str, ids: Ids) -> str:
    for kind, one in ids.items():
        told = told.replace(one, f"[{kind}]")
    return FORM_TOKEN.sub("-", _UUID.sub("[uuid]", told))
