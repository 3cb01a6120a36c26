"""Eight learners answer at once on two workers: how long the unlucky ones wait."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import http, student
from bench.seeding import Seeded, first_due, render_ahead
from bench.servers import Server, serving
from bench.student import Student
from bench.table import Row, percentile, ratio

CLIENTS = 8
_ROUNDS = 5
_AT_ONCE = 25
_WORKERS = 2
_SPARE = 10


def rows(seeded: Seeded) -> list[Row]:
    """Answers of one learner and of all of them at once, in turn, beside as many hellos."""
    for learner in seeded.learners[1:]:
        render_ahead(seeded, learner, first_due(seeded, learner, _ROUNDS * _AT_ONCE * 2 + _SPARE))
    made = student.cookies(seeded)[1:]
    with TemporaryDirectory(prefix="oboegaki-bench-") as name:
        folder = Path(name)
        with (
            serving(folder, "bench.floors:hello", "/", processes=_WORKERS) as hello,
            serving(
                folder, "app.wsgi:application", "/health", processes=_WORKERS, environment=seeded.environment
            ) as server,
            ThreadPoolExecutor(CLIENTS) as pool,
        ):
            return _measured(pool, hello, [_seated(server, cookie) for cookie in made])


def _seated(server: Server, cookie: str) -> Student:
    desk = Student(server.port, cookie)
    desk.open_page()
    return desk


def _measured(pool: ThreadPoolExecutor, hello: Server, desks: list[Student]) -> list[Row]:
    alone: list[float] = []
    crowd: list[list[float]] = []
    greeted: list[list[float]] = []
    for _ in range(_ROUNDS):
        greeted.append(_together(pool, [lambda: http.request(hello.port, "GET", "/").seconds] * CLIENTS))
        alone.append(median(_many(_answering(desks[0]))))
        crowd.append(_together(pool, [_answering(desk) for desk in desks]))
    slow, middle = _p99(crowd), [median(one) for one in crowd]
    hello_slow, hello_middle = _p99(greeted), [median(one) for one in greeted]
    return [
        _row("hello, p99 of 8 clients", hello_slow, hello_middle, "its p50", ""),
        _row("answer, p99 of 8 clients", slow, middle, "its p50", "2.5"),
        _row("answer, p99 of 8 clients", slow, alone, "p50 of one client", ""),
        _row("answer, p50 of 8 clients", middle, hello_middle, "hello's of 8", "4"),
    ]


def _row(what: str, ours: list[float], theirs: list[float], yardstick: str, budget: str) -> Row:
    return Row(what, f"{median(ours) * 1000:.3f} ms", ratio(ours, theirs), yardstick, budget)


def _p99(rounds: list[list[float]]) -> list[float]:
    return [percentile(one, 0.99) for one in rounds]


def _answering(desk: Student) -> Callable[[], float]:
    return lambda: desk.answer().seconds


def _many(measure: Callable[[], float]) -> list[float]:
    return [measure() for _ in range(_AT_ONCE)]


def _together(pool: ThreadPoolExecutor, measures: list[Callable[[], float]]) -> list[float]:
    return [seconds for one in pool.map(_many, measures) for seconds in one]
