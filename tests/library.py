"""Decks, notes and cards for tests, and schedules put where a test wants them, each in one line."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app import study
from app.learner import Learner
from app.models import Card, Deck, Note, Schedule
from app.srs.sm2 import Grade
from app.study import Answer, Outcome
from tests.conftest import NOW

TODAY = date(2026, 3, 2)
"""The study day of `NOW` for a learner in UTC."""


def days(number: int) -> timedelta:
    """So many days."""
    return timedelta(days=number)


def add_deck(session: Session, path: str, *, owner: Learner | None = None, position: int = 0) -> int:
    """A deck of the shared library, or of an owner, without a card in it; its id."""
    values: dict[str, Any] = {
        "owner_id": owner.id if owner else None,
        "path": path,
        "title": path.rpartition("/")[2],
        "language": "en",
        "dialect": "qa",
        "file": f"{path}.md",
        "position": position,
        "problems": [],
    }
    return session.execute(insert(Deck).returning(Deck.id), values).scalar_one()


def add_cards(session: Session, deck_id: int, notes: int, *, siblings: int = 1) -> list[int]:
    """The ids of new cards in file order: so many notes at the deck's end, each with so many cards."""
    taken = session.query(Note).filter_by(deck_id=deck_id).count()
    note_rows = [_note(deck_id, number) for number in range(taken, taken + notes)]
    session.execute(insert(Note), note_rows)
    made = select(Note.id, Note.position).where(Note.deck_id == deck_id, Note.position >= taken)
    cards = [
        {"note_id": note_id, "deck_id": deck_id, "ordinal": ordinal + 1, "position": position * siblings + ordinal}
        for note_id, position in session.execute(made.order_by(Note.position))
        for ordinal in range(siblings)
    ]
    session.execute(insert(Card), cards)
    of_deck = select(Card.id).where(Card.deck_id == deck_id, Card.position >= taken * siblings)
    return list(session.execute(of_deck.order_by(Card.position)).scalars())


def put_due(session: Session, learner: Learner, cards: Sequence[int], due: date, **columns: Any) -> None:
    """Schedule the cards as if they had been learnt long ago and were due on `due`."""
    learnt = {
        "repetitions": 2,
        "interval": 6,
        "easiness": 250,
        "due": due,
        "repeat_on": None,
        "lapses": 0,
        "introduced_on": due - days(7),
        "reviewed_on": due - days(6),
        "answered_at": NOW - days(6),
        "revision": 2,
        "suspended": False,
        "buried_until": None,
        "marked": False,
    }
    decks = {card: deck for card, deck in session.execute(select(Card.id, Card.deck_id))}
    rows = [{"user_id": learner.id, "card_id": card, "deck_id": decks[card]} | learnt | columns for card in cards]
    session.execute(insert(Schedule), rows)


def give(
    session: Session, learner: Learner, card_id: int, grade: int, now: datetime = NOW, *, given_id: UUID | None = None
) -> Outcome:
    """Answer a card now."""
    return study.answer(session, learner, Answer(given_id or uuid4(), card_id, Grade(grade)), now)


def retire(session: Session, cards: Sequence[int]) -> None:
    """Take the cards out of their deck file, as an import does."""
    session.execute(update(Card).where(Card.id.in_(cards)).values(position=None))
    session.execute(update(Schedule).where(Schedule.card_id.in_(cards)).values(deck_id=None))


def schedule_of(session: Session, learner: Learner, card_id: int) -> Schedule:
    """The stored row of a card."""
    key = (Schedule.user_id == learner.id, Schedule.card_id == card_id)
    return session.execute(select(Schedule).where(*key).execution_options(populate_existing=True)).scalar_one()


def _note(deck_id: int, number: int) -> dict[str, Any]:
    return {
        "deck_id": deck_id,
        "kind": "basic",
        "front": f"front {number}",
        "back": f"back {number}",
        "deletions": None,
        "tags": "",
        "heading": "",
        "position": number,
        "line": 3 * number + 1,
        "text_key": number,
        "retired_at": None,
    }
