"""Ports for servers that are started later, or again and again, while clients ask for them.

None of those that the system gives to outgoing connections (from 32768 on, ip(7)): one of them may be taken
meanwhile, and a client that asks for a server that is away may be connected to itself.
"""

import socket
from contextlib import suppress
from random import SystemRandom

_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of this machine that nothing listens on now; another one for each of several runs at once."""
    while True:
        port = SystemRandom().choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
