"""What servers of tests are started with: a port, and an hour for the daily backup that does not come in a test.

A port is for a server that is started later, or again and again, while clients ask for it: none of those that the
system gives to outgoing connections (from 32768 on, ip(7)), of which one may be taken meanwhile, and a client that
asks for a server that is away may be connected to itself.
"""

import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from random import SystemRandom

_HOURS_NOW = {datetime.now(UTC).hour, datetime.now(UTC).astimezone().hour}
FAR_HOUR = str(max(range(24), key=lambda hour: min((hour - now) % 24 for now in _HOURS_NOW)))
"""Eleven hours from now at least, by UTC, which containers go by, and by the time zone of this machine."""
_PORTS = range(20_000, 32_000)
_MOST_WORKERS = 16
_FREE_SECONDS = 120


def free_port() -> int:
    """A port of this machine that nothing listens on now; another one for each of several runs at once.

    Workers of one run take theirs from ports of their own: no other gives one away before it is listened on.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = SystemRandom().choice(_PORTS[worker % _MOST_WORKERS :: _MOST_WORKERS])
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until_free(port: int) -> None:
    """Wait until nothing holds a port: a process that was killed amid its writing ends when the disk lets it."""
    end = time.monotonic() + _FREE_SECONDS
    while not _is_free(port):
        assert time.monotonic() < end, f"the port {port} is still held"
        time.sleep(0.01)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return True
    return False
