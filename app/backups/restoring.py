"""Putting a backup back: everything is done on a copy, and one rename makes the copy the database.

Whatever fails before that rename leaves the old database as it was; after it there is nothing left to do.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pysqlite3
from sqlalchemy import URL, delete
from sqlalchemy.exc import DBAPIError

from app import logins
from app.backups.files import database_file, sha256_of, stamp, sync
from app.backups.inside import Contents, opened
from app.backups.verifying import Verified, verify
from app.config import Config
from app.db import Database
from app.errors import OboegakiError, RefusedError
from app.in_use import nobody_else
from app.models import SetupCode
from app.schema import head, is_known


class Restored(NamedTuple):
    """What was put back, and where the database from before is now; None where there was none."""

    contents: Contents
    migrated: bool
    kept: Path | None


def restore(config: Config, file: Path, now: datetime) -> Restored:
    """Make a backup the database; the one from before is kept beside it, and every login has ended.

    Raises RefusedError while anything has the database open, OboegakiError for a backup that is not sound or newer
    than the program, or when the disk fails; the old database is then as it was.
    """
    place = database_file(config)
    verified = verify(file)
    if not is_known(verified.contents.schema):
        raise OboegakiError(
            "%(file)s: the schema of this backup (%(schema)s) is newer than the program; "
            "start a newer Oboegaki to restore it. Nothing was changed",
            file=str(file),
            schema=verified.contents.schema,
        )
    with nobody_else(config.data_dir), _said_of(file), _workshop(place) as folder:
        copy = _prepared(config, verified, folder)
        kept = _keep_old(place, now)
        copy.replace(place)
        sync(place.parent)
    return Restored(verified.contents, verified.contents.schema != head(), kept)


@contextmanager
def _said_of(file: Path) -> Iterator[None]:
    """A disk that fails is a sentence."""
    try:
        yield
    except (OSError, pysqlite3.Error, DBAPIError) as error:
        raise OboegakiError(
            "%(file)s: was not restored (%(reason)s); look at the space and the rights in the data folder. "
            "The database is as it was",
            file=str(file),
            reason=_reason(error),
        ) from None


def _reason(error: Exception) -> object:
    if isinstance(error, OSError):
        return error.strerror
    return error.orig if isinstance(error, DBAPIError) else error


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """A folder on the file system of the database, gone afterwards; those of killed restores go with it."""
    for left in place.parent.glob(".restore-*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=place.parent) as folder:
        yield Path(folder)


def _prepared(config: Config, verified: Verified, folder: Path) -> Path:
    """A copy of the backup as the server may open it: this program's schema, no login, no set-up code."""
    copy = folder / "oboegaki.db"
    shutil.copyfile(verified.file, copy)
    copy.chmod(0o600)
    if sha256_of(copy) != verified.sha256:
        raise OSError(None, "its copy differs from it")
    url = URL.create("sqlite", database=str(copy)).render_as_string()
    database = Database(replace(config, data_dir=folder, database_url=url))
    try:
        database.migrate_copy()
        with database.writing() as session:
            logins.end_every_login(session)
            session.execute(delete(SetupCode))  # one that was used since would live again; the next start makes another
    finally:
        database.close()
    _fold(copy)
    sync(copy)
    return copy


def _fold(file: Path) -> None:
    """Bring what is in the write-ahead log into the file itself: it can then be moved alone."""
    with closing(pysqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def _keep_old(place: Path, now: datetime) -> Path | None:
    """Give the old database, with all that belongs to it, a second name; the first one is about to be taken over.

    A log goes aside even where its database is lost: SQLite would play it into whatever file has the name.
    """
    kept, was_there = place.with_name(f"oboegaki-before-restore-{stamp(now)}.db"), place.exists()
    if was_there:
        _fold_old(place)
        _link(place, kept)
    for ending in ("-wal", "-journal"):
        log = place.with_name(f"{place.name}{ending}")
        if log.exists():
            log.replace(kept.with_name(f"{kept.name}{ending}"))
    place.with_name(f"{place.name}-shm").unlink(missing_ok=True)
    return kept if was_there else None


def _fold_old(place: Path) -> None:
    """Fold the old database if it can be: one that is damaged, which may be why there is a restore, stays as it is."""
    try:
        with opened(place) as connection:  # SQLite throws the log of a file away that it does not know
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        _fold(place)
    except OboegakiError:
        return
    except pysqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise RefusedError(
                "%(file)s: another program has the database open; close it and try again. Nothing was changed",
                file=str(place),
            ) from None


def _link(place: Path, kept: Path) -> None:
    try:
        os.link(place, kept)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(place, kept)
        sync(kept)
