"""Programs of the system that drills need; one that is missing fails the drill with the name of its package."""

import shutil
from glob import glob

import pytest

_PACKAGES = {"strace": "strace", "unshare": "util-linux", "mount": "mount"}


def tool(name: str) -> str:
    """The path of a program."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"{name} is missing, without which this drill shows nothing; on Debian: apt-get install {_PACKAGES[name]}"
        )
    return found


def faketime_library() -> str:
    """The library that moves the clock of a process with threads."""
    found = glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        pytest.fail(
            "libfaketime is missing, without which this drill shows nothing; on Debian: apt-get install libfaketime"
        )
    return found[0]
