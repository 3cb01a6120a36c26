"""The programs of the system that tests need beside the browser: those that are there, else Debian's packages.

`python -m tests.needs` makes sure that they are there; it fails, and names them all, when some are not to be had.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from glob import glob

from tests import postgresql

PACKAGES: Mapping[str, Callable[[], object]] = {
    "strace": lambda: shutil.which("strace"),
    "libfaketime": lambda: glob("/usr/lib/*/faketime/libfaketimeMT.so.1"),
    "postgresql": postgresql.binaries,
}
"""Debian's packages, each with a look for what it brings."""


def missing() -> list[str]:
    """The packages whose programs are not there."""
    return [name for name, found in PACKAGES.items() if not found()]


def _install(packages: list[str]) -> None:
    print(f"Installing {', '.join(packages)} from Debian")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)  # noqa: S607
    command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603


def main() -> int:
    """Make sure that everything is there; 1 when something is not to be had."""
    if (packages := missing()) and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
    if packages := missing():
        print(
            f"The drills need {', '.join(packages)}; on Debian: apt-get install {' '.join(packages)}", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
