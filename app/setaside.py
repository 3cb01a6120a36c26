"""Cards a learner sets aside: suspended until called back, buried until tomorrow, or marked to be found again.

These are the learner's word about a card, not derived from the log; a card without a schedule gets a row for them.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, insert, literal, null, or_, select, update
from sqlalchemy.orm import Session

from app import cursor
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Card, Deck, Schedule
from app.srs.sm2 import FIRST_EASINESS


def suspend(session: Session, learner: Learner, card_id: int) -> None:
    """Take a card out of every queue until it is called back."""
    card = _set(session, learner, card_id, suspended=True)
    cursor.advance(session, learner.id, card.deck_id)


def call_back(session: Session, learner: Learner, card_id: int) -> None:
    """Put a suspended card back where it was."""
    card = _set(session, learner, card_id, suspended=False)
    if card.due is None:
        cursor.lower(session, learner.id, card.deck_id, card.position)


def bury(session: Session, learner: Learner, card_id: int, today: date) -> None:
    """Hide a card for the rest of the study day `today`."""
    _set(session, learner, card_id, buried_until=today + timedelta(days=1))


def unbury(session: Session, learner: Learner, card_id: int) -> None:
    """Show a buried card again today."""
    _set(session, learner, card_id, buried_until=None)


def mark(session: Session, learner: Learner, card_id: int) -> None:
    """Mark a card so that its deck's page shows it as marked."""
    _set(session, learner, card_id, marked=True)


def unmark(session: Session, learner: Learner, card_id: int) -> None:
    """Take the mark off again."""
    _set(session, learner, card_id, marked=False)


def suspend_deck(session: Session, learner: Learner, deck_id: int) -> None:
    """Take all cards of one deck out of the queues."""
    _check_deck(session, learner, deck_id)
    session.execute(_ROWS_FOR_DECK, {"user": learner.id, "deck": deck_id})
    session.execute(_IN_DECK.values(suspended=True), {"user": learner.id, "deck": deck_id})
    cursor.advance(session, learner.id, deck_id)


def call_back_deck(session: Session, learner: Learner, deck_id: int) -> None:
    """Put all suspended cards of one deck back."""
    _check_deck(session, learner, deck_id)
    session.execute(_IN_DECK.values(suspended=False), {"user": learner.id, "deck": deck_id})
    cursor.lower(session, learner.id, deck_id, 0)
    cursor.advance(session, learner.id, deck_id)


def _set(session: Session, learner: Learner, card_id: int, **flags: Any) -> Any:
    """Write the flags, making the row of a new card where there is none; the card with its deck and position."""
    card = session.execute(_CARD, {"user": learner.id, "card": card_id}).one_or_none()
    if card is None:
        raise NotFoundError("There is no such card; nothing was changed. Go back to Today and start from there")
    if not card.has_schedule:
        deck_id = card.deck_id if card.position is not None else None
        session.execute(insert(Schedule).values(user_id=learner.id, card_id=card_id, deck_id=deck_id, **_NEW))
    key = and_(Schedule.user_id == learner.id, Schedule.card_id == card_id)
    session.execute(update(Schedule).where(key).values(**flags))
    return card


def _check_deck(session: Session, learner: Learner, deck_id: int) -> None:
    if session.execute(_DECK, {"user": learner.id, "deck": deck_id}).one_or_none() is None:
        raise NotFoundError("There is no deck %(deck)s; choose one from the list on Today", deck=deck_id)


_USER = bindparam("user", type_=Integer)
_VISIBLE = or_(Deck.owner_id.is_(None), Deck.owner_id == _USER)
_DECK = select(Deck.id).where(Deck.id == bindparam("deck"), _VISIBLE)
_CARD = (
    select(Card.deck_id, Card.position, Schedule.due, Schedule.card_id.is_not(None).label("has_schedule"))
    .join(Deck, Deck.id == Card.deck_id)
    .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
    .where(Card.id == bindparam("card"), _VISIBLE)
)

_NEW = {
    "repetitions": 0,
    "interval": 0,
    "easiness": FIRST_EASINESS,
    "lapses": 0,
    "revision": 0,
    "suspended": False,
    "marked": False,
}
_ROWS_FOR_DECK = insert(Schedule.__table__).from_select(  # type: ignore[arg-type]
    ["user_id", "card_id", "deck_id", *_NEW],
    select(_USER, Card.id, Card.deck_id, *(literal(value) for value in _NEW.values()))
    .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
    .where(Card.deck_id == bindparam("deck"), Card.position.is_not(None), Schedule.card_id.is_(null())),
)
_IN_DECK = update(Schedule).where(Schedule.user_id == _USER, Schedule.deck_id == bindparam("deck"))
