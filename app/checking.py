"""Whether the database says what it should: pages and keys sound, and every schedule the replay of its log."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import Card, Review, Schedule
from app.srs.history import trace
from app.study import as_review, derived

_BATCH = 1000


class Fault(NamedTuple):
    """One thing that is wrong: where, what, and what to do about it."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """The fault as one sentence."""
        return f"{self.place}: {self.problem}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looked at, and what it found."""

    schedules: int
    reviews: int
    faults: tuple[Fault, ...]


class _Log(NamedTuple):
    user_id: int
    card_id: int
    reviews: int
    expected: dict[str, Any]


def check(session: Session) -> Checked:
    """Look at everything; changes nothing."""
    faults = [*_damaged(session), *_orphans(session)]
    schedules = reviews = 0
    logs = _logs(session)
    for log, stored in _side_by_side(logs, _schedules(session)):
        schedules += stored is not None
        reviews += log.reviews if log else 0
        faults += _differences(log, stored)
    faults += _misplaced(session)
    return Checked(schedules, reviews, tuple(faults))


def _damaged(session: Session) -> Iterator[Fault]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for (message,) in session.execute(text("PRAGMA integrity_check")):
        if message != "ok":
            yield Fault("database file", message, "restore the newest backup that passes this check")


def _orphans(session: Session) -> Iterator[Fault]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for row in session.execute(text("PRAGMA foreign_key_check")):
        yield Fault(f"{row[0]} row {row[1]}", f"names a row of {row[2]} that does not exist", "restore a backup")


def _logs(session: Session) -> Iterator[_Log]:
    """What each card's log adds up to, in the order of learners and cards."""
    rows = session.execute(
        select(Review)
        .with_only_columns(*Review.__table__.c)
        .order_by(Review.user_id, Review.card_id, Review.answered_at, Review.id)
        .execution_options(yield_per=_BATCH)
    )
    for (user_id, card_id), group in groupby(rows, key=attrgetter("user_id", "card_id")):
        log = [as_review(row) for row in group]
        yield _Log(user_id, card_id, len(log), derived(trace(log)))


def _schedules(session: Session) -> Iterator[Any]:
    return iter(
        session.execute(
            select(*Schedule.__table__.c)
            .order_by(Schedule.user_id, Schedule.card_id)
            .execution_options(yield_per=_BATCH)
        )
    )


def _side_by_side(logs: Iterator[_Log], schedules: Iterator[Any]) -> Iterator[tuple[_Log | None, Any]]:
    """Each log with its schedule, None where one of the two is missing; both come in the same order."""
    log, stored = next(logs, None), next(schedules, None)
    while log is not None or stored is not None:
        first = min(_key(one) for one in (log, stored) if one is not None)
        has_log, has_schedule = log is not None and _key(log) == first, stored is not None and _key(stored) == first
        yield (log if has_log else None), (stored if has_schedule else None)
        log = next(logs, None) if has_log else log
        stored = next(schedules, None) if has_schedule else stored


def _key(one: Any) -> tuple[int, int]:
    return one.user_id, one.card_id


def _place(one: Any) -> str:
    return f"user {one.user_id}, card {one.card_id}"


def _differences(log: _Log | None, stored: Any) -> Iterator[Fault]:
    place = _place(log or stored)
    if stored is None:
        yield Fault(place, "has reviews and no schedule", "replay its log")
        return
    expected = log.expected if log else derived(trace([]))
    if stored.revision != (log.reviews if log else 0):
        yield Fault(
            place, f"counts {stored.revision} reviews, the log has {log.reviews if log else 0}", "replay its log"
        )
    for column, value in expected.items():
        found = getattr(stored, column)
        if found != value:
            yield Fault(place, f"has {column} {found}, the log says {value}", "replay its log")


def _misplaced(session: Session) -> Iterator[Fault]:
    """Schedules whose deck is not their card's: they would stand in the wrong queue, or in none."""
    rows = session.execute(
        select(Schedule.user_id, Schedule.card_id, Schedule.deck_id, Card.deck_id.label("home"), Card.position)
        .join(Card, Card.id == Schedule.card_id)
        .execution_options(yield_per=_BATCH)
    )
    for row in rows:
        home = row.home if row.position is not None else None
        if row.deck_id != home:
            yield Fault(
                _place(row),
                f"stands in the queue of deck {row.deck_id} and belongs to {home}",
                "import the decks again",
            )
