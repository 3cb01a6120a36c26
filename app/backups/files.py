"""Where backups lie and what they are called: `oboegaki-20261124T030000Z.db`, so that names sort by time."""

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.config import Config
from app.decks.problems import N_
from app.errors import NotFoundError, RefusedError

_NAME = re.compile(r"oboegaki-(\d{8}T\d{6}Z)\.db", re.ASCII)
_TIME = "%Y%m%dT%H%M%SZ"

NOT_SQLITE = N_(
    "This database is no SQLite file, so its own tools copy it: with PostgreSQL, pg_dump makes a backup and "
    'pg_restore puts it back; with containers, run them by "docker compose exec -T db", as the README shows'
)
"""What is said to somebody who asks for a backup of another database, or to put one back."""


class Backup(NamedTuple):
    """A backup in its folder: when it was begun (UTC, whole seconds), and its size in bytes."""

    file: Path
    at: datetime
    size: int


def backups_folder(config: Config) -> Path:
    """Where backups go unless another folder is named."""
    return config.data_dir / "backups"


def database_file(config: Config) -> Path:
    """The SQLite file; raises RefusedError for a database that is not one."""
    if config.database_file is None:
        raise RefusedError(NOT_SQLITE)
    return config.database_file


def stamp(at: datetime) -> str:
    """A moment as it stands in file names: in UTC, to the second."""
    return at.astimezone(UTC).strftime(_TIME)


def file_name(at: datetime) -> str:
    """The name of a backup that was begun at a moment."""
    return f"oboegaki-{stamp(at)}.db"


def moment_of(name: str) -> datetime | None:
    """When the backup of this name was begun; None for a name that is none of a backup."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def backups_in(folder: Path) -> list[Backup]:
    """The backups in a folder, the newest first; none where there is no such folder."""
    if not folder.is_dir():
        return []
    moments = ((file, moment_of(file.name)) for file in folder.iterdir() if file.is_file())
    found = [Backup(file, at, file.stat().st_size) for file, at in moments if at is not None]
    return sorted(found, key=lambda backup: backup.at, reverse=True)


def newest(folder: Path) -> Path:
    """The newest backup in a folder; raises NotFoundError where there is none."""
    found = backups_in(folder)
    if not found:
        raise NotFoundError(
            '%(folder)s: there is no backup here; make one with "oboegaki data backup"', folder=str(folder)
        )
    return found[0].file


def find_backup(folder: Path, name: str) -> Path:
    """The backup of this name in a folder; raises NotFoundError for every other name, whatever file it may lead to."""
    if moment_of(name) is None or not (folder / name).is_file():
        raise NotFoundError("There is no backup of that name; choose one from the list of backups")
    return folder / name


def checksum_file(file: Path) -> Path:
    """Where the SHA-256 of a backup stands."""
    return file.with_name(f"{file.name}.sha256")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
