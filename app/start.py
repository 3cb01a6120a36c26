"""The console script `oboegaki`: who wants it to stop is heard while Python still loads the program.

Python answers SIGINT with an exception, and drops one that comes up in a callback, of which an import runs many. The
first process of a container then goes on as if nobody had said anything, until it is killed.
"""

import os
import signal
import sys

_TELLING = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Load the program and run it. A server listens in its own way later; commands clean up, by Python's exception."""
    before = {number: signal.getsignal(number) for number in _TELLING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end)
    from app import cli

    if sys.argv[1:2] != ["serve"]:
        for number, handler in before.items():
            signal.signal(number, handler)
    cli.main()


def _end(number: int, _frame: object) -> None:
    """Nothing has been begun yet."""
    os._exit(128 + number)
