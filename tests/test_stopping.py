"""What stands in front of the server: it passes the wish to stop on, and makes an end when that is not heard."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import stopping

_OBEYS = "import time; print('up', flush=True); time.sleep(60)"
_IS_DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
_HEARS_LATE = """
import signal, sys, time
signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(1.2)
signal.signal(15, lambda *_: sys.exit(7)); time.sleep(60)
"""


@contextmanager
def kept(program: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python program behind the keeper, running; nothing of it is left."""
    command = [sys.executable, "-I", stopping.__file__, sys.executable, "-c", program]
    with subprocess.Popen(  # noqa: S603 - our own programs
        command, stdout=subprocess.PIPE, text=True, preexec_fn=hear
    ) as keeper:
        try:
            yield keeper
        finally:
            keeper.kill()


def hear() -> None:
    """Who runs the tests in the background, or under nohup, lets them ignore what tells a server to stop."""
    for number in stopping.TELLING:
        signal.signal(number, signal.SIG_DFL)


def child_of(process: int) -> int:
    """The one child of a process."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text())


def is_gone(process: int) -> bool:
    """Whether a process ended; one that nobody waited for yet counts."""
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] in "ZX"


@pytest.mark.parametrize("number", stopping.TELLING)
def test_a_server_that_is_told_to_stop_stops_and_that_is_no_failure(number: signal.Signals) -> None:
    with kept(_OBEYS) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        keeper.send_signal(number)
        assert keeper.wait(20) == 0


def test_it_is_told_again_until_it_hears() -> None:
    """As uWSGI does not while it starts; its own exit status does not matter then."""
    with kept(_HEARS_LATE) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        begin = time.monotonic()
        keeper.terminate()
        assert keeper.wait(20) == 0
        assert time.monotonic() - begin < stopping.PATIENCE_SECONDS, "it was killed, not told"


def test_a_server_that_never_hears_is_killed_in_the_end() -> None:
    """The harness can fail: without the keeper, such a program goes on."""
    with kept(_IS_DEAF) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        server = child_of(keeper.pid)
        keeper.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            keeper.wait(stopping.PATIENCE_SECONDS / 2)
        assert not is_gone(server), "it has its time"
        assert keeper.wait(20) == 0
        assert is_gone(server)


@pytest.mark.parametrize(
    ("program", "status"), [("raise SystemExit(22)", 22), ("import os; os.kill(os.getpid(), 9)", 9)]
)
def test_a_server_that_ends_by_itself_fails_with_its_own_status(program: str, status: int) -> None:
    """An engine restarts the container then."""
    with kept(program) as keeper:
        assert keeper.wait(20) == status


def test_a_server_that_is_not_there_is_said_in_one_sentence() -> None:
    command = [sys.executable, "-I", stopping.__file__, "/nowhere/uwsgi"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.returncode == 1
    assert done.stderr == "/nowhere/uwsgi: cannot be started (No such file or directory); install it again\n"


def test_the_server_does_not_outlive_a_keeper_that_is_killed() -> None:
    with kept(_IS_DEAF) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        server = child_of(keeper.pid)
        keeper.kill()
        keeper.wait()
        end = time.monotonic() + 20
        while not is_gone(server):
            assert time.monotonic() < end, "the server goes on by itself"
            time.sleep(0.05)


def test_what_the_server_writes_to_stderr_is_its_log_and_goes_to_stdout() -> None:
    with kept("import sys; print('the log', file=sys.stderr)") as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.read() == "the log\n"
