"""A cards folder and what an import made of it: files written in one line, progress put in, tables read back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from app import importing
from app.config import Config
from app.db import Database
from app.importing import ImportReport, Plan, Request
from app.learner import Learner
from app.models import Base, Card, Deck, Note, Schedule
from tests.conftest import NOW, add_learner
from tests.library import TODAY, days


class Folder:
    """The cards folder of one test and the library that is imported from it."""

    def __init__(self, database: Database, config: Config) -> None:
        self.database = database
        self.config = config
        self.path = config.cards_dir
        self.hour = 0
        with database.writing() as session:
            self.learner: Learner = add_learner(session, "hanako")

    def write(self, file: str, text: str) -> None:
        """Write one deck file."""
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def remove(self, file: str) -> None:
        """Take one deck file away."""
        (self.path / file).unlink()

    @property
    def request(self) -> Request:
        """An import of the whole folder that somebody asked for."""
        return Request(owner_id=None, root=str(self.path), whole=True, asked=True)

    def run(self, *, asked: bool = True) -> ImportReport:
        """Import the folder, an hour after the time before."""
        self.hour += 1
        request = Request(owner_id=None, root=str(self.path), whole=True, asked=asked)
        moment = NOW + timedelta(hours=self.hour)
        return importing.import_files(self.database, importing.from_folder(self.path), request, None, moment)

    def plan(self) -> Plan:
        """The plan of an import, which writes nothing."""
        with self.database.reading() as session:
            return importing.make(session, importing.from_folder(self.path), self.request)

    def undo(self, import_id: int | None) -> None:
        """Undo an import of the library."""
        assert import_id is not None
        with self.database.writing() as session:
            importing.undo(session, import_id, None, NOW + days(1))

    def learn(self) -> dict[str, int]:
        """Schedule every card that is in a deck and has no schedule; the interval (days) of each, by its question."""
        cards = self.cards()
        with self.database.writing() as session:
            known = set(session.execute(select(Schedule.card_id)).scalars())
            for card in cards.values():
                if card["id"] not in known:
                    row = {"user_id": self.learner.id, "card_id": card["id"], "deck_id": card["deck_id"]}
                    session.execute(insert(Schedule).values(row | _LEARNT | {"interval": card["id"]}))
        return self.progress()

    def progress(self) -> dict[str, int]:
        """The interval (days) of each learnt card that is in a deck, by its question."""
        found = {}
        for question, card in self.cards().items():
            with self.database.reading() as session:
                row = session.execute(select(Schedule).where(Schedule.card_id == card["id"])).scalar_one_or_none()
            if row is not None:
                assert row.deck_id == card["deck_id"], f"{question}: the schedule stands in another deck"
                found[question] = row.interval
        return found

    def cards(self) -> dict[str, dict[str, Any]]:
        """The cards that are in a deck, in the order of study, by what they ask (of a cloze: text and answer)."""
        query = (
            select(Card.id, Card.deck_id, Card.ordinal, Card.position, Deck.path, Note.kind, Note.front, Note.deletions)
            .add_columns(Note.back, Note.retired_at, Note.deck_id.label("note_deck_id"))
            .join(Note, Note.id == Card.note_id)
            .join(Deck, Deck.id == Card.deck_id)
            .where(Card.position.is_not(None))
            .order_by(Deck.position, Card.position)
        )
        with self.database.reading() as session:
            rows = [row._asdict() for row in session.execute(query)]
        for row in rows:
            assert row["retired_at"] is None, "a card of a retired note stands in a deck"
            assert row["deck_id"] == row["note_deck_id"], "card and note stand in different decks"
        return {_asks(row): row for row in rows}

    def decks(self) -> list[str]:
        """The paths of the decks that are not retired, in the order of study."""
        query = select(Deck.path).where(Deck.retired_at.is_(None)).order_by(Deck.position, Deck.id)
        with self.database.reading() as session:
            return list(session.execute(query).scalars())

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.database.reading() as session:
            return {
                table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
                for table in Base.metadata.sorted_tables
            }


def _asks(row: Mapping[str, Any]) -> str:
    if row["kind"] == "cloze":
        hidden = [answer for answer, _, ordinal, _ in row["deletions"] if ordinal == row["ordinal"]]
        return f"{row['front']} <{' '.join(hidden)}>"
    return str(row["back"] if row["ordinal"] == 2 else row["front"])


_LEARNT: dict[str, Any] = {
    "repetitions": 2,
    "easiness": 250,
    "due": TODAY,
    "lapses": 0,
    "introduced_on": TODAY - days(7),
    "reviewed_on": TODAY - days(6),
    "answered_at": NOW - days(6),
    "revision": 2,
    "suspended": False,
    "marked": False,
}
