"""The answer over uWSGI, with the next card in the reply, beside a hello and a bare answer."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import floors, http, student, table
from bench.seeding import Seeded, data_folder, first_due, render_ahead
from bench.servers import Server, serving
from bench.student import Student
from bench.table import Row

ROUNDS = 10
_ANSWERS = 50
_UNDONE = 8
_BLOCK = 25
_HELLOS = 40
_FLOOR_ROWS = 100_000
_CLIENTS = 8
_CARDS_OF_OTHERS = 400
_AT_ONCE = 60

HELLO = "Flask's hello"


def rows(sizes: Sequence[int]) -> list[Row]:
    """Everything there is to say of answers at these numbers of cards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="oboegaki-bench-")))
        floors.prepare(folder / "floor.db", _FLOOR_ROWS)
        environment = {floors.FILE_VARIABLE: str(folder / "floor.db")}
        hello = stack.enter_context(serving(folder, "bench.floors:hello", "/"))
        bare = stack.enter_context(serving(folder, "bench.floors:bare", "/", environment=environment))
        halls = {size: stack.enter_context(_hall(folder, size)) for size in sizes}
        measures = [lambda: _yardstick(hello, "hello"), lambda: _yardstick(bare, "bare")]
        measures += [hall.measure for hall in halls.values()]
        taken = _in_turn(measures)
        found = _answer_rows(taken, halls)
        found += [row for hall in halls.values() for row in hall.memory_rows()]
        found += _crowd_rows(folder, halls[max(sizes)])
    return found
