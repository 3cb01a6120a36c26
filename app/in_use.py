"""Who has the database open: every process says so for as long as it has, and a restore waits for nobody.

The kernel takes a lock back when its holder dies, however it dies; containers that share a volume share the locks.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import RefusedError, SetupError

_NAME = "in-use.lock"


class InUse:
    """A process has the database open, from here until `close`. Waits while a restore swaps it."""

    def __init__(self, data_dir: Path) -> None:
        self._descriptor = _opened(data_dir)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """The process has it open no longer; doing it again changes nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def nobody_else(data_dir: Path) -> Iterator[None]:
    """Keep everybody from opening the database in the body; raises RefusedError where somebody has it open."""
    descriptor = _opened(data_dir)
    try:
        _lock(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RefusedError(
            "%(folder)s: a server or another command has this database open; stop it first "
            '(Ctrl-C, in a container "docker compose stop app") and try again. Nothing was changed',
            folder=str(data_dir),
        ) from None


def _opened(data_dir: Path) -> int:
    path = data_dir / _NAME
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SetupError(
            f"{path}: cannot be opened by user id {os.getuid()} ({error.strerror}); "
            "give everything in the data folder to that user"
        ) from None
