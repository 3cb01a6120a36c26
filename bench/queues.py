"""What must not grow with the number of cards: the first card, and the counts on Today."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date
from statistics import median

from sqlalchemy.orm import Session

from app import cards, clock, queue, stats
from app.learner import Learner
from bench.seeding import Seeded
from bench.table import Row, in_turn, milliseconds, ratio

_ROUNDS = 15
_TIMES = 10


def rows(folders: Mapping[int, Seeded]) -> list[Row]:
    """First card and Today's counts at each number of cards, in process, beside the least number of them."""
    with ExitStack() as stack:
        sessions = {}
        for size, seeded in folders.items():
            database = stack.enter_context(seeded.opened())
            sessions[size] = (stack.enter_context(Session(database.engine)), seeded.learners[0])
        measures = [
            measure
            for size, (session, learner) in sessions.items()
            for measure in (
                _timed(f"first {size}", _first, session, learner),
                _timed(f"counts {size}", _counts, session, learner),
            )
        ]
        taken = in_turn(measures, _ROUNDS)
    return _rows(taken, sorted(folders))


def _rows(taken: Mapping[str, list[float]], sizes: list[int]) -> list[Row]:
    titles = {"first": ("first card", "1.15"), "counts": ("Today's counts", "2")}
    found = []
    for name, (title, budget) in titles.items():
        least = taken[f"{name} {sizes[0]}"]
        found.append(Row(f"{title}, of {sizes[0]:,}", milliseconds(least)))
        for size in sizes[1:]:
            seconds = taken[f"{name} {size}"]
            found.append(
                Row(f"{title}, of {size:,}", milliseconds(seconds), ratio(seconds, least), f"of {sizes[0]:,}", budget)
            )
    return found


def _timed(
    name: str, act: Callable[[Session, Learner, date], object], session: Session, learner: Learner
) -> Callable[[], Mapping[str, float]]:
    """The median of a few calls, each in a transaction of its own."""
    today = learner.study_day(clock.now())

    def once() -> float:
        begin = time.perf_counter()
        act(session, learner, today)
        session.rollback()
        return time.perf_counter() - begin

    return lambda: {name: median(once() for _ in range(_TIMES))}


def _first(session: Session, learner: Learner, today: date) -> object:
    return cards.load(session, learner, queue.upcoming(session, queue.Sitting(learner, today), 1))


def _counts(session: Session, learner: Learner, today: date) -> object:
    return queue.left(session, queue.Sitting(learner, today)), stats.deck_tree(session, learner, today)
