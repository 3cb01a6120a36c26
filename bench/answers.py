"""The answer over uWSGI with the next card in the reply, its undo, and a worker's memory, beside two yardsticks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import floors, http, student
from bench.seeding import Seeded, first_due, render_ahead
from bench.servers import Server, serving
from bench.student import Student
from bench.table import Row, in_turn, milliseconds, ratio

ROUNDS = 10
_ANSWERS = 50
_UNDONE = 8
_BLOCK = 25
"""So many cards of the queue are rendered ahead, then so many are not, and so on: a round has answers of both kinds."""
_HELLOS = 40
_FLOOR_ROWS = 100_000
_MEGABYTE = 1024 * 1024


def rows(folders: Mapping[int, Seeded]) -> list[Row]:
    """Answers at each number of cards, in turn with the yardsticks."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="oboegaki-bench-")))
        floors.prepare(folder / "floor.db", _FLOOR_ROWS)
        environment = {floors.FILE_VARIABLE: str(folder / "floor.db")}
        hello = stack.enter_context(serving(folder, "bench.floors:hello", "/"))
        bare = stack.enter_context(serving(folder, "bench.floors:bare", "/", environment=environment))
        desks = {size: stack.enter_context(_desk(folder, seeded)) for size, seeded in folders.items()}
        measures: list[Callable[[], Mapping[str, float]]] = [_yardstick("hello", hello), _yardstick("bare", bare)]
        measures += [_round(size, desk) for size, (desk, _) in desks.items()]
        taken = in_turn(measures, ROUNDS)
        memory = {size: server.worker_bytes for size, (_, server) in desks.items()}
        small = hello.worker_bytes
    return [*_answer_rows(taken, list(desks)), *_memory_rows(memory, small)]


@contextmanager
def _desk(folder: Path, seeded: Seeded) -> Iterator[tuple[Student, Server]]:
    """A server on the data folder, and its first learner on the study page with half of the cards rendered before."""
    due = first_due(seeded, seeded.learners[0], ROUNDS * _ANSWERS)
    ahead = [card for number, card in enumerate(due) if number // _BLOCK % 2 == 0]
    render_ahead(seeded, seeded.learners[0], ahead)
    cookie = student.cookies(seeded)[0]
    with serving(folder, "app.wsgi:application", "/health", environment=seeded.environment) as server:
        learner = Student(server.port, cookie, set(ahead))
        learner.open_page()
        yield learner, server


def _yardstick(name: str, server: Server) -> Callable[[], Mapping[str, float]]:
    return lambda: {name: median(http.request(server.port, "GET", "/").seconds for _ in range(_HELLOS))}


def _round(size: int, desk: Student) -> Callable[[], Mapping[str, float]]:
    """Answers of both kinds, and the last ones undone."""

    def measure() -> Mapping[str, float]:
        given = [desk.answer() for _ in range(_ANSWERS)]
        kinds = {"again": False, "first": True}
        found = {
            f"{name} {size}": median(one.seconds for one in given if one.first_view is kind)
            for name, kind in kinds.items()
        }
        return found | {f"undo {size}": median(desk.undo() for _ in range(_UNDONE))}

    return measure


def _answer_rows(taken: Mapping[str, list[float]], sizes: list[int]) -> list[Row]:
    hello = taken["hello"]
    found = [
        Row("Flask's hello", milliseconds(hello)),
        Row("bare sqlite3 answer", milliseconds(taken["bare"]), ratio(taken["bare"], hello), "hello"),
    ]
    for size in sizes:
        again, first, undo = (taken[f"{name} {size}"] for name in ("again", "first", "undo"))
        at = f"of {size:,}"
        found += [
            Row(f"answer, next card seen before, {at}", milliseconds(again), ratio(again, hello), "hello", "4"),
            Row(f"answer, next card never seen, {at}", milliseconds(first), ratio(first, hello), "hello", "4"),
            Row(f"undo, {at}", milliseconds(undo), ratio(undo, again), "answer", "1.3"),
        ]
    return found


def _memory_rows(memory: Mapping[int, int], hello: int) -> list[Row]:
    answers = ROUNDS * _ANSWERS
    found = [Row("worker of hello", f"{hello / _MEGABYTE:.1f} MB")]
    return found + [
        Row(
            f"worker after {answers} answers of {size:,}",
            f"{taken / _MEGABYTE:.1f} MB",
            taken / hello,
            "hello",
            "64 MB",
        )
        for size, taken in memory.items()
    ]
