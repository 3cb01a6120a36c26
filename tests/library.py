"""Decks, notes and cards for tests, and schedules put where a test wants them, each in one line."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app import queue, study
from app.decks.note import Note as NoteText
from app.decks.note import NoteKind
from app.importing.rows import text_key
from app.learner import Learner
from app.models import Card, Deck, Note, Review, Schedule
from app.queue import Sitting
from app.srs import history
from app.srs.history import Progress
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


def shown(session: Session, sitting: Sitting, limit: int = 100, holding: tuple[int, ...] = ()) -> list[int]:
    """The cards that a sitting shows, in their order."""
    return queue.upcoming(session, sitting, limit, holding)


def everything(learner: Learner, more_new: int = 0) -> Sitting:
    """A sitting on all decks."""
    return Sitting(learner, TODAY, more_new=more_new)


def in_deck(session: Session, learner: Learner, deck_id: int) -> Sitting:
    """A sitting on a deck and those below it."""
    return queue.sit_down(session, learner, TODAY, deck_id)


def reviews(session: Session) -> int:
    """How many lines the log has."""
    return session.execute(select(func.count()).select_from(Review)).scalar_one()


def undo(session: Session, learner: Learner, review_id: UUID, now: datetime = NOW) -> Outcome:
    """Take a review back."""
    return study.undo(session, learner, review_id, uuid4(), now)


def checked_progress(session: Session, learner: Learner, card_id: int) -> Progress:
    """The progress of a card, after making sure that its row is the replay of its log."""
    row, log = schedule_of(session, learner, card_id), study.log_of(session, learner, card_id)
    progress = history.trace(log)
    assert {name: getattr(row, name) for name in study.derived(progress)} == study.derived(progress)
    assert row.revision == len(log)
    return progress


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
        "text_key": text_key(NoteText(NoteKind.BASIC, f"front {number}", f"back {number}")),
        "retired_at": None,
    }
