"""One request over one connection, with as little of its own in the time as can be."""

import socket
import time
from dataclasses import dataclass

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: `seconds` from the connection to its last byte."""

    status: int
    head: str
    body: bytes
    seconds: float


def request(port: int, method: str, path: str, *, head: str = "", body: bytes = b"") -> Reply:
    """Send one request to 127.0.0.1 and read the whole reply; `head` holds further header lines, each with CRLF."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}"
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    message = f"{lines}{length}\r\n".encode() + body
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
        connection.sendall(message)
        received = _all_of(connection)
        seconds = time.perf_counter() - begin
    start, _, content = received.partition(b"\r\n\r\n")
    return Reply(int(start.split(b" ", 2)[1]), start.decode("latin-1"), content, seconds)


def _all_of(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
