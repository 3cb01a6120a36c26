"""Runs a server so that it stops when it is told to: `python -I app/stopping.py COMMAND ...`.

uWSGI does not, always. It ignores SIGTERM while it starts; and on a graceful stop its master waits without end for a
worker that did not hear it, such as one that still loads the app. So this process stands in front: it passes the wish
to stop on until it is heard, and after a while it makes an end. Nothing is lost by that: what was acknowledged is on
the disk. A script of the standard library alone, because it stays for as long as the server runs.
"""

import contextlib
import ctypes
import os
import signal
import sys
from types import FrameType

TELLING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What tells a server to stop; whoever starts this script may block them until it listens."""

PATIENCE_SECONDS = 6.0
"""For requests that are being answered: with what an engine needs itself, well below its ten seconds."""

_AGAIN_SECONDS = 0.5
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Keeper:
    """The server as a child of this process, and how often it was told to stop."""

    def __init__(self, command: list[str]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, TELLING)  # until there is somebody to tell
        self._told = 0
        self._server = os.fork()
        if self._server == 0:
            _become(command)
        for number in TELLING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._tell)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TELLING)

    def wait(self) -> int:
        """Wait for the server's end; 0 when it was told to stop, else its own exit status.

        As the first process of a container this one also sees the end of processes that nobody else waits for.
        """
        ended, status = os.wait()
        while ended != self._server:
            ended, status = os.wait()
        signal.setitimer(signal.ITIMER_REAL, 0)
        return 0 if self._told else abs(os.waitstatus_to_exitcode(status))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self._told:
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS, _AGAIN_SECONDS)
            self._tell(number, frame)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self._told += 1
        no_more = self._told * _AGAIN_SECONDS > PATIENCE_SECONDS
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._server, signal.SIGKILL if no_more else signal.SIGTERM)


def _become(command: list[str]) -> None:
    """Turn this process, which was forked for it, into the server; it does not outlive the one that looks after it."""
    with contextlib.suppress(AttributeError):  # Linux has it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TELLING)
    errors = os.dup(sys.stderr.fileno())
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())  # uWSGI writes its log to stderr; a server's log is its output
    try:
        os.execv(command[0], command)  # noqa: S606 - the caller's own server
    except OSError as error:
        os.dup2(errors, sys.stderr.fileno())
        print(f"{command[0]}: cannot be started ({error.strerror}); install it again", file=sys.stderr, flush=True)
        os._exit(1)


if __name__ == "__main__":
    sys.exit(Keeper(sys.argv[1:]).wait())
