"""A PostgreSQL server of the tests' own, on a socket in a folder of its own, from Debian's package.

A server never runs as root: there it runs as the user that Debian's package made for it. Its log is searched for
secrets when it ends (`tests/canaries.py`).
"""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL

from tests import canaries

_QUICK = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n"
_SETTINGS = "listen_addresses=\nunix_socket_directories={folder}\nmax_connections=200\n"
_ORDER = ("--locale-provider=icu", "--icu-locale=en")
"""The order of a language, as most installations have it: nothing may rest on the order of bytes."""
_LOG_LEFT = """
    SELECT sum(size) FILTER (WHERE name >= pg_walfile_name(pg_current_wal_insert_lsn()))
           - max((pg_walfile_name_offset(pg_current_wal_insert_lsn())).file_offset)
    FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'
"""
_LINGERING = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END';
    CREATE TRIGGER lingers BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION linger()
"""
_ADMINISTRATOR = "postgres"
_START_SECONDS = 120


class MissingError(Exception):
    """There is no PostgreSQL to start."""


@dataclass
class Server:
    """A running server. `folder` holds its socket; `wrapper` stands before its programs, `options` behind it."""

    folder: Path
    bin: Path
    wrapper: Sequence[str] = ()
    options: str = ""
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

    def use_up_log(self, leave: int) -> None:
        """Write into its log until so many bytes are left, or fewer, in the last of the files that it has for that."""
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            while connection.execute(_LOG_LEFT).fetchone()[0] > leave:  # type: ignore[index]
                connection.execute("SELECT pg_logical_emit_message(false, 'drill', repeat('.', 8000))")

    def kill(self) -> None:
        """End the server as a power cut would: nothing is written any more."""
        self._control("stop", "--mode=immediate")

    def start(self) -> None:
        """Start it, after a `kill` too, and wait until it answers."""
        self._control("start", "--wait", "--log", str(self.folder / "log"), "--options", self.options)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs on its data; raises RuntimeError with what it said where it fails."""
        done = self._try(program, *arguments)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def keep_up(self) -> None:
        """Start it again where it is gone, as what looks after containers does, and wait until it answers."""
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert time.monotonic() < end, f"PostgreSQL does not come back; it said:\n{self.log[-3000:]}"
            if not self.is_running:
                self.start()
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it in order."""
        self._control("stop", "--mode=fast")

    @property
    def is_running(self) -> bool:
        """Whether its first process lives; it need not answer."""
        return self._try("pg_ctl", "status").returncode == 0

    @property
    def log(self) -> str:
        """What it said so far, since the first start."""
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def processes(self) -> list[int]:
        """Its first process, and those that serve connections or work behind them."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, others)]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._dsn()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _dsn(self) -> str:
        return f"host={self.folder} user={_ADMINISTRATOR} dbname=postgres"

    def _control(self, *arguments: str) -> None:
        self.run("pg_ctl", *arguments)

    def _try(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """As the package's own user where this user is root."""
        as_user = []
        if os.getuid() == 0:
            hand_over(self.folder)
            _let_in(self.folder)
            as_user = ["setpriv", f"--reuid={_ADMINISTRATOR}", f"--regid={_ADMINISTRATOR}", "--clear-groups"]
        command = [str(self.bin / program), "--pgdata", str(self.folder / "data"), *arguments]
        return subprocess.run(  # noqa: S603 - our own
            [*self.wrapper, *as_user, *command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            check=False,
        )


def let_linger(url: str) -> None:
    """Have each answer wait between what was read for it and its own writing, so that a collision is certain."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(_LINGERING)


@contextmanager
def serving(
    folder: Path,
    *,
    durable: bool = False,
    settings: str = "",
    wrapper: Sequence[str] = (),
    made_with: Sequence[str] = (),
) -> Iterator[Server]:
    """A server in `folder` until the end of the body; `durable` writes as in earnest, else as quick as it can.

    Its log is searched for secrets then, those in the statements that failed, too.
    `wrapper` stands before all of its programs, `made_with` is for initdb; `settings` has a line for each.
    Raises MissingError where PostgreSQL is not installed.
    """
    found = binaries()
    if found is None:
        raise MissingError("PostgreSQL is missing; on Debian: apt-get install postgresql")
    lines = _SETTINGS.format(folder=folder) + ("" if durable else _QUICK) + settings
    options = shlex.join(part for line in lines.splitlines() for part in ("-c", line))
    server = Server(folder, found, wrapper, options)
    server.run("initdb", "-U", _ADMINISTRATOR, "--auth=trust", "-E", "UTF8", *_ORDER, *made_with)
    with canaries.searched(f"the log of PostgreSQL in {folder}", lambda: server.log):
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop()


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def hand_over(folder: Path) -> None:
    """Let the user own the folder as whom the server runs."""
    if os.getuid() == 0:
        shutil.chown(folder, _ADMINISTRATOR, _ADMINISTRATOR)


def _let_in(folder: Path) -> None:
    """Let every user reach the folder."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
