"""A PostgreSQL server of the tests' own, on a socket in a folder of its own, from Debian's package.

A server never runs as root: there it runs as the user that Debian's package made for it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL

_QUICK = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n"
_SETTINGS = "listen_addresses=''\nunix_socket_directories='{folder}'\nmax_connections=200\n"
_ADMINISTRATOR = "postgres"


class MissingError(Exception):
    """There is no PostgreSQL to start."""


@dataclass
class Server:
    """A running server. `folder` holds its socket."""

    folder: Path
    bin: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self, template: str = "template1") -> str:
        """The URL of a fresh database, made like `template`."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"'.encode())
        return self.url(name)

    def url(self, name: str) -> str:
        """Where the database of this name is, as the setting OBOEGAKI_DATABASE_URL has it."""
        place = {"host": str(self.folder)}
        made = URL.create("postgresql+psycopg", username=_ADMINISTRATOR, database=name, query=place)
        return made.render_as_string()

    def checkpoint(self) -> None:
        """Have everything that was committed so far on the disk."""
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def kill(self) -> None:
        """End the server as a power cut would: nothing is written any more."""
        self._control("stop", "--mode=immediate")

    def start(self) -> None:
        """Start it, after a `kill` too, and wait until it answers."""
        self._control("start", "--wait", "--log", str(self.folder / "log"))

    def stop(self) -> None:
        """Stop it in order."""
        self._control("stop", "--mode=fast")

    def _dsn(self) -> str:
        return f"host={self.folder} user={_ADMINISTRATOR} dbname=postgres"

    def _control(self, *arguments: str) -> None:
        _run([str(self.bin / "pg_ctl"), "--pgdata", str(self.folder / "data"), *arguments])


@contextmanager
def serving(folder: Path, *, durable: bool = False, settings: str = "") -> Iterator[Server]:
    """A server in `folder` until the end of the body; `durable` writes as in earnest, else as quick as it can.

    Raises MissingError where PostgreSQL is not installed.
    """
    found = binaries()
    if found is None:
        raise MissingError("PostgreSQL is missing; on Debian: apt-get install postgresql")
    server = Server(folder, found)
    _run(
        [
            str(server.bin / "initdb"),
            "--pgdata",
            str(folder / "data"),
            "-U",
            _ADMINISTRATOR,
            "--auth=trust",
            "-E",
            "UTF8",
        ]
    )
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write(_SETTINGS.format(folder=folder) + ("" if durable else _QUICK) + settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _run(command: list[str]) -> None:
    """Run one of the server's programs: as the package's own user where this user is root."""
    folder = Path(command[command.index("--pgdata") + 1]).parent
    as_user = []
    if os.getuid() == 0:
        _open_to(_ADMINISTRATOR, folder)
        as_user = ["setpriv", f"--reuid={_ADMINISTRATOR}", f"--regid={_ADMINISTRATOR}", "--clear-groups"]
    done = subprocess.run(  # noqa: S603 - our own
        [*as_user, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


def _open_to(user: str, folder: Path) -> None:
    """Let the user own the folder, and reach it."""
    shutil.chown(folder, user, user)
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
