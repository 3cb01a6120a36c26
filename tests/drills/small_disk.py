"""A small file system for a drill to fill, in a mount namespace of its own, with which it goes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.drills.tools import tool

_MOUNT = 'mount -t tmpfs -o size="$1"k tmpfs "$2" && echo mounted && exec cat'


@dataclass(frozen=True, slots=True)
class Disk:
    """A small file system at `place`, for those that enter the namespace."""

    place: Path
    _holder: int
    """The process that keeps the namespace."""

    @property
    def wrapper(self) -> list[str]:
        """What to put in front of a command that shall see it."""
        enter = [str(Path(tool("unshare")).with_name("nsenter")), "--target", str(self._holder), "--mount"]
        if os.geteuid() == 0:
            return enter
        again_oneself = [tool("unshare"), "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]
        return [*enter, "--user", "--preserve-credentials", *again_oneself]

    @property
    def inside(self) -> Path:
        """The file system, seen from outside."""
        return Path(f"/proc/{self._holder}/root{self.place}")

    def fill(self, leave_kilobytes: int = 0) -> None:
        """Take all space but so much."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(64 * 1024))
            except OSError:
                filler.truncate(max(0, filler.tell() - leave_kilobytes * 1024))

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.inside / "filler"


@contextmanager
def mounted(place: Path, kilobytes: int) -> Iterator[Disk]:
    """An empty file system of so many KB at `place`; where none may be mounted the drill fails and says so."""
    namespace = [tool("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    command = [*namespace, "sh", "-c", _MOUNT, "sh", str(kilobytes), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:  # noqa: S603 - our own
        assert holder.stdout is not None
        if holder.stdout.readline() != b"mounted\n":
            pytest.fail(
                "no file system may be mounted here (CAP_SYS_ADMIN or user namespaces): the full disk was not drilled"
            )
        yield Disk(place, holder.pid)
