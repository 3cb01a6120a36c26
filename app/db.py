"""Engine and sessions: SQLite as this project runs it, one writer at a time, and "is this database safe to use".

WAL with `synchronous=FULL`: an answer is on the disk before it is acknowledged. `BEGIN IMMEDIATE` for writes:
a transaction that will write never finds out half way that another was quicker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from app.config import Config
from app.errors import SetupError
from app.lock import FileLock

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

_CORRUPTING = ((3, 7, 0), (3, 51, 2))
"""SQLite releases whose WAL can lose pages when two connections write (fixed in 3.51.3)."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE cannot slip past the triggers on reviews
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
)


class Database:
    """The one database of a process, with sessions for reading and for writing."""

    def __init__(self, config: Config) -> None:
        self.url = config.database_url
        self.engine = _sqlite_engine(self.url) if config.uses_sqlite else create_engine(self.url)
        self._write_engine = self.engine.execution_options(writing=True)
        self._lock = FileLock(config.data_dir / "write.lock") if config.uses_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and is rolled back at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that writes: committed at the end of the body, rolled back whole when the body raises."""
        with self._alone(), self._transaction() as session:
            yield session

    @contextmanager
    def probing(self) -> Iterator[Session]:
        """A writing session that is always rolled back: raises where the database cannot be written."""
        with self._alone(), Session(self._write_engine) as session:
            yield session
            session.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._write_engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def migrate(self) -> None:
        """Bring the schema up to this program's, once, whoever starts first."""
        with self._alone(), self._write_engine.connect() as connection:
            self._check_not_newer(connection)
            connection.rollback()
            command.upgrade(alembic_config(connection), "head")
            connection.commit()

    def check_schema(self) -> None:
        """Refuse a database whose schema is not this program's; raises SetupError."""
        with self.engine.connect() as connection:
            self._check_not_newer(connection)
            if self._revision(connection) != _head():
                raise SetupError(f"{self._place}: the schema is older than the program; run: oboegaki data migrate")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @property
    def _place(self) -> str:
        return self.engine.url.database or self.engine.url.render_as_string()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock is None:
            yield
            return
        with self._lock.held():
            yield

    def _revision(self, connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    def _check_not_newer(self, connection: Connection) -> None:
        revision = self._revision(connection)
        try:
            ScriptDirectory(str(MIGRATIONS)).get_revision(revision or "base")
        except CommandError:
            raise SetupError(
                f"{self._place}: the schema ({revision}) is newer than the program; start a newer Oboegaki, "
                "or restore a backup made with this one"
            ) from None


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    """Alembic's configuration for this project's migrations, on `connection` where one is given."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def check_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that can corrupt a database; raises SetupError."""
    if _CORRUPTING[0] <= version <= _CORRUPTING[1]:
        found = ".".join(map(str, version))
        raise SetupError(
            f"SQLite {found} can corrupt a database with several writers; install pysqlite3 0.6.1 or newer"
        )


def _head() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _sqlite_engine(url: str) -> Engine:
    check_sqlite(pysqlite3.sqlite_version_info)
    engine = create_engine(url, module=pysqlite3, connect_args={"check_same_thread": False}, pool_size=10)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """Take transactions into our own hands and set the pragmas of a fresh connection."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
