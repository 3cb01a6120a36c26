"""Engine and sessions: SQLite as this project runs it, one writer at a time, and "is this database safe to use".

WAL with `synchronous=FULL`: an answer is on the disk before it is acknowledged. `BEGIN IMMEDIATE` for writes:
a transaction that will write never finds out half way that another was quicker.
"""

from collections.abc import Callable, Iterator
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

from app import clock
from app.backups import make_backup
from app.config import Config
from app.errors import OboegakiError, SetupError
from app.in_use import InUse
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
        self._config = config
        self.url = config.database_url
        self.engine = _sqlite_engine(self.url) if config.uses_sqlite else create_engine(self.url)
        self._write_engine = self.engine.execution_options(writing=True)
        self._lock = FileLock(config.data_dir / "write.lock") if config.uses_sqlite else None
        self._in_use = InUse(config.data_dir) if config.uses_sqlite else None

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
    def writing_on(self, connection: Connection) -> Iterator[None]:
        """Let the body write on a connection that read before; committed at its end, rolled back whole when it raises.

        What was read before belongs to another moment of the database: it is let go first.
        """
        connection.rollback()
        with self._alone():
            connection.execution_options(writing=True)
            try:
                with connection.begin():
                    yield
            finally:
                connection.execution_options(writing=False)

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
        """Bring the schema up to this program's, once, whoever starts first; a SQLite file is backed up before it."""
        self._migrate(self._back_up)

    def migrate_copy(self) -> None:
        """The same for a copy of a database, which needs no backup of its own."""
        self._migrate(lambda: None)

    def _migrate(self, before: Callable[[], None]) -> None:
        with self._alone(), self._write_engine.connect() as connection:
            self._check_not_newer(connection)
            changes_something = self.revision(connection) not in (None, head())
            connection.rollback()
            if changes_something:
                before()
            command.upgrade(alembic_config(connection), "head")
            connection.commit()

    def _back_up(self) -> None:
        if self._config.database_file is None:
            return
        try:
            make_backup(self._config, clock.now())
        except OboegakiError as error:
            raise SetupError(
                f"The schema was not brought up to date, because no backup could be made: {error}"
            ) from None

    def check_schema(self) -> None:
        """Refuse a database whose schema is not this program's; raises SetupError."""
        with self.engine.connect() as connection:
            self._check_not_newer(connection)
            if self.revision(connection) != head():
                raise SetupError(f"{self._place}: the schema is older than the program; run: oboegaki data migrate")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._in_use is not None:
            self._in_use.close()

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

    def revision(self, connection: Connection) -> str | None:
        """The revision of the database's schema; None where it has none yet."""
        return MigrationContext.configure(connection).get_current_revision()

    def _check_not_newer(self, connection: Connection) -> None:
        revision = self.revision(connection)
        if not is_known(revision):
            raise SetupError(
                f"{self._place}: the schema ({revision}) is newer than the program; start a newer Oboegaki, "
                "or restore a backup made with this one"
            )


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


def is_known(revision: str | None) -> bool:
    """Whether this program knows how to bring a schema of this revision up to its own."""
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(revision or "base")
    except CommandError:
        return False
    return True


def head() -> str | None:
    """The revision of this program's schema."""
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
    if writing:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")  # cannot fail: it only says that a transaction starts with the next statement
