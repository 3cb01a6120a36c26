"""One import in a process of its own, so that its memory can be told: prints its figures as JSON."""

import json
import re
import resource
import sys
import time
from hashlib import blake2b
from pathlib import Path

import pysqlite3

from app import importing
from app.config import from_environment
from app.db import Database

_NOTE = re.compile(r"^Q: (.*)\nA: (.*)\n", re.MULTILINE)


def imported(decks: Path, data: Path) -> dict[str, float]:
    """The first import and the same again through the public function: seconds, and bytes over the start."""
    config = from_environment({"OBOEGAKI_DATA_DIR": str(data), "OBOEGAKI_CARDS_DIR": str(decks)})
    database = Database(config)
    database.migrate()
    before = _peak()
    begin = time.perf_counter()
    importing.run(database, config)
    middle = time.perf_counter()
    memory = _peak() - before
    importing.run(database, config)
    end = time.perf_counter()
    database.close()
    return {"import": middle - begin, "again": end - middle, "import memory": memory}


def floor(decks: Path, data: Path) -> dict[str, float]:
    """A regex over the text and `executemany` with a hash and two indexes: seconds, and bytes over the start."""
    connection = pysqlite3.connect(str(data / "floor.db"), isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE cards (id INTEGER PRIMARY KEY, deck INTEGER, front TEXT, back TEXT, hash BLOB)",
        "CREATE INDEX cards_deck ON cards (deck)",
        "CREATE INDEX cards_hash ON cards (hash)",
    ):
        connection.execute(statement)
    before = _peak()
    begin = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for number, path in enumerate(sorted(decks.iterdir())):
        found = _NOTE.finditer(path.read_text())
        cards = ((number, note[1], note[2], blake2b(note[0].encode(), digest_size=8).digest()) for note in found)
        connection.executemany("INSERT INTO cards (deck, front, back, hash) VALUES (?, ?, ?, ?)", cards)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - begin
    return {"floor": seconds, "floor memory": _peak() - before}


def _peak() -> int:
    """The most memory that this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    measure = {"import": imported, "floor": floor}[sys.argv[1]]
    sys.stdout.write(json.dumps(measure(Path(sys.argv[2]), Path(sys.argv[3]))))
