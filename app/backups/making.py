"""Making a backup: copied in one step from one moment of the live database, checked, and only then given its name.

One step because a copy page by page begins anew with every write in between and may never end.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pysqlite3

from app.backups.files import (
    Backup,
    backups_folder,
    backups_in,
    checksum_file,
    database_file,
    file_name,
    sha256_of,
    sync,
)
from app.backups.inside import Contents, check_pages, contents_of, opened
from app.backups.keeping import kept
from app.config import Config
from app.errors import NotFoundError, OboegakiError
from app.in_use import InUse

_DRAFT = ".oboegaki-"


def make_backup(config: Config, now: datetime, folder: Path | None = None) -> Backup:
    """Back the database up into a folder, the one for backups if none is named, and delete what is too old there.

    Raises RefusedError where the database is no SQLite file, OboegakiError when it cannot be done: what was there
    before is there still, and nothing half written.
    """
    source = database_file(config)
    with closing(InUse(config.data_dir)):
        return copy_of(source, folder or backups_folder(config), now)


def copy_of(source: Path, folder: Path, now: datetime) -> Backup:
    """The same for any database file that stays where it is meanwhile."""
    if not source.is_file():
        raise NotFoundError("%(file)s: there is no database yet; start the server once", file=str(source))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            backup = _made(source, folder, now)
    except (OSError, pysqlite3.Error) as error:
        raise OboegakiError(
            "%(folder)s: no backup was written (%(reason)s); look at the space and the rights there, "
            "earlier backups are untouched",
            folder=str(folder),
            reason=error.strerror if isinstance(error, OSError) else error,
        ) from None
    _thin_out(backup)
    return backup


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder, and away with what a killed one left."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _clear(folder)
        try:
            yield
        finally:
            _clear(folder)


def _clear(folder: Path) -> None:
    for draft in folder.glob(f"{_DRAFT}*"):
        draft.unlink(missing_ok=True)


def _made(source: Path, folder: Path, now: datetime) -> Backup:
    descriptor, name = tempfile.mkstemp(prefix=_DRAFT, dir=folder)  # mode 0600: it holds everybody's everything
    os.close(descriptor)
    draft = Path(name)
    counted = _copy(source, draft)
    sync(draft)
    _look_at(draft, counted, source)
    while (folder / file_name(now)).exists():
        now += timedelta(seconds=1)
    file = folder / file_name(now)
    _write_checksum(file, sha256_of(draft))
    draft.rename(file)
    sync(folder)
    return Backup(file, now.replace(microsecond=0), file.stat().st_size)


def _copy(source: Path, draft: Path) -> Contents:
    """Copy the database; what it held at the moment of the copy."""
    with (
        closing(pysqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)) as live,
        closing(pysqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        live.execute("BEGIN")
        counted = contents_of(live)  # the first read fixes the moment, and the copy reads in the same transaction
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # one plain file, that can be opened where nothing can be written
    return counted


def _look_at(draft: Path, counted: Contents, source: Path) -> None:
    """Open the copy as a restore would; it is not worth a name unless it is sound and holds what it should."""
    try:
        with opened(draft) as connection:
            check_pages(connection, source)
            found = contents_of(connection)
    except OboegakiError:
        raise OboegakiError(
            '%(file)s: no backup was kept, its copy is not sound; run "oboegaki data check", '
            "the database itself may be damaged",
            file=str(source),
        ) from None
    if found != counted:
        raise OboegakiError(
            "%(file)s: no backup was kept, its copy holds %(found)s instead of %(counted)s; try again",
            file=str(source),
            found=str(found),
            counted=str(counted),
        )


def _write_checksum(file: Path, digest: str) -> None:
    """Write the checksum before the backup has its name: no backup is ever without."""
    draft = file.with_name(f"{_DRAFT}{file.name}.sha256")
    draft.write_text(f"{digest}  {file.name}\n")
    draft.chmod(0o600)
    sync(draft)
    draft.rename(checksum_file(file))


def _thin_out(made: Backup) -> None:
    """Delete the backups beside the one that was made that are too old to keep.

    That one stays even where a clock set back makes it the oldest: a migration may be waiting for it.
    """
    found = backups_in(made.file.parent)
    keeping = kept(backup.at for backup in found) | {made.at}
    try:
        for backup in found:
            if backup.at not in keeping:
                backup.file.unlink(missing_ok=True)
                checksum_file(backup.file).unlink(missing_ok=True)
    except OSError as error:
        raise OboegakiError(
            "%(file)s: this backup was written, but older ones could not be deleted (%(reason)s); "
            "look at the rights there",
            file=str(made.file),
            reason=error.strerror,
        ) from None
