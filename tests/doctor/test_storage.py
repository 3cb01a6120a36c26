"""The data folder, its file system, its disk, its backups."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.backups import make_backup
from app.config import Config
from app.db import Database
from app.doctor import Finding, State, storage
from tests.conftest import NOW

GB, MB = 10**9, 10**6


def told(finding: Finding) -> str:
    """The finding as the command prints it, without the spaces of its column."""
    return " ".join(str(finding).split())


def test_a_folder_that_can_be_written(config: Config) -> None:
    user = os.getuid()
    assert told(storage.data_folder(config)) == (
        f"ok Data folder: {config.data_dir} belongs to user id {user} and can be written by user id {user}"
    )


def test_a_file_that_cannot_be_written_is_named_with_its_owner(
    config: Config, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    """The system is asked; root may write everywhere, so its answer is put in its mouth."""
    file = config.data_dir / "oboegaki.db"
    monkeypatch.setattr(os, "access", lambda path, _mode: path != file)
    user = os.getuid()
    assert told(storage.data_folder(config)) == (
        f"bad Data folder: {file} belongs to user id {file.stat().st_uid} and cannot be written by user id {user}; "
        f"give it to that user, with everything beside it: chown -R {user} {config.data_dir}"
    )


def test_a_folder_that_is_mounted_read_only_is_said_in_words(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    state = os.statvfs(config.data_dir)
    read_only = os.statvfs_result((*state[:8], state.f_flag | os.ST_RDONLY, state.f_namemax))
    monkeypatch.setattr(os, "statvfs", lambda _path: read_only)
    assert told(storage.data_folder(config)) == (
        f"bad Data folder: {config.data_dir} is mounted read-only; mount it for writing; "
        "where the system did that by itself, the disk is failing and the log says so"
    )


@pytest.mark.parametrize(
    ("kind", "state", "remedy"),
    [
        ("ext4", "ok", ""),
        (
            "nfs4",
            "bad",
            "; move the data folder to a disk of this machine: on a network file system SQLite can lose answers",
        ),
        (
            "virtiofs",
            "warning",
            "; use a named volume: SQLite cannot rely on a folder that is shared with a virtual machine",
        ),
        (
            "overlay",
            "warning",
            "; put the data folder on a volume: what is here is gone with the container or the next start",
        ),
    ],
)
def test_the_file_system_is_named(config: Config, tmp_path: Path, kind: str, state: str, remedy: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"26 1 254:0 / / rw - {kind} /dev/vda1 rw\n")
    assert told(storage.file_system(config, mounts)) == f"{state} File system: {kind}, mounted at /{remedy}"


def test_a_system_without_a_list_of_mounts_is_not_blamed(config: Config, tmp_path: Path) -> None:
    assert told(storage.file_system(config, tmp_path / "none")) == (
        "ok File system: this system does not tell which one it is"
    )


@pytest.mark.parametrize(
    ("free", "size", "words"),
    [
        (50 * GB, 0, "ok Disk: 50.0 GB are free, the database has 1 MB"),
        (
            600 * MB,
            300 * MB,
            "warning Disk: 600 MB are free, the database has 300 MB; make room for backups and for a restore",
        ),
        (
            60 * MB,
            1 * MB,
            "bad Disk: 60 MB are free, the database has 1 MB; make room now: answers may not be recorded",
        ),
    ],
)
def test_the_room_on_the_disk_is_measured_by_the_database(free: int, size: int, words: str) -> None:
    assert told(storage.room(free, size)) == words


def test_the_disk_below_the_data_folder_is_asked(config: Config) -> None:
    assert storage.disk(config).details["size"] == "1 MB"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(hours=47), "ok Last backup: oboegaki-20260302T093000Z.db, 1 MB, made within the last two days"),
        (timedelta(days=3), "warning Last backup: oboegaki-20260302T093000Z.db is 3 days old; make one now"),
        (timedelta(days=14), "bad Last backup: oboegaki-20260302T093000Z.db is 14 days old; make one now"),
    ],
)
def test_the_age_of_the_newest_backup_is_told(config: Config, age: timedelta, words: str) -> None:
    make_backup(config, NOW - timedelta(days=2))
    make_backup(config, NOW)
    assert told(storage.last_backup(config, NOW + age)).startswith(words)


def test_a_backup_from_days_ahead_does_not_pass_for_a_fresh_one(config: Config, database: Database) -> None:
    """A clock that went wrong stamped it; whether the nightly ones go on is told by those of the right time."""
    database.migrate()
    make_backup(config, NOW + timedelta(days=900))
    assert told(storage.last_backup(config, NOW)).startswith("warning Last backup: there is none in ")
    make_backup(config, NOW - timedelta(days=20))
    assert told(storage.last_backup(config, NOW)).startswith(
        "bad Last backup: oboegaki-20260210T093000Z.db is 20 days old; make one now"
    )


def test_of_another_database_the_backups_are_not_our_business(config: Config) -> None:
    elsewhere = replace(config, database_url="postgresql+psycopg://db/oboegaki")
    assert told(storage.last_backup(elsewhere, NOW)) == (
        "ok Last backup: is the business of the database's own tools, such as pg_dump"
    )
    assert storage.data_folder(elsewhere).state is State.OK
    assert storage.file_system(elsewhere, Path("/nowhere")).state is State.OK
    assert storage.disk(elsewhere).details["size"] == "1 MB"
