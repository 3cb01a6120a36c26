"""Whether the app answers on its uwsgi socket: `python -I app/probe.py`, the health check of its container.

It asks as nginx does, by the uwsgi protocol (https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html): a slim image
has nothing else to ask with. A script of the standard library alone: it starts in a blink, every few seconds.
"""

import socket
import struct
import sys

ADDRESS = ("localhost", 3031)
_SECONDS = 8
_LONGEST_STATUS = 64
_REQUEST = {
    "REQUEST_METHOD": "GET",
    "REQUEST_URI": "/health",
    "PATH_INFO": "/health",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "3031",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "probe",
    "HTTP_HOST": "localhost",
    "HTTP_ACCEPT": "application/json",
}


def ask(address: tuple[str, int]) -> str:
    """The first line of the app's reply, such as `HTTP/1.1 200 OK`; raises OSError when there is none in 8 seconds."""
    with socket.create_connection(address, timeout=_SECONDS) as connection:
        connection.sendall(_packet(_REQUEST))
        received = b""
        while b"\r\n" not in received and len(received) < _LONGEST_STATUS:
            more = connection.recv(_LONGEST_STATUS)
            if not more:
                break
            received += more
    return received.partition(b"\r\n")[0].decode("latin-1")


def _packet(variables: dict[str, str]) -> bytes:
    pairs = b"".join(_sized(name) + _sized(value) for name, value in variables.items())
    return struct.pack("<BHB", 0, len(pairs), 0) + pairs


def _sized(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode()


def main() -> None:
    """Print the reply's first line; exit status 0 only for 200."""
    try:
        status = ask(ADDRESS)
    except OSError as error:
        sys.exit(f"{ADDRESS[0]}:{ADDRESS[1]}: no answer ({error}); look at the log of the app")
    print(status)
    sys.exit(status.split()[1:2] != ["200"])


if __name__ == "__main__":
    main()
