"""Engine and sessions: SQLite as this project runs it, one writer at a time, and "is this database safe to use".

WAL with `synchronous=FULL`: an answer is on the disk before it is acknowledged. `BEGIN IMMEDIATE` for writes:
a transaction that will write never finds out half way that another was quicker. In PostgreSQL an advisory lock
does the same for everything that writes, and one for each account for its answers, so that many learn at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import pysqlite3
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from app import clock, schema
from app.backups import make_backup
from app.config import Config
from app.errors import OboegakiError, SetupError
from app.in_use import InUse
from app.lock import FileLock

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

_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""What makes a PostgreSQL transaction see one moment of the database, as SQLite's always do."""

_ENGINE: dict[str, Any] = {"pool_size": 10, "hide_parameters": True}
"""An error's text ends in the log: what its statement was given, a password's hash or a note, has no place there."""

_PROBE_SECONDS = 2.0
"""An import may write for longer; that is no illness."""

ALL = "everything"
_EVERYTHING, _ACCOUNT = 0x6F626F65, 0x6F62
"""Keys of the advisory locks: any numbers will do that no other program of the database uses."""


class Database:
    """The one database of a process, with sessions for reading and for writing."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.url = config.database_url
        self.engine = _sqlite_engine(self.url) if config.uses_sqlite else _postgresql_engine(self.url)
        self._read_engine = self.engine if config.uses_sqlite else self.engine.execution_options(**_ONE_MOMENT)
        self._write_engine = self.engine.execution_options(writing=ALL)
        self._lock = FileLock(config.data_dir / "write.lock") if config.uses_sqlite else None
        self._in_use = InUse(config.data_dir) if config.uses_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and is rolled back at the end."""
        with Session(self._read_engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that writes: committed at the end of the body, rolled back whole when the body raises."""
        with self._alone(), Session(self._write_engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def writing_on(self, connection: Connection, user_id: int) -> Iterator[None]:
        """Let the body write an account's own rows on a connection that read before: all of it or nothing.

        What was read before belongs to another moment of the database: it is let go first.
        """
        connection.rollback()
        with self._alone():
            connection.execution_options(writing=user_id)
            try:
                with connection.begin():
                    yield
            finally:
                connection.execution_options(writing=None)

    def probe(self) -> None:
        """Raise where the database cannot be written; nothing is. Where another is just writing, it can be written."""
        with self._lock.tried(_PROBE_SECONDS) if self._lock else nullcontext(True) as is_ours:
            if is_ours:
                with self._write_engine.connect() as connection:
                    connection.execute(text("SELECT 1"))

    def migrate(self) -> None:
        """Bring the schema up to this program's, once, whoever starts first; a SQLite file is backed up before it."""
        self._migrate(self._back_up)

    def migrate_copy(self) -> None:
        """The same for a copy of a database, which needs no backup of its own."""
        self._migrate(lambda: None)

    def _migrate(self, before: Callable[[], None]) -> None:
        self._refuse_foreign_files()
        with self._alone(), self._made().connect() as connection:
            self._check_not_newer(connection)
            revision = schema.revision_of(connection)
            if revision == schema.head():
                return
            if revision is not None:
                before()
            schema.upgrade(connection)  # in the transaction that read the revision: others wait for its lock
            connection.commit()

    def _refuse_foreign_files(self) -> None:
        """As after somebody put them there as root; SQLite would open such a file, and write none of the answers."""
        for path in self._config.database_files:
            if not os.access(path, os.W_OK) and path.exists():  # a log goes with who had the database open
                owner, user = path.stat().st_uid, os.getuid()
                remedy = "let it be written" if owner == user else "give everything in the data folder to that user"
                raise SetupError(
                    f"{path}: belongs to user id {owner} and cannot be written by user id {user}; {remedy}"
                )

    def _made(self) -> Engine:
        """The engine for writing; makes the file where there is none, since SQLite would let everybody read it."""
        file = self._config.database_file
        if file is not None and not file.exists():
            with suppress(OSError):  # SQLite says what is wrong with the place
                file.touch(mode=0o600)  # what SQLite puts beside it has the same mode
        return self._write_engine

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
        file = self._config.database_file
        revision = None
        if file is None or file.exists():  # looking would make one
            with self.engine.connect() as connection:
                self._check_not_newer(connection)
                revision = schema.revision_of(connection)
        if revision is None:
            remedy = "look at OBOEGAKI_DATA_DIR and OBOEGAKI_DATABASE_URL, or make one: oboegaki data migrate"
            raise SetupError(f"{self._place}: no database yet; {remedy}")
        if revision != schema.head():
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

    def _check_not_newer(self, connection: Connection) -> None:
        revision = schema.revision_of(connection)
        if not schema.is_known(revision):
            raise SetupError(
                f"{self._place}: the schema ({revision}) is newer than the program; start a newer Oboegaki, "
                "or restore a backup made with this one"
            )


def check_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that can corrupt a database; raises SetupError."""
    if _CORRUPTING[0] <= version <= _CORRUPTING[1]:
        found = ".".join(map(str, version))
        raise SetupError(
            f"SQLite {found} can corrupt a database with several writers; install pysqlite3 0.6.1 or newer"
        )


def _sqlite_engine(url: str) -> Engine:
    check_sqlite(pysqlite3.sqlite_version_info)
    engine = create_engine(url, module=pysqlite3, connect_args={"check_same_thread": False}, **_ENGINE)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, **_ENGINE)  # it may have been restarted in the meantime
    event.listen(engine, "begin", _lock)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """Take transactions into our own hands and set the pragmas of a fresh connection."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writing") is not None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")  # cannot fail: it only says that a transaction starts with the next statement


def _lock(connection: Connection) -> None:
    """Wait for one's turn to write: the account's, or that of everything (`writing=ALL`)."""
    writing = connection.get_execution_options().get("writing")
    if writing is None:
        return
    if writing == ALL:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_EVERYTHING})")
        return
    connection.exec_driver_sql(
        f"SELECT pg_advisory_xact_lock_shared({_EVERYTHING}), pg_advisory_xact_lock({_ACCOUNT}, {int(writing)})"
    )
