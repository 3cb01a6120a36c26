"""What the engine says of a container that runs: asked for each time, by the grouped commands."""

import json
import re
import socket
import struct
from typing import Any

from tests.containers.stack import run

Known = dict[str, Any]
"""What `docker container inspect` prints of one container."""

STRANGER = "stranger-outside"
"""Who asks, as an app that is reached writes it down."""


def inspect(container: str) -> Known:
    """All that the engine knows about a container."""
    found: list[Known] = json.loads(run("docker", "container", "inspect", container))
    return found[0]


def within(container: str, *command: str, text: str | None = None) -> str:
    """What a command prints inside a container; `text` is its standard input."""
    return run("docker", "container", "exec", *(["--interactive"] if text else []), container, *command, text=text)


def printed(container: str) -> str:
    """What `docker container logs` prints on either output."""
    return run("sh", "-c", f"docker container logs {container} 2>&1")


def changed(container: str) -> list[str]:
    """What differs from the image, by `docker container diff`."""
    return run("docker", "container", "diff", container).splitlines()


def commands(container: str) -> list[str]:
    """The command lines of all that runs in a container."""
    return run("docker", "container", "top", container, "-o", "pid,args").splitlines()[1:]


def first_process(container: str) -> dict[str, str]:
    """`/proc/1/status`, by name."""
    lines = within(container, "cat", "/proc/1/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def mounts(container: str) -> dict[str, tuple[str, list[str]]]:
    """What is mounted where: type and options, by the place."""
    rows = (line.split() for line in within(container, "cat", "/proc/mounts").splitlines())
    return {place: (kind, options.split(",")) for _, place, kind, options, *_ in rows}


def listening(container: str) -> set[tuple[str, int]]:
    """The IPv4 addresses and ports that are listened on, but for the one of Docker's own resolver."""
    found = set()
    for line in within(container, "cat", "/proc/net/tcp").splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        address, _, port = local.partition(":")
        octets = ".".join(str(int(pair, 16)) for pair in reversed(re.findall("..", address)))
        if state == "0A" and octets != "127.0.0.11":
            found.add((octets, int(port, 16)))
    return found


def uwsgi_reply(host: str, port: int) -> str:
    """The first line that comes back for a uwsgi request; empty when nothing does in five seconds.

    Where there is no way to an address, something else may answer for it: an app also logs a line with STRANGER.
    """
    wanted = {"REQUEST_METHOD": "GET", "PATH_INFO": "/health", "HTTP_HOST": "localhost", "REMOTE_ADDR": STRANGER}
    pairs = b"".join(_sized(name) + _sized(value) for name, value in wanted.items())
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(struct.pack("<BHB", 0, len(pairs), 0) + pairs)
            return connection.recv(64).partition(b"\r\n")[0].decode("latin-1")
    except OSError:
        return ""


def _sized(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode()
