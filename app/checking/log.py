"""Reviews beside schedules, in one walk over both: what the log says, and what is stored of it.

Where the log itself is in doubt the schedule is left alone: it may be all that still knows of a lost review.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.checking.fault import REPAIR, RESTORE, Fault
from app.models import Card, Review, Schedule, User
from app.srs.history import Kind, trace
from app.study import as_review, derived

_BATCH = 1000
_WEST, _EAST = timedelta(hours=36), timedelta(hours=15)
"""A study day that begins at 23 o'clock twelve hours behind UTC, and one at the farthest place before UTC."""


@dataclass(slots=True)
class Tally:
    """How much was looked at."""

    schedules: int = 0
    reviews: int = 0


class Log(NamedTuple):
    """A card's reviews of one learner: how many, what they add up to, and what is wrong with them themselves."""

    user_id: int
    card_id: int
    reviews: int
    expected: dict[str, Any]
    doubts: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A log and the schedule that should be its replay; one of the two may be missing."""

    log: Log | None
    stored: Any
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Whose, and which card's."""
        one = self.log or self.stored
        return f"user {one.user_id}, card {one.card_id}"

    @property
    def reviews(self) -> int:
        """How many reviews the log holds."""
        return self.log.reviews if self.log else 0

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """Columns that are not what the log says: name, stored, expected."""
        found = [(name, getattr(self.stored, name), value) for name, value in self.expected.items()]
        return [one for one in found if one[1] != one[2]]

    @property
    def lost(self) -> int:
        """How many reviews are gone from the log, as the schedule tells: it counts more, and is not the replay."""
        if self.stored is None or self.stored.revision <= self.reviews:
            return 0
        return self.stored.revision - self.reviews if self.differences or not self.reviews else 0

    @property
    def is_to_be_replayed(self) -> bool:
        """Whether the schedule is wrong and the log beyond doubt."""
        if (self.log and self.log.doubts) or self.lost:
            return False
        return self.stored is None or self.stored.revision != self.reviews or bool(self.differences)


def faults(session: Session, tally: Tally) -> Iterator[Fault]:
    """What is wrong with reviews, and with schedules that are not the replay of theirs."""
    for pair in pairs(session):
        tally.schedules += pair.stored is not None
        tally.reviews += pair.reviews
        if pair.stored is not None or _is_learnable(session, pair):
            yield from _faults_of(pair)


def pairs(session: Session) -> Iterator[Pair]:
    """Every log with its schedule; both come in the order of learners and cards, a thousand rows at a time."""
    logs, schedules = _logs(session), _schedules(session)
    log, stored = next(logs, None), next(schedules, None)
    nothing = derived(trace([]))
    while log is not None or stored is not None:
        first = min(_key(one) for one in (log, stored) if one is not None)
        has_log, has_schedule = log is not None and _key(log) == first, stored is not None and _key(stored) == first
        here = log if has_log else None
        yield Pair(here, stored if has_schedule else None, here.expected if here else nothing)
        log = next(logs, None) if has_log else log
        stored = next(schedules, None) if has_schedule else stored


def _is_learnable(session: Session, pair: Pair) -> bool:
    """Whether learner and card of a log without a schedule are there; a key that names nothing is told elsewhere."""
    log = pair.log
    if log is None:
        return False
    card_is_there = exists().where(Card.id == log.card_id)
    return session.scalar(select(User.id).where(User.id == log.user_id, card_is_there)) is not None


def _faults_of(pair: Pair) -> Iterator[Fault]:
    if pair.log and pair.log.doubts:
        yield from pair.log.doubts
    elif pair.stored is None:
        yield Fault(pair.place, "has reviews and no schedule", REPAIR)
    elif pair.lost:
        yield Fault(
            pair.place, f"counts {pair.stored.revision} reviews, {pair.lost} of them gone from the log", RESTORE
        )
    else:
        if pair.stored.revision != pair.reviews:
            problem = f"counts {pair.stored.revision} reviews, the log has {pair.reviews}"
            yield Fault(pair.place, problem, REPAIR)
        for column, found, value in pair.differences:
            yield Fault(pair.place, f"has {column} {found}, the log says {value}", REPAIR)


def _logs(session: Session) -> Iterator[Log]:
    rows = session.execute(
        select(*Review.__table__.c)
        .order_by(Review.user_id, Review.card_id, Review.answered_at, Review.id)
        .execution_options(yield_per=_BATCH)
    )
    for (user_id, card_id), group in groupby(rows, key=attrgetter("user_id", "card_id")):
        yield _log(user_id, card_id, list(group))


def _log(user_id: int, card_id: int, rows: list[Any]) -> Log:
    place = f"user {user_id}, card {card_id}"
    doubts = tuple(Fault(place, problem, RESTORE) for problem in _doubts(rows))
    try:
        expected = derived(trace([as_review(row) for row in rows]))
    except (ValueError, OverflowError) as error:
        expected, doubts = {}, (*doubts, Fault(place, f"has a review that nobody can have given ({error})", RESTORE))
    return Log(user_id, card_id, len(rows), expected, doubts)


def _schedules(session: Session) -> Iterator[Any]:
    return iter(
        session.execute(
            select(*Schedule.__table__.c)
            .order_by(Schedule.user_id, Schedule.card_id)
            .execution_options(yield_per=_BATCH)
        )
    )


def _key(one: Any) -> tuple[int, int]:
    return one.user_id, one.card_id


def _doubts(rows: list[Any]) -> Iterator[str]:
    """What a card's reviews cannot be, each as a problem."""
    graded = {row.id for row in rows if row.kind != Kind.UNDO}
    for row in rows:
        if row.kind == Kind.UNDO and row.undoes not in graded:
            yield f"has an undo ({row.id}) of a review that is not in this card's log ({row.undoes})"
        if not _fits(row.study_day, row.answered_at, row.received_at):
            yield f"has a review ({row.id}) of {row.answered_at:%Y-%m-%d} on the study day {row.study_day}"
    for one, other in pairwise(rows):
        if one.answered_at == other.answered_at and _content(one) == _content(other):
            yield f"has the same review twice ({one.id} and {other.id})"


def _fits(day: date, answered_at: datetime, received_at: datetime) -> bool:
    """Whether a moment of an answer can lie on a study day anywhere; a clock set back meanwhile gives two moments."""
    if answered_at.date() == day:
        return True
    first, last = sorted((answered_at.astimezone(UTC), received_at.astimezone(UTC)))
    return (first - _WEST).date() <= day <= (last + _EAST).date()


def _content(row: Any) -> tuple[Any, ...]:
    return row.kind, row.grade, row.undoes, row.answered_at, row.study_day, row.took_ms, row.received_at
