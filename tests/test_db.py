"""The database: safe pragmas, one writer at a time, and a schema that is this program's or none."""

import multiprocessing
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pysqlite3
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app import study
from app.config import Config, from_environment
from app.db import Database, check_sqlite
from app.errors import SetupError, StaleError
from app.learner import Learner
from app.models import Review, User
from app.srs.sm2 import Grade
from app.study import Answer, Outcome
from tests.conftest import NOW, add_learner
from tests.library import add_cards, add_deck, schedule_of

PROJECT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.sqlite


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.execute(select(User.name).order_by(User.id)).scalars())


def migrate_elsewhere(data_dir: str) -> None:
    database = Database(from_environment({"OBOEGAKI_DATA_DIR": data_dir}))
    database.migrate()
    database.check_schema()
    database.close()


def learner_and_card(database: Database) -> tuple[Learner, int]:
    with database.writing() as session:
        return add_learner(session, "hanako"), add_cards(session, add_deck(session, "Docker"), 1)[0]


# A fresh connection


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 5000),
        ("temp_store", 2),
    ],
)
def test_a_fresh_connection_is_safe(database: Database, pragma: str, value: object) -> None:
    """synchronous 2 is FULL, temp_store 2 is MEMORY."""
    with database.reading() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value
    with database.writing() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    insert = text("INSERT INTO new_cursors (user_id, deck_id, position) VALUES (1, 1, 0)")
    with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"), database.writing() as session:
        session.execute(insert)


# Reading and writing


def test_what_was_written_is_there_for_others(database: Database, config: Config) -> None:
    with database.writing() as session:
        add_learner(session, "hanako")
    other = Database(config)
    assert names(other) == ["hanako"]
    other.close()


def test_a_body_that_raises_writes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match=r"^in the body$"), database.writing() as session:  # noqa: PT012
        add_learner(session, "hanako")
        raise RuntimeError("in the body")
    assert names(database) == []
    with database.writing() as session:
        add_learner(session, "taro")
    assert names(database) == ["taro"]


def test_what_a_reading_session_changes_is_not_kept(database: Database) -> None:
    with database.reading() as session:
        add_learner(session, "hanako")
    assert names(database) == []


def test_a_reading_session_sees_one_moment(database: Database) -> None:
    with database.reading() as reading:
        assert reading.execute(select(func.count()).select_from(User)).scalar() == 0
        with database.writing() as session:
            add_learner(session, "hanako")
        assert reading.execute(select(func.count()).select_from(User)).scalar() == 0
    assert names(database) == ["hanako"]


def test_a_writing_session_holds_the_write_lock_from_its_first_statement(database: Database, config: Config) -> None:
    """BEGIN IMMEDIATE: a connection that does not take part in our lock is kept out as well."""
    with database.writing() as session:
        session.execute(text("SELECT 1"))
        stranger = pysqlite3.connect(str(config.data_dir / "oboegaki.db"), timeout=0)
        with pytest.raises(pysqlite3.OperationalError, match="database is locked"):
            stranger.execute("BEGIN IMMEDIATE")
        stranger.close()


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as session:
        add_learner(session, "hanako")
        assert names(database) == []


@pytest.mark.parametrize("round_", range(5))
def test_two_answers_from_one_page_at_once_are_one(database: Database, round_: int) -> None:
    learner, card = learner_and_card(database)
    together = Barrier(2)

    def answer(grade: Grade) -> Outcome | StaleError:
        together.wait()
        with database.writing() as session:
            try:
                return study.answer(session, learner, Answer(uuid4(), card, grade, revision=0), NOW)
            except StaleError as stale:
                return stale

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(answer, (Grade.GOOD, Grade.AGAIN)))
    recorded = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
    with database.reading() as session:
        kept = session.execute(select(Review.id, Review.grade)).all()
        assert [(outcome.review_id, outcome.grade) for outcome in recorded] == kept
        assert schedule_of(session, learner, card).easiness == recorded[0].progress.schedule.easiness
    assert len(recorded) == 1


def test_one_answer_delivered_by_four_threads_at_once_is_one(database: Database) -> None:
    learner, card = learner_and_card(database)
    given, together = Answer(uuid4(), card, Grade.GOOD, revision=0), Barrier(4)

    def answer(_number: int) -> Outcome:
        together.wait()
        with database.writing() as session:
            return study.answer(session, learner, given, NOW)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(answer, range(4)))
    assert sorted(outcome.again for outcome in outcomes) == [False, True, True, True]
    assert len({outcome.progress for outcome in outcomes}) == 1
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(Review)).scalar() == 1


# Which SQLite


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 46, 1), (3, 51, 2)])
def test_a_sqlite_that_can_corrupt_the_database_is_refused(version: tuple[int, ...]) -> None:
    found = ".".join(map(str, version))
    with pytest.raises(SetupError) as caught:
        check_sqlite(version)
    assert str(caught.value) == (
        f"SQLite {found} can corrupt a database with several writers; install pysqlite3 0.6.1 or newer"
    )


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 0), (4, 0, 0), pysqlite3.sqlite_version_info])
def test_a_fixed_sqlite_is_taken(version: tuple[int, ...]) -> None:
    check_sqlite(version)


# Which schema


def test_the_current_schema_is_taken_and_migrating_it_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        add_learner(session, "hanako")
    database.migrate()
    database.check_schema()
    assert names(database) == ["hanako"]


def test_a_newer_schema_is_refused_and_left_alone(database: Database, config: Config) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    sentence = (
        f"{config.data_dir}/oboegaki.db: the schema (9999) is newer than the program; start a newer Oboegaki, "
        "or restore a backup made with this one"
    )
    for act in (database.check_schema, database.migrate):
        with pytest.raises(SetupError) as caught:
            act()
        assert str(caught.value) == sentence
    with database.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize("name", ["oboegaki.db", "oboegaki.db-wal", "write.lock"])
def test_a_file_of_somebody_else_stops_the_start_and_is_named(
    database: Database, config: Config, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a copy made by root; SQLite would open the file and refuse each answer. Root itself may write all."""
    owner, user = os.getuid(), os.getuid() + 1
    file = config.data_dir / name
    (config.data_dir / "write.lock").touch()
    with database.reading() as session:
        session.execute(text("SELECT 1 FROM users")).all()
        monkeypatch.setattr(os, "access", lambda path, _mode: path != file)
        for asking, remedy in ((user, "give everything in the data folder to that user"), (owner, "let it be written")):
            monkeypatch.setattr(os, "getuid", lambda asking=asking: asking)
            with pytest.raises(SetupError) as caught:
                database.migrate()
            assert str(caught.value) == (
                f"{file}: belongs to user id {owner} and cannot be written by user id {asking}; {remedy}"
            )


def test_an_empty_database_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    database = Database(from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path)}))
    with pytest.raises(SetupError) as caught:
        database.check_schema()
    assert str(caught.value) == (
        f"{tmp_path}/oboegaki.db: no database yet; look at OBOEGAKI_DATA_DIR and OBOEGAKI_DATABASE_URL, "
        "or make one: oboegaki data migrate"
    )
    assert not (tmp_path / "oboegaki.db").exists()
    database.migrate()
    database.check_schema()
    database.close()


def test_a_start_on_the_current_schema_loads_nothing_that_migrates(tmp_path: Path) -> None:
    """A server that was killed is ready again sooner by that; the first start is the one that loads it."""
    program = (
        "import sys; from tests.test_db import migrate_elsewhere; "
        f"migrate_elsewhere({str(tmp_path)!r}); print('alembic' in sys.modules)"
    )
    starts = [subprocess.check_output([sys.executable, "-c", program], cwd=PROJECT, text=True) for _ in range(2)]  # noqa: S603
    assert starts == ["True\n", "False\n"]


def test_programs_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=migrate_elsewhere, args=(str(tmp_path),)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0, 0, 0]


def test_a_new_database_is_for_the_servers_user_alone(tmp_path: Path) -> None:
    """Also in a data folder that others of the machine may look into."""
    database = Database(from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path)}))
    database.migrate()
    with database.writing() as session:
        add_learner(session, "hanako")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("oboegaki.db*")}
    database.close()
    assert modes == dict.fromkeys(("oboegaki.db", "oboegaki.db-wal", "oboegaki.db-shm"), 0o600)


@pytest.mark.parametrize("folder", ["with space", "100%", "日本語", "a%20b", "q?mode=memory", "hash#1"])
def test_the_data_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    config = from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path / folder)})
    database = Database(config)
    database.migrate()
    database.close()
    assert (tmp_path / folder / "oboegaki.db").is_file()


def test_a_closed_database_leaves_nothing_half_written(config: Config) -> None:
    database = Database(config)
    with database.writing() as session:
        add_learner(session, "hanako")
    database.close()
    with pysqlite3.connect(str(config.data_dir / "oboegaki.db")) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert plain.execute("SELECT name FROM users").fetchall() == [("hanako",)]
    plain.close()


def test_a_write_on_a_connection_for_reading_waits_for_nobody_for_ever(database: Database) -> None:
    with database.writing() as session:
        add_learner(session, "hanako")
        with database.reading() as reading:
            reading.execute(text("PRAGMA busy_timeout = 0"))
            with pytest.raises(OperationalError, match="database is locked"):
                reading.execute(text("DELETE FROM setup_codes"))
            reading.execute(text("PRAGMA busy_timeout = 5000"))
