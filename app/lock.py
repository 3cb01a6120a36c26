"""One writer at a time, in whichever process and thread.

SQLite's own busy wait polls, which gives the unlucky writer a long tail; a lock that wakes the next one does not.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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

    def _descriptor(self) -> int:
        """A descriptor of this process: one inherited through fork would share its lock with the parent."""
        if self._file is None or self._file[0] != os.getpid():
            self._file = (os.getpid(), os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return self._file[1]
