"""The schema goes up and down and up again with data in it, once however many start, and after a kill half way.

Shown able to fail: with `BEGIN IMMEDIATE` and the lock taken out of the migration two starts at once fail with
"table already exists"; a migration that commits half way cannot be gone on with, or leaves another schema, in this run.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from uuid import uuid4

import pysqlite3
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy.exc import DatabaseError

from app.checking import check
from app.config import Config, from_environment
from app.db import Database
from app.schema import MIGRATIONS, revision_of, revisions
from tests.conftest import NOW, add_learner
from tests.drills.server import PROJECT
from tests.drills.tools import tool
from tests.library import add_cards, add_deck, days, give

REVISIONS = revisions()
_SEED = 20260302
_MIGRATE = [str(Path(sys.executable).with_name("oboegaki")), "data", "migrate"]
_PIECEMEAL = [
    *(sys.executable, "-c"),
    "from app import db; db._begin = lambda _connection: None; from app.start import main; main()",
    *("data", "migrate"),
]
"""The same without its transaction: each statement is written by itself."""


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "OBOEGAKI_DATA_DIR": str(folder)}


def _config(folder: Path) -> Config:
    return from_environment({"OBOEGAKI_DATA_DIR": str(folder)})


def _rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but Alembic's own."""
    with closing(pysqlite3.connect(folder / "oboegaki.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        names = sorted(name for (name,) in tables if name != "alembic_version" and not name.startswith("sqlite_"))
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608


def _schema(folder: Path) -> list[tuple[str, ...]]:
    """Tables, indexes and triggers with their SQL, and the revision."""
    with closing(pysqlite3.connect(folder / "oboegaki.db")) as connection:
        made = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return [*made, *revision]


def _move(folder: Path, revision: str) -> None:
    """Bring the schema to a revision, in the one transaction that the program migrates in."""
    database = Database(_config(folder))
    with database.writing() as session:
        connection = session.connection()
        current = revision_of(connection)
        at = REVISIONS.index(current) if current in REVISIONS else -1
        wanted = -1 if revision == "base" else REVISIONS.index(revision)
        step = command.upgrade if wanted >= at else command.downgrade
        settings = AlembicConfig()
        settings.set_main_option("script_location", str(MIGRATIONS))
        settings.attributes["connection"] = connection
        step(settings, revision)
    database.close()


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own command
        _MIGRATE, env=_environment(folder), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder of today's schema with learners, decks, and a log of grades, failures and days."""
    folder = tmp_path / "data"
    folder.mkdir()
    database = Database(_config(folder))
    database.migrate()
    with database.writing() as session:
        learners = [add_learner(session, name, time_zone="Asia/Tokyo") for name in ("hanako", "taro")]
        cards = add_cards(session, add_deck(session, "Docker/Network"), 20, siblings=2)
        for number, card in enumerate(cards):
            for turn in range(number % 4):
                give(session, learners[number % 2], card, (number + turn) % 6, NOW + days(turn * 7), given_id=uuid4())
    database.close()
    return folder


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_every_released_schema_goes_up_down_and_up_unchanged(revision: str, filled: Path) -> None:
    _move(filled, revision)
    then = _rows(filled)
    _move(filled, REVISIONS[-1])
    now = _rows(filled)
    _move(filled, revision)
    assert _rows(filled) == then
    _move(filled, REVISIONS[-1])
    assert _rows(filled) == now
    assert now["reviews"]
    database = Database(_config(filled))
    with database.reading() as session:
        assert check(session).faults == ()
    database.close()


def test_an_empty_database_goes_up_down_to_nothing_and_up_to_the_same_schema(tmp_path: Path) -> None:
    _move(tmp_path, REVISIONS[-1])
    fresh = _schema(tmp_path)
    _move(tmp_path, "base")
    assert all(not rows for rows in _rows(tmp_path).values())
    _move(tmp_path, REVISIONS[-1])
    assert _schema(tmp_path) == fresh


def test_two_that_start_at_once_migrate_once(tmp_path: Path, full: bool) -> None:
    for number in range(20 if full else 2):
        folder = tmp_path / str(number)
        starts = [_start(folder) for _ in range(2)]
        told = [start.communicate(timeout=120) for start in starts]
        assert [start.returncode for start in starts] == [0, 0], told
        assert _schema(folder)[-1] == (REVISIONS[-1],)


def test_a_migration_killed_at_any_write_leaves_a_database_that_can_be_migrated(
    tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole"
    Database(_config(whole)).migrate()
    fresh = _schema(whole)
    killed, writes = 0, _writes(tmp_path / "counted")
    points = {1, writes // 2, writes * 3 // 4, *Random(_SEED).sample(range(1, writes + 1), 60 if full else 1)}
    for number in sorted(points):
        folder = tmp_path / str(number)
        folder.mkdir()
        if _killed_at(number, folder):
            killed += 1
        database = Database(_config(folder))
        database.migrate()
        database.check_schema()
        database.close()
        assert _schema(folder) == fresh, f"killed at write {number}"
    with capsys.disabled():
        print(f"\nmigration: seed {_SEED}, killed at {killed} of {writes} writes, migrated after each")
    assert killed == len(points), "a kill met no migration: this drill shows nothing"


def test_the_drill_finds_a_migration_that_commits_half_way(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    Database(_config(whole)).migrate()
    folder = tmp_path / "half"
    folder.mkdir()
    assert _killed_at(_writes(tmp_path / "counted", _PIECEMEAL) // 2, folder, _PIECEMEAL)
    database = Database(_config(folder))
    try:
        database.migrate()
    except DatabaseError:
        return
    finally:
        database.close()
    assert _schema(folder) != _schema(whole), "half of it was committed, and nobody saw"


def _killed_at(number: int, folder: Path, program: Sequence[str] = _MIGRATE) -> bool:
    """Migrate, and kill the program at its n-th write into the database's files; whether it was still at work."""
    return _migrate_under(folder, ["-e", f"inject=pwrite64:signal=SIGKILL:when={number}"], program) == -signal.SIGKILL


def _writes(folder: Path, program: Sequence[str] = _MIGRATE) -> int:
    """How many writes into the database's files a migration makes."""
    folder.mkdir()
    calls = folder / "calls"
    assert _migrate_under(folder, ["-o", str(calls)], program) == 0
    return calls.read_text().count("pwrite64(")


def _migrate_under(folder: Path, options: list[str], program: Sequence[str]) -> int:
    """Migrate under strace, which looks at writes into the database's files only; the exit status."""
    names = ("oboegaki.db", "oboegaki.db-wal", "oboegaki.db-journal")
    files = [part for name in names for part in ("-P", str(folder / name))]
    command_ = [tool("strace"), "-f", "-qq", *files, "-e", "trace=pwrite64", *options, *program]
    return subprocess.run(command_, env=_environment(folder), cwd=PROJECT, capture_output=True, check=False).returncode  # noqa: S603
