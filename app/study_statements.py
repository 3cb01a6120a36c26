"""The statements behind answering and undoing, each built once: composing one costs more than running it."""

from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, insert, or_, select, update

from app.models import Card, Deck, Review, Schedule
from app.prepared import Prepared, at_most
from app.srs.history import Kind

_USER = bindparam("user", type_=Integer)
_THE_REVIEW = select(Review.user_id, Review.card_id).where(Review.id == bindparam("review")).subquery()
_UNDONE_BEFORE = select(func.count()).where(Review.undoes == bindparam("review")).scalar_subquery()

CARD = Prepared(
    select(
        Card.id.label("card_id"),
        Card.deck_id,
        Card.position,
        Schedule.revision,
        Schedule.repetitions,
        Schedule.interval,
        Schedule.easiness,
        Schedule.due,
        Schedule.repeat_on,
        Schedule.lapses,
        Schedule.introduced_on,
        Schedule.reviewed_on,
        Schedule.answered_at,
        _THE_REVIEW.c.card_id.label("known"),
        and_(_THE_REVIEW.c.user_id == _USER, _THE_REVIEW.c.card_id == Card.id).label("known_here"),
        _UNDONE_BEFORE.label("undone_before"),
    )
    .join(Deck, Deck.id == Card.deck_id)
    .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
    .outerjoin(_THE_REVIEW, Card.id.is_not(None))
    .where(Card.id == bindparam("card"), or_(Deck.owner_id.is_(None), Deck.owner_id == _USER))
)

LOG = Prepared(
    select(
        Review.id,
        Review.kind,
        Review.answered_at,
        Review.study_day,
        Review.grade,
        Review.undoes,
        Review.received_at,
    )
    .where(Review.user_id == _USER, Review.card_id == bindparam("card"))
    .order_by(Review.answered_at, Review.id)
)

_UNDO = select(Review.id).where(Review.undoes == bindparam("review")).exists()
OWN_REVIEW = Prepared(
    select(Review.card_id, Review.kind, _UNDO.label("undone")).where(
        Review.id == bindparam("review"), Review.user_id == _USER
    )
)

_TAKEN_BACK = Review.__table__.alias("taken_back")
_COUNTING = and_(
    Review.user_id == _USER,
    Review.kind != Kind.UNDO.value,
    ~select(_TAKEN_BACK.c.id).where(_TAKEN_BACK.c.undoes == Review.id).exists(),
)
LAST_REVIEW = (
    select(Review.id, Review.study_day, Review.answered_at)
    .where(_COUNTING)
    .order_by(Review.study_day.desc(), Review.answered_at.desc())
    .limit(at_most(1))
)
GIVEN_LATER = (
    select(Review.id)
    .where(
        _COUNTING,
        Review.study_day.in_(bindparam("days", expanding=True)),
        Review.answered_at > bindparam("moment", type_=Review.answered_at.type),
    )
    .order_by(Review.answered_at.desc())
    .limit(at_most(1))
)

_DERIVED = (
    "repetitions",
    "interval",
    "easiness",
    "due",
    "repeat_on",
    "lapses",
    "introduced_on",
    "reviewed_on",
    "answered_at",
    "revision",
)


def _bound(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


INSERT_REVIEW = Prepared(insert(Review).values(_bound(*Review.__table__.c.keys())))
INSERT_SCHEDULE = Prepared(
    insert(Schedule).values(
        _bound("user_id", "card_id", "deck_id", *_DERIVED) | {"suspended": False, "buried_until": None, "marked": False}
    )
)
UPDATE_SCHEDULE = Prepared(
    update(Schedule)
    .where(Schedule.user_id == bindparam("key_user"), Schedule.card_id == bindparam("key_card"))
    .values(_bound(*_DERIVED))
)
