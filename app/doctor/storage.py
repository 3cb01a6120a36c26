"""Where the data lies: the folder and its owner, the file system, the room on the disk, the last backup."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from app.backups import backups_folder, backups_in
from app.config import Config
from app.decks.problems import N_
from app.doctor.finding import Finding, State, bytes_in_words
from app.file_system import NETWORK, PASSING, SHARED_BY_HOST, mount_of

TOO_LITTLE = 64 * 1024 * 1024
"""Bytes free below which the next answers may not be recorded."""
RESERVE = 256 * 1024 * 1024
"""Bytes to be free beside a backup and a restore, each as large as the database."""
_FRESH = timedelta(days=2)
_OLD = timedelta(days=14)


def data_folder(config: Config) -> Finding:
    """Whether the folder and every file of the database in it can be written."""
    name, user = N_("Data folder"), os.getuid()
    folder = config.data_dir
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Finding(
            name,
            State.BAD,
            N_("%(folder)s is mounted read-only"),
            N_("mount it for writing; where the system did that by itself, the disk is failing and the log says so"),
            {"folder": folder},
        )
    for path in _to_be_written(config):
        if not os.access(path, os.W_OK):
            return Finding(
                name,
                State.BAD,
                N_("%(path)s belongs to user id %(owner)s and cannot be written by user id %(user)s"),
                N_("give it to that user, with everything beside it: chown -R %(user)s %(folder)s"),
                {"path": path, "owner": path.stat().st_uid, "user": user, "folder": path.parent},
            )
    details = {"folder": folder, "owner": folder.stat().st_uid, "user": user}
    sentence = N_("%(folder)s belongs to user id %(owner)s and can be written by user id %(user)s")
    return Finding(name, State.OK, sentence, details=details)


def _to_be_written(config: Config) -> Iterator[Path]:
    yield config.data_dir
    if config.database_file is None:
        return
    yield config.database_file.parent
    yield from config.database_files
    if backups_folder(config).exists():
        yield backups_folder(config)


def file_system(config: Config, mounts: Path) -> Finding:
    """Whether SQLite can rely on what is below it, and whether it stays."""
    name = N_("File system")
    place = config.database_file.parent if config.database_file else config.data_dir
    mount = mount_of(place, mounts)
    if mount is None:
        return Finding(name, State.OK, N_("this system does not tell which one it is"))
    details = {"type": mount.type, "point": mount.point}
    sentence = N_("%(type)s, mounted at %(point)s")
    if mount.type in NETWORK:
        remedy = N_("move the data folder to a disk of this machine: on a network file system SQLite can lose answers")
        return Finding(name, State.BAD, sentence, remedy, details)
    if mount.type in SHARED_BY_HOST:
        remedy = N_("use a named volume: SQLite cannot rely on a folder that is shared with a virtual machine")
        return Finding(name, State.WARNING, sentence, remedy, details)
    if mount.type in PASSING:
        remedy = N_("put the data folder on a volume: what is here is gone with the container or the next start")
        return Finding(name, State.WARNING, sentence, remedy, details)
    return Finding(name, State.OK, sentence, details=details)


def disk(config: Config) -> Finding:
    """Whether there is room for answers, and for a backup and a restore."""
    state = os.statvfs(config.data_dir)
    free = state.f_bavail * state.f_frsize
    file = config.database_file
    size = file.stat().st_size if file and file.exists() else 0
    return room(free, size)


def room(free: int, size: int) -> Finding:
    """What so many free bytes mean for a database of so many."""
    name, details = N_("Disk"), {"free": bytes_in_words(free), "size": bytes_in_words(size)}
    sentence = N_("%(free)s are free, the database has %(size)s")
    if free < TOO_LITTLE:
        return Finding(name, State.BAD, sentence, N_("make room now: answers may not be recorded"), details)
    if free < RESERVE + 2 * size:
        return Finding(name, State.WARNING, sentence, N_("make room for backups and for a restore"), details)
    return Finding(name, State.OK, sentence, details=details)


def last_backup(config: Config, now: datetime) -> Finding:
    """How old the newest backup is; of one from days ahead, by a clock that went wrong, nobody knows."""
    name = N_("Last backup")
    if config.database_file is None:
        return Finding(name, State.OK, N_("is the business of the database's own tools, such as pg_dump"))
    found = [backup for backup in backups_in(backups_folder(config)) if backup.at - now < _FRESH]
    remedy = N_('make one now, on the page "Backups" or by: oboegaki data backup')
    if not found:
        return Finding(
            name, State.WARNING, N_("there is none in %(folder)s"), remedy, {"folder": backups_folder(config)}
        )
    age = now - found[0].at
    details = {"file": found[0].file.name, "days": age.days, "size": bytes_in_words(found[0].size)}
    if age < _FRESH:
        return Finding(name, State.OK, N_("%(file)s, %(size)s, made within the last two days"), details=details)
    state = State.WARNING if age < _OLD else State.BAD
    return Finding(name, state, N_("%(file)s is %(days)s days old"), remedy, details)
