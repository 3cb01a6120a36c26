"""uWSGI servers on loopback, with the project's own settings, stopped at the end. Linux: memory is read from /proc.

nginx stands in front of each where it is installed, as it does in the containers.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import http, proxy

_PROJECT = Path(__file__).resolve().parent.parent
_START_SECONDS = 30
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on `port` of 127.0.0.1, and the process id of its master."""

    port: int
    master: int

    @property
    def worker_bytes(self) -> int:
        """The memory (RSS) of its largest worker."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return max(_resident_bytes(int(child)) for child in children)


@contextmanager
def serving(
    folder: Path, module: str, ready: str, *, processes: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve `module` until the end of the body; it is ready when it answers 200 at the path `ready`."""
    port, behind = _free_port(), _free_port()
    settings = folder / f"{port}.ini"
    settings.write_text(_settings(module))
    values = {**os.environ, **(environment or {}), "OBOEGAKI_PROCESSES": str(processes)}
    command = [
        str(Path(sys.executable).with_name("uwsgi")),
        *("--ini", str(settings), "--pythonpath", str(_PROJECT)),
        *(("--socket", f"127.0.0.1:{behind}") if proxy.is_installed() else ("--http-socket", f"127.0.0.1:{port}")),
    ]
    with ExitStack() as stack, (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=values, cwd=_PROJECT)  # noqa: S603 - our own
        stack.callback(_stop, process)
        if proxy.is_installed():
            stack.enter_context(proxy.in_front(folder, port, behind))
        _wait_until_ready(process, port, ready, folder / f"{port}.log")
        yield Server(port, process.pid)


def _settings(module: str) -> str:
    """The project's settings with another module: the yardsticks run under the same ones."""
    lines = (_PROJECT / "uwsgi.ini").read_text().splitlines()
    return "\n".join(f"module = {module}" if line.startswith("module") else line for line in lines) + "\n"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, ready: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if http.request(port, "GET", ready).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the server for {ready} did not start; it said:\n{log.read_text()[-2000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _resident_bytes(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
