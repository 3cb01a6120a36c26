"""One writer at a time, in whichever process and thread.

SQLite's own busy wait polls, which gives the unlucky writer a long tail; a lock that wakes the next one does not.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ASK_SECONDS = 0.05


class FileLock:
    """A lock shared by all processes that open `path`. The kernel frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.Lock()
        self._file: tuple[int, int] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock and hold it for the body of the `with` statement."""
        with self._thread:
            descriptor = self._descriptor()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    @contextmanager
    def tried(self, seconds: float) -> Iterator[bool]:
        """Try for so long to hold the lock for the body; tells whether it is held."""
        if not self._thread.acquire(timeout=seconds):
            yield False
            return
        try:
            descriptor = self._descriptor()
            is_held = _locked_within(descriptor, seconds)
            try:
                yield is_held
            finally:
                if is_held:
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._thread.release()

    def _descriptor(self) -> int:
        """A descriptor of this process: one inherited through fork would share its lock with the parent."""
        if self._file is None or self._file[0] != os.getpid():
            self._file = (os.getpid(), os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return self._file[1]


def _locked_within(descriptor: int, seconds: float) -> bool:
    """Lock, asking again and again: the kernel knows no end of waiting."""
    pause = threading.Event()
    for _ in range(max(1, round(seconds / _ASK_SECONDS))):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.wait(_ASK_SECONDS)
        else:
            return True
    return False
