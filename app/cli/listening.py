"""Where a server is to listen: HOST:PORT, read and tried before anything else happens.

uWSGI would take what is no address for the name of a UNIX socket's file, and tell of a port in use among its own lines.
"""

import errno
import re
import socket
import time
from typing import NamedTuple

from app.errors import SetupError

_HOST_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[\w.-]+)):(?P<port>[0-9]{1,5})", re.ASCII)
_LAST_PORT = 65535
_PATIENCE_SECONDS = 1.0
"""For a server that is just leaving, as at a restart."""


class _Way(NamedTuple):
    """How a person says where to listen: what may be said, how to say another, and one that is seldom wrong."""

    examples: str
    said: str
    usual: str


_HTTP = _Way("127.0.0.1:8000 or [::1]:8000", "LISTEN=%s make run", "127.0.0.1:8000")
_UWSGI = _Way("127.0.0.1:3031, or a file such as /run/oboegaki.sock", "--socket %s", "127.0.0.1:3031")


class _Place(NamedTuple):
    given: str
    family: socket.AddressFamily
    host: str
    port: int

    @property
    def beside(self) -> str:
        """The same with the next port."""
        port = self.port + 1 if self.port < _LAST_PORT else self.port - 1
        return f"{self.given.rpartition(':')[0]}:{port}"


def refuse_http(given: str) -> None:
    """Raise SetupError with a remedy where `given` is no HOST:PORT, or cannot be listened on now."""
    _refuse_taken(_place(given, _HTTP), _HTTP)


def refuse_uwsgi(given: str) -> None:
    """The same for the uwsgi protocol, which may have a file instead."""
    if "/" not in given:
        _refuse_taken(_place(given, _UWSGI), _UWSGI)


def _place(given: str, way: _Way) -> _Place:
    found = _HOST_PORT.fullmatch(given)
    if found is None or not 1 <= int(found["port"]) <= _LAST_PORT:
        raise SetupError(
            "%(given)s: is no HOST:PORT with a port from 1 to %(last)s; use one such as %(examples)s",
            given=given,
            last=_LAST_PORT,
            examples=way.examples,
        )
    family = socket.AF_INET6 if found["six"] else socket.AF_INET
    return _Place(given, family, found["six"] or found["host"], int(found["port"]))


def _refuse_taken(place: _Place, way: _Way) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while (error := _bind_error(place)) is not None:
        if error.errno != errno.EADDRINUSE:
            raise SetupError(
                "%(given)s: cannot be listened on (%(reason)s); choose another: %(other)s",
                given=place.given,
                reason=error.strerror or error,
                other=way.said % way.usual,
            )
        if time.monotonic() > until:
            raise SetupError(
                "%(given)s is in use; stop what runs there, or choose another: %(other)s",
                given=place.given,
                other=way.said % place.beside,
            )
        time.sleep(0.05)


def _bind_error(place: _Place) -> OSError | None:
    """Bind as the server will, and let go again; SO_REUSEADDR passes over connections of a server that has stopped."""
    try:
        address = socket.getaddrinfo(place.host, place.port, place.family, socket.SOCK_STREAM)[0][4]
        with socket.socket(place.family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None
