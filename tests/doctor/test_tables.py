"""What the database tells of itself, of the clock and of the last import."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pysqlite3
import pytest
from sqlalchemy import insert, text, update

from app.config import Config
from app.db import Database
from app.decks.problems import problem
from app.doctor import examine, tables
from app.importing.report import problems_as_json
from app.models import Deck, Import, User
from app.schema import head
from tests.backups.lived_in import later_release, live_in
from tests.conftest import NOW
from tests.doctor.test_storage import told
from tests.library import add_deck


def found(config: Config, database: Database, name: str) -> str:
    """What is found under a name."""
    (finding,) = [finding for finding in tables.examine(config, database, NOW) if finding.name == name]
    return told(finding)


def test_the_version_and_the_mode_of_sqlite(config: Config, database: Database) -> None:
    assert found(config, database, "Database") == (
        f"ok Database: SQLite {pysqlite3.sqlite_version} in WAL mode; "
        "an answer is on the disk before it is acknowledged"
    )


def test_a_mode_in_which_answers_can_be_lost_is_bad(config: Config, database: Database) -> None:
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous = NORMAL")
        assert told(tables._engine(connection)) == (
            f"bad Database: SQLite {pysqlite3.sqlite_version} in journal mode wal, synchronous 1; "
            "stop everything that has the file open and start again: it should be wal and 2"
        )


def test_the_schema_is_this_programs(config: Config, database: Database) -> None:
    assert found(config, database, "Schema") == f"ok Schema: {head()}, this program's"


def test_an_older_schema_says_what_to_run_and_nothing_rests_on_it(
    config: Config, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = head()
    monkeypatch.setattr("app.schema.MIGRATIONS", later_release(tmp_path / "later", older or ""))
    assert found(config, database, "Schema") == (
        f"bad Schema: {older} is older than this program's, 9000; run: oboegaki data migrate"
    )
    assert [finding.name for finding in tables.examine(config, database, NOW)] == ["Database", "Schema"]


def test_a_newer_schema_says_what_to_start(config: Config, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert found(config, database, "Schema") == (
        f"bad Schema: 9999 is newer than this program's, {head()}; "
        "start a newer Oboegaki, or restore a backup made with this one"
    )


def test_the_clock(config: Config, database: Database) -> None:
    assert found(config, database, "Clock") == "ok Clock: it is 2026-03-02 09:30 UTC"


def test_an_answer_from_the_future_says_that_the_clock_is_wrong(config: Config, database: Database) -> None:
    live_in(database)
    assert found(config, database, "Clock").startswith("ok ")
    early = NOW - timedelta(hours=3)
    (clock,) = [finding for finding in tables.examine(config, database, early) if finding.name == "Clock"]
    assert told(clock) == (
        "bad Clock: it is 2026-03-02 06:30 UTC here, and an answer was recorded at 2026-03-02 09:30 UTC; "
        "set this machine's clock by the network: timedatectl set-ntp true"
    )


def test_the_time_zones_of_all_accounts_are_known(config: Config, database: Database) -> None:
    live_in(database)
    assert found(replace(config, time_zone="Asia/Tokyo"), database, "Time zones") == (
        "ok Time zones: all that are in use are known; new accounts begin in Asia/Tokyo"
    )
    with database.writing() as session:
        session.execute(update(User).values(time_zone="Mars/Olympus"))
    assert found(config, database, "Time zones") == (
        "bad Time zones: this system knows no Mars/Olympus; "
        "install the package tzdata, or choose other zones under Account"
    )


def test_the_last_import_and_the_problems_of_its_files(config: Config, database: Database) -> None:
    assert found(config, database, "Last import") == (
        "warning Last import: there was none yet; put deck files into the cards folder: oboegaki deck import"
    )
    with database.writing() as session:
        done: dict[str, Any] = {
            "at": NOW,
            "user_id": None,
            "owner_id": None,
            "root": "cards",
            "report": {},
            "undone_at": None,
        }
        session.execute(insert(Import), done)
        add_deck(session, "Docker")
    assert found(config, database, "Last import") == "ok Last import: at 2026-03-02 09:30 UTC, without a problem"
    with database.writing() as session:
        problems = [problem(line, "cloze-without-deletion") for line in range(1, 5001)]
        session.execute(update(Deck).values(problems=problems_as_json(problems)))
    assert found(config, database, "Last import") == (
        "warning Last import: at 2026-03-02 09:30 UTC; problems: 5000, in deck files: 1; "
        "look at them line by line on the decks' pages"
    )


def test_an_examination_changes_nothing(config: Config, database: Database) -> None:
    live_in(database)
    with database.engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        examine(config, database, NOW)
        assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before
