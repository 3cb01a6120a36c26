"""All of a learner's own progress as JSON, one piece at a time: the account, each card's schedule, the whole log.

Every card stands there with its texts, so that the file can be read without the decks.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import Session

from app.learner import Learner
from app.models import Card, Deck, Note, Review, Schedule

FORMAT = 1
_AT_ONCE = 500


def progress_json(session: Session, learner: Learner, now: datetime) -> Iterator[str]:
    """The text of a JSON object with `account`, `cards` and `reviews`; `session` is read until the end.

    Moments are UTC, days are the learner's study days, intervals are days, easiness is in hundredths.
    """
    yield f'{{"format": "oboegaki progress", "version": {FORMAT}, "exported_at": {_json(now)},\n'
    yield f'"account": {_json(_account(learner))},\n"cards": ['
    yield from _list(session, learner, _CARDS)
    yield '],\n"reviews": ['
    yield from _list(session, learner, _REVIEWS)
    yield "]}\n"


def _list(session: Session, learner: Learner, statement: Any) -> Iterator[str]:
    rows = session.execute(statement, {"user": learner.id}, execution_options={"yield_per": _AT_ONCE})
    yield from _separated(_json(row._asdict()) for row in rows)


def _separated(items: Iterable[str]) -> Iterator[str]:
    separator = "\n"
    for item in items:
        yield f"{separator}{item}"
        separator = ",\n"


def _account(learner: Learner) -> dict[str, Any]:
    names = ("name", "time_zone", "day_start", "new_per_day", "reviews_per_day", "language", "theme", "full_scale")
    return {name: getattr(learner, name) for name in names}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_as_text)


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_USER = bindparam("user", type_=Integer)
_CARDS = (
    select(
        Card.id,
        Deck.path.label("deck"),
        Note.kind,
        Note.front,
        Note.back,
        Note.deletions,
        Card.ordinal,
        Schedule.repetitions,
        Schedule.interval,
        Schedule.easiness,
        Schedule.due,
        Schedule.repeat_on,
        Schedule.lapses,
        Schedule.introduced_on,
        Schedule.reviewed_on,
        Schedule.suspended,
        Schedule.buried_until,
        Schedule.marked,
    )
    .select_from(Schedule)
    .join(Card, Card.id == Schedule.card_id)
    .join(Note, Note.id == Card.note_id)
    .join(Deck, Deck.id == Card.deck_id)
    .where(Schedule.user_id == _USER)
    .order_by(Schedule.card_id)
)
_REVIEWS = (
    select(
        Review.id,
        Review.card_id.label("card"),
        Review.kind,
        Review.grade,
        Review.undoes,
        Review.answered_at,
        Review.study_day,
        Review.took_ms,
        Review.received_at,
    )
    .where(Review.user_id == _USER)
    .order_by(Review.study_day, Review.answered_at, Review.id)
)
