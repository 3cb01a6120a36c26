"""The health check of the app's container, against a socket that answers as uWSGI does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app import probe


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """A server for one connection that replies in two pieces and keeps what it was asked."""
    asked: list[bytes] = []

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(reply[:5])
            connection.sendall(reply[5:])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        yield server.getsockname(), asked
        thread.join()


def test_it_asks_for_health_by_the_uwsgi_protocol() -> None:
    """A header of four bytes with the size of what follows, then names and values with their sizes before them."""
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (address, asked):
        assert probe.ask(address) == "HTTP/1.1 200 OK"
    (packet,) = asked
    assert packet[0] == packet[3] == 0
    assert int.from_bytes(packet[1:3], "little") == len(packet) - 4
    assert b"\x09\x00PATH_INFO\x07\x00/health" in packet


@pytest.mark.parametrize(
    ("reply", "exit_status", "printed"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", False, "HTTP/1.1 200 OK\n"),
        (b"HTTP/1.1 507 Insufficient Storage\r\n\r\n", True, "HTTP/1.1 507 Insufficient Storage\n"),
        (b"HTTP/1.1 503 200\r\n\r\n", True, "HTTP/1.1 503 200\n"),
        (b"", True, "\n"),
    ],
)
def test_only_200_is_healthy(
    reply: bytes,
    exit_status: bool,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A disk that is full, a server that hangs up, and a reason that looks like a number are not."""
    with answering(reply) as (address, _):
        monkeypatch.setattr(probe, "ADDRESS", address)
        with pytest.raises(SystemExit) as ended:
            probe.main()
    assert ended.value.code == exit_status
    assert capsys.readouterr().out == printed


def test_nobody_listening_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker shows it in `docker container inspect`."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
    monkeypatch.setattr(probe, "ADDRESS", address)
    with pytest.raises(SystemExit) as ended:
        probe.main()
    assert str(ended.value.code).startswith(f"127.0.0.1:{address[1]}: no answer (")
    assert str(ended.value.code).endswith("; look at the log of the app")
