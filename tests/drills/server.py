"""A data folder with cards and learners, and the real server on it: started, killed, started again by a drill."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app import accounts, clock, stopping
from app.config import Config, from_environment
from app.db import Database
from app.learner import Learner
from tests import canaries
from tests.entrance import PASSWORD, QUICK
from tests.library import add_cards, add_deck
from tests.ports import FAR_HOUR, free_port, wait_until_free

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Site:
    """What a server serves, and where: the address stays the same when the server is started again."""

    config: Config
    environment: dict[str, str]
    learners: tuple[Learner, ...]
    cards: tuple[int, ...]
    port: int
    folder: Path
    """Room for the server's own settings and its log."""


def seed(folder: Path, *, learners: int, cards: int, environment: Mapping[str, str] | None = None) -> Site:
    """Make the data folder, with so many learners (`learner 0` is administrator) and new cards of a shared deck.

    `environment` holds further settings, such as another OBOEGAKI_DATABASE_URL.
    """
    settings = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    settings |= environment or {}
    config = from_environment(settings)
    config.cards_dir.mkdir(exist_ok=True)
    database = Database(config)
    database.migrate()
    with database.writing() as session:
        people = tuple(
            accounts.add_user(
                session,
                f"learner {number}",
                QUICK.hash(PASSWORD),
                is_admin=number == 0,
                time_zone="UTC",
                language="en",
                now=clock.now(),
            )
            for number in range(learners)
        )
        made = tuple(add_cards(session, add_deck(session, "Drill"), cards))
    database.close()
    return Site(config, settings, people, made, free_port(), folder)


class Server:
    """uWSGI with the project's own settings. `module` None: by `oboegaki serve`, as people start it."""

    def __init__(
        self,
        site: Site,
        *,
        module: str | None = None,
        processes: int = 2,
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.site = site
        self._log = site.folder / "server.log"
        self._pid_file = site.folder / "server.pid"
        self._command = [*wrapper, *_command(site, module)]
        self.environment = {
            **os.environ,
            **site.environment,
            **(environment or {}),
            "OBOEGAKI_PROCESSES": str(processes),
            "OBOEGAKI_BACKUP_HOUR": FAR_HOUR,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until it is ready; the seconds that took."""
        begin = time.monotonic()
        self._pid_file.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own server
                self._command, stdout=log, stderr=log, env=self.environment, cwd=PROJECT, start_new_session=True
            )
        self.wait_until_ready()
        return time.monotonic() - begin

    def wait_until_ready(self) -> float:
        """Wait until it answers that the database can be written; the seconds that took."""
        begin = time.monotonic()
        while time.monotonic() - begin < START_SECONDS:
            if _is_ready(self.site.port):
                return time.monotonic() - begin
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server is not ready; it said:\n{self.log[-3000:]}")

    @property
    def log(self) -> str:
        """What it said so far, since the first start."""
        return self._log.read_text(errors="replace")

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that live now."""
        return _children(self._master)

    @property
    def _master(self) -> int:
        assert self._process is not None
        if self._pid_file.exists():
            return int(self._pid_file.read_text())
        return next(iter(_children(self._process.pid)), 0)

    @property
    def _keeper(self) -> int:
        """What stands in front of uWSGI, behind a wrapper too; the signal is for that one."""
        assert self._process is not None
        if self._pid_file.exists():
            return int(Path(f"/proc/{self._master}/stat").read_text().rpartition(")")[2].split()[1])
        return self._process.pid

    def kill(self) -> None:
        """Kill -9 everything at once: what a crash of the machine's memory would leave of the processes."""
        assert self._process is not None
        self.kill_group(self._process)
        wait_until_free(self.site.port)

    @staticmethod
    def kill_group(process: "subprocess.Popen[bytes]") -> None:
        """Kill -9 a process that began a session of its own, with all that it started."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> int:
        """Stop as a container engine does, and kill what does not; the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            os.kill(self._keeper, signal.SIGTERM)
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop; it said:\n{self.log[-3000:]}") from None

    def leave_nothing_running(self) -> None:
        """Kill what still runs, for the end of a drill that failed."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Start, and leave no process behind whatever happens in the body; the log is searched for secrets then."""
    with canaries.searched(f"the log of the server in {server.site.folder}", lambda: server.log):
        try:
            server.start()
            yield server
        finally:
            server.leave_nothing_running()


def _children(process: int) -> list[int]:
    try:
        found = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in found.split()]


def memory_of(process: int, field: str) -> int:
    """The bytes that `/proc` tells of a process: `VmRSS` held now, `VmHWM` at most."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {field} of the process {process}")


def kill_process(process: int) -> None:
    """Kill -9 one process, should it still live."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _command(site: Site, module: str | None) -> list[str]:
    binaries = Path(sys.executable).parent
    address = f"127.0.0.1:{site.port}"
    if module is None:
        return [str(binaries / "oboegaki"), "serve", "--http", address]
    settings = site.folder / "uwsgi.ini"
    lines = (PROJECT / "uwsgi.ini").read_text().splitlines()
    settings.write_text("\n".join(f"module = {module}" if line.startswith("module") else line for line in lines) + "\n")
    return [
        *(sys.executable, "-I", stopping.__file__, str(binaries / "uwsgi")),
        *("--ini", str(settings), "--pythonpath", str(PROJECT), "--http-socket", address),
        *("--pidfile", str(site.folder / "server.pid")),
    ]


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Accept": "application/json"})
        reply = connection.getresponse()
        return reply.status == 200 and json.loads(reply.read()) == {"status": "ok"}
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
