"""What tests share: a real database with the current schema, SQLite or with `--postgresql` that, and accounts in it.

What apps of the tests' own process log is searched for secrets after each test.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app.config import Config, from_environment
from app.db import Database
from app.learner import Learner
from app.models import User
from tests import canaries, postgresql
from tests.browser.chromium import launched

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday morning: the moment most tests happen at."""

# How long an example or a page takes says more of what else the machine does than of the code; and the same code
# gets the same verdict: other examples come with HYPOTHESIS_PROFILE=ever_new
expect.set_options(timeout=20_000)
settings.register_profile("patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ever_new", settings.get_profile("patient"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


@pytest.fixture(scope="session", autouse=True)
def ear() -> Iterator[canaries.Ear]:
    """Hears what the apps of this process log, and keeps the secrets that they hand out."""
    with canaries.listening() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_secret_is_logged(ear: canaries.Ear) -> Iterator[None]:
    """Whatever else became of the test: a secret in a log is an error of its own."""
    yield
    ear.search()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the current schema and nothing in it, to be copied."""
    folder = tmp_path_factory.mktemp("schema")
    database = Database(from_environment({"OBOEGAKI_DATA_DIR": str(folder)}))
    database.migrate()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "oboegaki.db"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests choose the second engine."""
    parser.addoption("--postgresql", action="store_true", help="run on PostgreSQL instead of SQLite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on PostgreSQL, what speaks SQLite's own words."""
    if not config.getoption("--postgresql"):
        return
    kept = [item for item in items if item.get_closest_marker("sqlite") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL server, quick and forgetful; the path of its socket must be short."""
    with TemporaryDirectory(prefix="pg-") as folder, postgresql.serving(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: postgresql.Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with the current schema and nothing in it, to be copied."""
    url = postgresql_server.new_database()
    database = Database(_settings(tmp_path_factory.mktemp("schema"), OBOEGAKI_DATABASE_URL=url))
    database.migrate()
    database.close()
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of a thread that drives pages, kept until the end: Playwright does not start twice in one."""
    with launched() as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Config:
    """Settings for a data folder of this test's own, with a cards folder beside it and a fresh database."""
    (tmp_path / "data").mkdir()
    (tmp_path / "cards").mkdir()
    if request.config.getoption("--postgresql"):
        server: postgresql.Server = request.getfixturevalue("postgresql_server")
        url = server.new_database(request.getfixturevalue("migrated_database"))
        return _settings(tmp_path, OBOEGAKI_DATABASE_URL=url)
    copyfile(request.getfixturevalue("migrated_file"), tmp_path / "data" / "oboegaki.db")
    return _settings(tmp_path)


def _settings(folder: Path, **others: str) -> Config:
    folders = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    return from_environment(folders | others)


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    """The database of this test, empty."""
    opened = Database(config)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session of this test."""
    with database.writing() as opened:
        yield opened


@pytest.fixture
def learner(session: Session) -> Learner:
    """An account of an ordinary learner, in UTC."""
    return add_learner(session, "hanako")


def add_learner(session: Session, name: str, **habits: object) -> Learner:
    """Another account, with the habits of the defaults and a password that nobody knows."""
    user = User(
        name=name,
        name_key=name,
        password_hash="",
        time_zone="UTC",
        day_start=4,
        new_per_day=20,
        reviews_per_day=None,
        language="",
        theme="",
        full_scale=False,
        is_admin=False,
        created_at=NOW,
        closed_at=None,
    )
    for habit, value in habits.items():
        setattr(user, habit, value)
    session.add(user)
    session.flush()
    return Learner(
        id=user.id,
        name=name,
        time_zone=user.time_zone,
        day_start=user.day_start,
        new_per_day=user.new_per_day,
        reviews_per_day=user.reviews_per_day,
    )
