"""Backups of the SQLite file: made in one step while the server runs, looked into at once, thinned out by age.

A backup is one file that any SQLite opens, with its SHA-256 beside it as `sha256sum -c` reads it. Putting one back is
in `restoring`; this part of the package knows no sessions, so that a migration can make a backup first.
"""

from app.backups.files import NOT_SQLITE, Backup, backups_folder, backups_in, database_file, find_backup, newest
from app.backups.inside import Contents
from app.backups.keeping import kept
from app.backups.making import copy_of, make_backup
from app.backups.verifying import Verified, verify

__all__ = [
    "NOT_SQLITE",
    "Backup",
    "Contents",
    "Verified",
    "backups_folder",
    "backups_in",
    "copy_of",
    "database_file",
    "find_backup",
    "kept",
    "make_backup",
    "newest",
    "verify",
]
