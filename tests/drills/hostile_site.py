"""A server whose every text is hostile, with one layer of its defence taken out, or both.

The rows are written past the import, so that each string stands exactly as it is in every place where text can stand.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from markupsafe import Markup
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import app.markup
from app import clock
from app.importing.report import FileReport, ImportReport, Item, Kind, State
from app.models import Card, Deck, Import, Login, Note, User
from tests.drills.hostile_text import Hostile
from tests.drills.world import World
from tests.served import served

PER_DECK = 25
"""Two notes of each string, 50 cards: a page of a deck."""
_PER_IMPORT = 100


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, its login's cookie, and the addresses at which the planted strings are shown."""

    address: str
    cookie: str
    many: list[str]
    """Pages with very many strings each."""
    single: dict[int, str]
    """The page of a card, by the number of its string."""
    named: dict[int, str]
    """The page of a deck whose names are a string, by its number."""


def without_policy(app: Any) -> Callable[..., Any]:
    """The WSGI app as it would be without the header of the policy."""

    def answer(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if name != "Content-Security-Policy"]
            return start_response(status, kept, *rest)

        return whole(environ, start)

    whole = app.wsgi_app
    return answer


def without_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let through whatever came out of Markdown."""
    monkeypatch.setattr(app.markup, "clean", lambda html: html)


def without_sanitizer(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Put every text into the pages as it is: no Markdown, no allow-list, no escaping."""

    def raw(text: str, *_rest: object) -> Markup:
        return Markup(text)  # noqa: S704 - that is the point

    for name in ("render", "render_cloze_front", "render_cloze_back"):
        monkeypatch.setattr(app.markup, name, raw)
    world.app.jinja_env.autoescape = False


@contextmanager
def serving(world: World, strings: Sequence[Hostile], *, policy: bool) -> Iterator[Site]:
    """Plant the strings and serve them; `policy`: whether the pages come with theirs."""
    with world.database.writing() as session:
        decks, single = _plant_notes(session, strings)
        many = [f"/decks/{deck}" for deck in decks]
        many.append(f"/decks/{_plant_problems(session, strings)}")
        named = _plant_names(session, strings)
        many += [f"/imports/{each}" for each in _plant_imports(session, strings)]
        _plant_people(session, world.made.owner_id, strings)
    many += ["/", "/account", "/server/accounts", "/imports"]
    visitor = world.visitor("hanako")
    cookie = visitor.client.get_cookie("oboegaki")
    assert cookie is not None
    if not policy:
        world.app.wsgi_app = without_policy(world.app)  # type: ignore[method-assign]
    with served(world.app) as port:
        yield Site(f"http://127.0.0.1:{port}", cookie.value, many, single, named)


def _deck(session: Session, path: str, **columns: Any) -> int:
    position = session.execute(select(func.count()).select_from(Deck)).scalar_one()
    values = {"path": path, "title": path, "language": "en", "dialect": "qa", "file": f"{position}.md", "problems": []}
    row = values | {"position": position} | columns
    return session.execute(insert(Deck).values(row).returning(Deck.id)).scalar_one()


def _plant_notes(session: Session, strings: Sequence[Hostile]) -> tuple[list[int], dict[int, str]]:
    """A basic note and a cloze of each string; the decks, and the page of each string's first card."""
    decks: list[int] = []
    single: dict[int, str] = {}
    for begin in range(0, len(strings), PER_DECK):
        deck = _deck(session, f"deck {begin}")
        decks.append(deck)
        for place, each in enumerate(strings[begin : begin + PER_DECK]):
            card = _note(session, deck, 2 * place, each, kind="basic", front=each.text, back=each.text, deletions=None)
            single[each.number] = f"/cards/{card}"
            hidden = [[each.text, 2, 1, each.text]]
            text = f"a {each.text} b"
            _note(session, deck, 2 * place + 1, each, kind="cloze", front=text, back="", deletions=hidden)
    return decks, single


def _note(session: Session, deck: int, place: int, each: Hostile, **texts: Any) -> int:
    same = {"deck_id": deck, "tags": each.text, "heading": each.text, "position": place, "line": 1, "text_key": place}
    note = session.execute(insert(Note).values(same | texts).returning(Note.id)).scalar_one()
    card = {"note_id": note, "deck_id": deck, "ordinal": 1, "position": place}
    return session.execute(insert(Card).values(card).returning(Card.id)).scalar_one()


def _problem(each: Hostile) -> dict[str, Any]:
    texts = {"message": "stray: %(text)s", "remedy": each.text.replace("%", "%%"), "details": {"text": each.text}}
    return {"line": 1, "code": "text-outside-card", "warning": False} | texts


def _plant_problems(session: Session, strings: Iterable[Hostile]) -> int:
    return _deck(session, "problems", problems=[_problem(each) for each in strings])


def _plant_names(session: Session, strings: Iterable[Hostile]) -> dict[int, str]:
    """A deck of each string, which is its path, title, language, dialect and file."""
    decks = {}
    for each in strings:
        names = dict.fromkeys(("title", "language", "dialect"), each.text)
        decks[each.number] = (
            f"/decks/{_deck(session, f'{each.number} {each.text}', file=f'{each.number}{each.text}', **names)}"
        )
    return decks


def _plant_imports(session: Session, strings: Sequence[Hostile]) -> list[int]:
    """Reports in which every name, note and problem is a string."""
    made = []
    for begin in range(0, len(strings), _PER_IMPORT):
        part = strings[begin : begin + _PER_IMPORT]
        report = ImportReport(part[0].text, [_file_report(each) for each in part])
        values = {"at": clock.now(), "root": part[0].text, "report": report.as_json()}
        made.append(session.execute(insert(Import).values(values).returning(Import.id)).scalar_one())
    return made


def _file_report(each: Hostile) -> FileReport:
    sides, others = (each.text, each.text), ("a", f"b{each.text}")
    items = [Item(Kind.REWORDED, 1, sides, others), Item(Kind.NEW, 2, None, sides, doubtful=True)]
    counts = {str(Kind.REWORDED): 1, str(Kind.NEW): 1}
    return FileReport(each.text, each.text, each.text, State.READ, counts, 1, items, [_problem(each)])


def _plant_people(session: Session, owner_id: int, strings: Iterable[Hostile]) -> None:
    """Accounts and devices that are called like that."""
    at = clock.now()
    user = session.get(User, owner_id)
    assert user is not None
    columns = {column.name: getattr(user, column.name) for column in User.__table__.columns if column.name != "id"}
    for each in strings:
        names = {"name": each.text, "name_key": f"{each.number} {each.text}", "is_admin": False}
        session.execute(insert(User).values(columns | names))
        times = {"created_at": at, "seen_at": at, "expires_at": at + timedelta(days=9)}
        login = {"user_id": owner_id, "token_hash": str(each.number).encode(), "device": each.text}
        session.execute(insert(Login).values(login | times))
