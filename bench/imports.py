"""The first import of many `qa` cards, the same again, and the memory it takes, beside a regex and `executemany`."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.table import Row, in_turn, ratio

FILES = 10
_ROUNDS = 3
_MEGABYTE = 1024 * 1024


def rows(cards: int) -> list[Row]:
    """Import so many cards, in turn with the floor, each time in a process of its own."""
    with TemporaryDirectory(prefix="oboegaki-bench-") as name:
        decks = Path(name) / "cards"
        write_decks(decks, cards)
        taken = in_turn([_child("import", decks), _child("floor", decks)], _ROUNDS)
    ours, floor, again = taken["import"], taken["floor"], taken["again"]
    at = f"{cards:,} cards"
    return [
        Row(f"regex and executemany, {at}", _speed(cards, floor)),
        Row(f"first import, {at}", _speed(cards, ours), ratio(ours, floor), "the floor"),
        Row(f"the same again, {at}", f"{median(again):.3f} s", ratio(again, ours), "first import", "0.1"),
        Row(f"memory of the floor, {at}", _memory(taken["floor memory"])),
        Row(f"memory over the start, {at}", _memory(taken["import memory"]), None, "", "16 MB"),
    ]


def write_decks(folder: Path, cards: int) -> None:
    """Deck files in the dialect `qa` with so many cards together."""
    folder.mkdir()
    each = cards // FILES
    for number in range(FILES):
        notes = (
            f"Q: Which command shows container number {n}?\nA: `docker inspect c{n}`, and `-f` picks a field\n\n"
            for n in range(number * each, (number + 1) * each)
        )
        (folder / f"{number}.md").write_text("".join(notes))


def _child(what: str, decks: Path) -> Callable[[], Mapping[str, float]]:
    """Run a measurement in a process of its own, on an empty data folder."""

    def measure() -> Mapping[str, float]:
        with TemporaryDirectory(prefix="oboegaki-bench-") as data:
            command = [sys.executable, "-m", "bench.importing_child", what, str(decks), data]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own module
        told: Mapping[str, float] = json.loads(done.stdout)
        return told

    return measure


def _speed(cards: int, seconds: list[float]) -> str:
    return f"{median(seconds):.2f} s, {cards / median(seconds):,.0f}/s"


def _memory(taken: list[float]) -> str:
    return f"{median(taken) / _MEGABYTE:.1f} MB"
