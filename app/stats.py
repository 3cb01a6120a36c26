"""Figures about a learner's days, as plain values: what is due where, the next days' load, how a day went, the pace."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session, aliased

from app import queue_statements
from app.decks.problems import how_many
from app.learner import Learner
from app.models import Review, Schedule
from app.prepared import at_most
from app.queue import MOST_COUNTED, Left, counts_from, new_left, reviews_left, sit_down
from app.srs.history import Kind
from app.srs.sm2 import Grade

FORECAST_DAYS = 7
_PACE_REVIEWS = 100
_FIRST_PACE_MS = 12_000
"""What an answer takes before there is a pace to go by."""


@dataclass(frozen=True, slots=True)
class DeckFigures:
    """A deck in the tree of decks: its figures include the decks below it, counted up to MOST_COUNTED.

    `due` are those that the day brings back and those that come again the same day.
    """

    id: int
    path: str
    title: str
    is_own: bool
    depth: int
    due: int
    new: int
    problems: int

    @property
    def has_work(self) -> bool:
        """Whether there is anything to study today."""
        return self.due + self.new > 0


class DayLoad(NamedTuple):
    """How many cards a study day brings back, counted up to MOST_COUNTED."""

    day: date
    due: int


@dataclass(frozen=True, slots=True)
class DaySummary:
    """How a study day went: distinct cards, answers, time taken, and the scheduled reviews that were remembered."""

    cards: int
    answers: int
    took_ms: int
    scheduled: int
    remembered: int
    failed_often: tuple[int, ...]
    """Cards failed twice or more, the worst first."""

    @property
    def retention(self) -> int | None:
        """Whole per cent of the scheduled reviews graded 3 or better; None when there were none."""
        return None if self.scheduled == 0 else round(100 * self.remembered / self.scheduled)


def deck_tree(session: Session, learner: Learner, today: date) -> list[DeckFigures]:
    """All decks the learner may see, parents before the decks below them, the learner's own ones last."""
    sitting = sit_down(session, learner, today)
    most_due, most_new = reviews_left(session, sitting), new_left(session, sitting)
    parameters = sitting.parameters | {"limit": most_due, "new_limit": most_new}
    rows = session.execute(queue_statements.deck_counts(), parameters).all()
    counted = session.execute(queue_statements.repeats_by_deck(), sitting.parameters)
    repeats = {deck_id: number for deck_id, number in counted}
    return _as_tree([_figures(row) for row in rows], Left(most_due, most_new, MOST_COUNTED), repeats)


def forecast(session: Session, learner: Learner, today: date) -> list[DayLoad]:
    """The load of the days after `today`, from tomorrow on, where each day is done.

    What a day holds back comes on the next one: what is over the limit of reviews, and what is hidden until then.
    """
    days = [today + timedelta(days=number) for number in range(1, FORECAST_DAYS + 1)]
    parameters = {f"day_{number}": day for number, day in enumerate(days)}
    sitting = sit_down(session, learner, today)
    waiting, due, *counts = session.execute(_FORECAST, parameters | sitting.parameters | {"limit": MOST_COUNTED}).one()
    held = waiting - min(due, reviews_left(session, sitting))
    return list(_spread(days, counts, held, learner.reviews_per_day))


def _spread(days: Sequence[date], counts: Sequence[int], held: int, limit: int | None) -> Iterator[DayLoad]:
    """The load of each day: what falls due and what the days before held back, up to the limit of reviews."""
    for day, count in zip(days, counts, strict=True):
        held += count
        load = held if limit is None else min(held, limit)
        held -= load
        yield DayLoad(day, min(load, MOST_COUNTED))


def pace_ms(session: Session, learner: Learner) -> int:
    """How long this learner takes for an answer, in milliseconds, by the last answers."""
    average = session.execute(_PACE, {"user": learner.id}).scalar()
    return round(average) if average else _FIRST_PACE_MS


def day_summary(session: Session, learner: Learner, day: date) -> DaySummary:
    """How the study day `day` went, undone answers left out."""
    rows = session.execute(_DAY, {"user": learner.id, "day": day}).all()
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row.card_id, row)
    scheduled = [row for row in first.values() if counts_from(day, row)]
    fails = Counter(row.card_id for row in rows if not Grade(row.grade).passed)
    return DaySummary(
        cards=len(first),
        answers=len(rows),
        took_ms=sum(row.took_ms for row in rows),
        scheduled=len(scheduled),
        remembered=sum(Grade(row.grade).passed for row in scheduled),
        failed_often=tuple(card_id for card_id, count in fails.most_common() if count >= 2),
    )


def _figures(row: Any) -> DeckFigures:
    is_own = row.owner_id is not None
    return DeckFigures(row.id, row.path, row.title, is_own, 0, row.due, row.new, how_many(row.problems))


def _as_tree(decks: Sequence[DeckFigures], most: Left, repeats: Mapping[int | None, int]) -> list[DeckFigures]:
    """The decks in the order of a tree, with depths, and the figures of the decks below added to each.

    `most`: the day's limits hold for a deck with those below it as they do for everything.
    """
    order = {(deck.is_own, deck.path): number for number, deck in enumerate(decks)}
    due: Counter[tuple[bool, str]] = Counter()
    new: Counter[tuple[bool, str]] = Counter()
    again: Counter[tuple[bool, str]] = Counter()
    for deck in decks:
        for path in _way(deck.path):
            due[deck.is_own, path] += deck.due
            new[deck.is_own, path] += deck.new
            again[deck.is_own, path] += repeats.get(deck.id, 0)
    summed = [
        replace(
            deck,
            depth=len(_place(deck, order)) - 1,
            due=min(most.again, min(most.due, due[deck.is_own, deck.path]) + again[deck.is_own, deck.path]),
            new=min(most.new, new[deck.is_own, deck.path]),
        )
        for deck in decks
    ]
    return sorted(summed, key=lambda deck: _place(deck, order))


def _place(deck: DeckFigures, order: dict[tuple[bool, str], int]) -> list[int]:
    """Where a deck stands in the tree: the numbers of the decks on the way to it, its own last."""
    return [order[deck.is_own, path] for path in _way(deck.path) if (deck.is_own, path) in order]


def _way(path: str) -> list[str]:
    """`A/B/C` as the paths that lead to it: `A`, `A/B`, `A/B/C`."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


_USER = bindparam("user", type_=Integer)
_UNDO = aliased(Review)
_NOT_UNDONE = ~select(_UNDO.id).where(_UNDO.undoes == Review.id).exists()

_LATEST = (
    select(Review.took_ms)
    .where(Review.user_id == _USER, Review.kind == Kind.GRADE.value)
    .order_by(Review.study_day.desc(), Review.answered_at.desc())
    .limit(at_most(_PACE_REVIEWS))
    .subquery()
)
_PACE = select(func.avg(_LATEST.c.took_ms)).where(_LATEST.c.took_ms > 0)  # pages without a script do not tell

_DAY = (
    select(Review.card_id, Review.grade, Review.took_ms, Schedule.due, Schedule.interval)
    .join(Schedule, (Schedule.user_id == Review.user_id) & (Schedule.card_id == Review.card_id))
    .where(Review.user_id == _USER, Review.study_day == bindparam("day"), Review.kind == Kind.GRADE.value, _NOT_UNDONE)
    .order_by(Review.answered_at)
)


def _counted(condition: ColumnElement[bool]) -> Any:
    queued = select(literal(1)).where(Schedule.user_id == _USER, queue_statements.is_queued(), condition)
    return select(func.count()).select_from(queued.limit(at_most("limit")).subquery()).scalar_subquery()


_OVERDUE = Schedule.due <= bindparam("today", type_=Schedule.due.type)
_FORECAST = select(
    _counted(_OVERDUE).label("waiting"),
    _counted(and_(_OVERDUE, queue_statements.not_buried())).label("due"),
    *(_counted(Schedule.due == bindparam(f"day_{number}")).label(f"day_{number}") for number in range(FORECAST_DAYS)),
)
