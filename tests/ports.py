"""What servers of tests are started with: a port, and an hour for the daily backup that does not come in a test.

A port is for a server that is started later, or again and again, while clients ask for it: none of those that the
system gives to outgoing connections (from 32768 on, ip(7)), of which one may be taken meanwhile, and a client that
asks for a server that is away may be connected to itself.
"""

import socket
from contextlib import suppress
from datetime import UTC, datetime
from random import SystemRandom

FAR_HOUR = str((datetime.now(UTC).hour + 12) % 24)
"""Half a day from now by UTC, which containers and most machines go by."""
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of this machine that nothing listens on now; another one for each of several runs at once."""
    while True:
        port = SystemRandom().choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
