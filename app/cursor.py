"""Where a learner's new cards begin in each deck.

Without it, the first new card of a deck would be found by walking over all learnt ones. The cursor only ever
passes cards that are scheduled or suspended, and is put back whenever one of them becomes new again; 0 is always
right, so it may be forgotten at any time.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Integer, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.models import Card, NewCursor, Schedule
from app.prepared import Handle, Prepared, at_most
from app.queue_statements import is_new

_KEY = and_(NewCursor.user_id == bindparam("user"), NewCursor.deck_id == bindparam("deck"))
_POSITION = Prepared(select(NewCursor.position).where(_KEY))
_BEHIND_THE_LAST = Prepared(
    select(func.coalesce(func.max(Card.position) + 1, 0)).where(Card.deck_id == bindparam("deck"))
)
_FIRST_NEW = Prepared(
    select(Card.position)
    .outerjoin(Schedule, and_(Schedule.user_id == bindparam("user"), Schedule.card_id == Card.id))
    .where(
        Card.deck_id == bindparam("deck"),
        Card.position.is_not(None),
        Card.position >= bindparam("begins", type_=Integer),
        is_new(Schedule),
    )
    .order_by(Card.position)
    .limit(at_most(1))
)
_BEGIN = Prepared(
    insert(NewCursor).values(user_id=bindparam("user"), deck_id=bindparam("deck"), position=bindparam("to"))
)
_MOVE = Prepared(update(NewCursor).where(_KEY).values(position=bindparam("to")))
_LOWER = Prepared(update(NewCursor).where(_KEY, NewCursor.position > bindparam("to")).values(position=bindparam("to")))


def advance(session: Handle, user_id: int, deck_id: int) -> None:
    """Move the cursor over the cards that are no longer new; each is passed only once."""
    key = {"user": user_id, "deck": deck_id}
    begins = _POSITION.scalar(session, key)
    position = _FIRST_NEW.scalar(session, key | {"begins": begins or 0})
    if position is None:
        position = _BEHIND_THE_LAST.scalar(session, key)
    if begins is None:
        _BEGIN.run(session, key | {"to": position})
    elif position != begins:
        _MOVE.run(session, key | {"to": position})


def lower(session: Handle, user_id: int, deck_id: int, position: int | None) -> None:
    """Put the cursor back to a card that became new again; None, for a retired card, changes nothing."""
    if position is None:
        return
    _LOWER.run(session, {"user": user_id, "deck": deck_id, "to": position})


def renew(session: Session, deck_ids: Collection[int]) -> None:
    """Find all learners' cursors of some decks anew, after cards of theirs changed their places."""
    for cursor in forget(session, deck_ids):
        advance(session, cursor.user_id, cursor.deck_id)


def forget(session: Session, deck_ids: Collection[int]) -> Sequence[Any]:
    """Take away all learners' cursors of some decks, such as one that goes; whose they were, and of which deck."""
    if not deck_ids:
        return ()
    of_these = delete(NewCursor).where(NewCursor.deck_id.in_(deck_ids))
    return session.execute(of_these.returning(NewCursor.user_id, NewCursor.deck_id)).all()
