"""The same promises on PostgreSQL: the same schema, an append-only log, nothing lost when its server or ours is killed.

Shown able to fail: without the account's lock two answers to one card collide; with `synchronous_commit=off` a
killed database loses answers that were acknowledged; without its trigger a review can be changed.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app import db, study
from app.checking import check
from app.config import Config, from_environment
from app.db import Database
from app.learner import Learner
from app.models import Base, Card, Review
from app.srs.sm2 import Grade
from app.study import Answer
from tests import postgresql
from tests.conftest import NOW, add_learner
from tests.drills.clients import answer_all, at_once, log_in_all
from tests.drills.ledger import Ledger, compare
from tests.drills.server import Server, seed, serving
from tests.drills.test_kill import Killer
from tests.library import add_cards, add_deck

_SEED = 20260302
_GIVEN = 100
_GIVEN_SECONDS = 180
_FORGETFUL = "synchronous_commit=off\nwal_writer_delay=10s\nwal_writer_flush_after=1GB\n"


@pytest.fixture
def settings(postgresql_server: postgresql.Server, migrated_database: str, tmp_path: Path) -> Config:
    """Settings with a fresh database of the current schema."""
    return _settings(tmp_path, postgresql_server.new_database(migrated_database))


@pytest.fixture
def opened(settings: Config) -> Iterator[Database]:
    """That database."""
    database = Database(settings)
    yield database
    database.close()


def test_the_models_find_nothing_to_change_in_the_migrated_schema(opened: Database) -> None:
    with opened.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_both_engines_have_the_same_tables_columns_keys_and_rules(opened: Database, migrated_file: Path) -> None:
    other = Database(from_environment({"OBOEGAKI_DATA_DIR": str(migrated_file.parent)}))
    ours, theirs = _schema(opened.engine), _schema(other.engine)
    other.close()
    assert ours == theirs
    assert ours["reviews"]["checks"] >= {"ck_reviews_grade", "ck_reviews_kind"}


def _schema(engine: Engine) -> dict[str, dict[str, Any]]:
    """What is the same on every engine: names, whether NULL may stand, what is unique, which rows an index holds."""
    found = inspect(engine)
    return {table: _table(found, table) for table in found.get_table_names()}


def _table(found: Any, table: str) -> dict[str, Any]:
    unique = {tuple(one["column_names"]) for one in found.get_unique_constraints(table)}
    indexes = {one["name"]: one for one in found.get_indexes(table) if not one.get("duplicates_constraint")}
    return {
        "columns": {column["name"]: column["nullable"] for column in found.get_columns(table)},
        "key": found.get_pk_constraint(table)["constrained_columns"],
        "foreign": {(*key["constrained_columns"], key["referred_table"]) for key in found.get_foreign_keys(table)},
        "checks": {one["name"] for one in found.get_check_constraints(table)},
        "unique": unique,
        "indexes": {name: (one["column_names"], bool(one["unique"])) for name, one in indexes.items()},
    }


@pytest.mark.parametrize(
    "statement",
    ["UPDATE reviews SET grade = 5", "DELETE FROM reviews", "TRUNCATE reviews", "TRUNCATE users CASCADE"],
)
def test_reviews_are_never_changed_and_never_go(opened: Database, statement: str) -> None:
    _answered(opened)
    with pytest.raises(DBAPIError, match="append-only"), opened.writing() as session:
        session.execute(text(statement))
    assert _reviews(opened) == 1


def test_without_its_trigger_a_review_can_be_changed(opened: Database) -> None:
    _answered(opened)
    with opened.writing() as session:
        session.execute(text("DROP TRIGGER reviews_never_change ON reviews"))
        session.execute(text("UPDATE reviews SET grade = 5"))
        assert session.scalar(select(Review.grade)) == Grade.EASY


def test_reviews_go_with_an_account_that_was_closed(opened: Database) -> None:
    me, _ = _answered(opened)
    with opened.writing() as session:
        session.execute(text("UPDATE users SET closed_at = now() WHERE id = :me"), {"me": me.id})
        session.execute(text("DELETE FROM reviews"))
    assert _reviews(opened) == 0


def test_many_devices_that_answer_one_card_at_once_lose_nothing(opened: Database) -> None:
    me, card = _answered(opened)
    postgresql.let_linger(opened.url)
    outcomes = _all_at_once(opened, me, card, 16)
    assert [error for error in outcomes if error is not None] == []
    assert _reviews(opened) == 17
    with opened.reading() as session:
        assert check(session).faults == ()


def test_without_the_lock_they_collide(opened: Database) -> None:
    event.remove(opened.engine, "begin", db._lock)
    postgresql.let_linger(opened.url)
    with opened.writing() as session:
        me = add_learner(session, "hanako")
        card = add_cards(session, add_deck(session, "Docker"), 1)[0]
    collided = any(error is not None for error in _all_at_once(opened, me, card, 16))
    with opened.reading() as session:
        assert collided or check(session).faults


def test_two_that_start_at_once_migrate_once(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    settings = _settings(tmp_path, postgresql_server.new_database())
    command = [str(Path(sys.executable).with_name("oboegaki")), "data", "migrate"]
    environment = os.environ | {"OBOEGAKI_DATABASE_URL": settings.database_url, "OBOEGAKI_DATA_DIR": str(tmp_path)}
    started = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]  # noqa: S603
    assert [(one.communicate()[1], one.returncode) for one in started] == [(b"", 0)] * 2
    database = Database(settings)
    database.check_schema()
    database.close()


def test_no_acknowledged_answer_is_lost_when_workers_and_servers_are_killed(
    postgresql_server: postgresql.Server,
    migrated_database: str,
    tmp_path: Path,
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kills, answers = (200, 10_000) if full else (6, 240)
    url = postgresql_server.new_database(migrated_database)
    site = seed(tmp_path, learners=8, cards=60, environment={"OBOEGAKI_DATABASE_URL": url})
    ledger, server = Ledger(), Server(site)
    killer = Killer(server, ledger, kills, answers, Random(_SEED))
    with serving(server):
        clients = log_in_all(site, ledger)
        share = answers // len(clients)
        at_once([*(partial(answer_all, one, site.cards, share, Random(one.learner.id)) for one in clients), killer.run])
        server.stop()
    found = compare(site.config, ledger)
    with capsys.disabled():
        print(
            f"\nPostgreSQL, kill -9: seed {_SEED}, {len(ledger.acknowledged)} answers, {killer.workers} workers and "
            f"{killer.servers} servers killed, {len(found.lost)} lost, {len(found.unknown)} double"
        )
    assert found.sound, found
    assert len(ledger.acknowledged) == answers


def test_no_committed_answer_is_lost_when_the_database_is_killed(tmp_path: Path) -> None:
    assert _lost_by_a_killed_database(tmp_path, "") == 0


def test_the_drill_finds_what_an_asynchronous_commit_loses(tmp_path: Path) -> None:
    """Unless it wrote its log just before: every ten seconds it does."""
    assert any(_lost_by_a_killed_database(tmp_path, _FORGETFUL) > 0 for _ in range(5))


def _lost_by_a_killed_database(folder: Path, forgetful: str) -> int:
    """How many committed answers are gone after the database itself was killed among them."""
    with (
        TemporaryDirectory(prefix="pg-") as place,
        postgresql.serving(Path(place), durable=True, settings=forgetful) as server,
    ):
        database = Database(_settings(folder, server.new_database()))
        database.migrate()
        me, card = _answered(database)
        server.checkpoint()
        given = _answer_until(database, me, card, server.kill)
        database.close()
        server.start()
        with database.reading() as session:
            kept = set(session.scalars(select(Review.id)))
            assert check(session).faults == ()
        database.close()
    return len(given - kept)


def _answer_until(database: Database, me: Learner, card: int, strike: Any) -> set[Any]:
    """Answer without a pause until the database is gone; the ids of what was committed."""
    given: set[Any] = set()
    enough = threading.Event()

    def answer() -> None:
        while True:
            one = Answer(uuid4(), card, Grade.GOOD)
            try:
                with database.writing() as session:
                    study.answer(session, me, one, NOW)
            except (DBAPIError, psycopg.Error):
                return
            given.add(one.id)
            if len(given) >= _GIVEN:
                enough.set()

    thread = threading.Thread(target=answer)
    thread.start()
    answered = enough.wait(_GIVEN_SECONDS)
    strike()
    thread.join()
    assert answered, f"{len(given)} answers in {_GIVEN_SECONDS} s: this drill shows nothing"
    return given


def _settings(folder: Path, url: str) -> Config:
    places = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    return from_environment(places | {"OBOEGAKI_DATABASE_URL": url})


def _answered(database: Database) -> tuple[Learner, int]:
    """A learner and a card that was answered once."""
    with database.writing() as session:
        me = add_learner(session, "hanako")
        card = add_cards(session, add_deck(session, "Docker"), 1)[0]
        study.answer(session, me, Answer(uuid4(), card, Grade.AGAIN), NOW)
    return me, card


def _reviews(database: Database) -> int:
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Card)) == 1
        return session.scalar(select(func.count()).select_from(Review)) or 0


def _all_at_once(database: Database, me: Learner, card: int, devices: int) -> list[BaseException | None]:
    """Answer one card from many threads at the same moment, as the page does; what went wrong in each."""
    gate = threading.Barrier(devices)

    def answer(_number: int) -> None:
        with database.engine.connect() as connection:
            gate.wait()
            with database.writing_on(connection, me.id):
                study.answer(connection, me, Answer(uuid4(), card, Grade.GOOD), NOW)

    with ThreadPoolExecutor(devices) as pool:
        return [future.exception() for future in [pool.submit(answer, number) for number in range(devices)]]
