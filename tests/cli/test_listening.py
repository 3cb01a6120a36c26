"""Where `oboegaki serve` is to listen: told before uWSGI starts, which would make a file of it or log it at length."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import listening
from app.errors import SetupError
from tests.canaries import searched
from tests.ports import FAR_HOUR, free_port

SERVE = [str(Path(sys.executable).with_name("oboegaki")), "serve"]


def refusal(refuse: Callable[[str], None], given: str) -> str:
    """Why it is not listened there."""
    with pytest.raises(SetupError) as refused:
        refuse(given)
    return str(refused.value)


@pytest.mark.parametrize(
    "given",
    ["8999", "nonsense", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "::1:80",
     "[::1]", "http://127.0.0.1:8000", "127.0.0.1:８０００", ""],
)  # fmt: skip
def test_what_is_no_host_and_port_is_refused_with_an_example(given: str) -> None:
    sentence = f"{given}: is no HOST:PORT with a port from 1 to 65535; use one such as 127.0.0.1:8000 or [::1]:8000"
    assert refusal(listening.refuse_http, given) == sentence


def test_a_number_alone_is_no_place_for_the_uwsgi_protocol_but_a_file_is() -> None:
    assert refusal(listening.refuse_uwsgi, "3031") == (
        "3031: is no HOST:PORT with a port from 1 to 65535; "
        "use one such as 127.0.0.1:3031, or a file such as /run/oboegaki.sock"
    )
    listening.refuse_uwsgi("/run/oboegaki.sock")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]"])  # noqa: S104 - tried, not listened on
def test_a_free_port_is_taken_as_it_is(host: str) -> None:
    listening.refuse_http(f"{host}:{free_port()}")


def test_a_port_in_use_is_told_with_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        beside = port + 1 if port < 65535 else port - 1
        assert refusal(listening.refuse_http, f"127.0.0.1:{port}") == (
            f"127.0.0.1:{port} is in use; stop what runs there, or choose another: LISTEN=127.0.0.1:{beside} make run"
        )
        assert refusal(listening.refuse_uwsgi, f"127.0.0.1:{port}") == (
            f"127.0.0.1:{port} is in use; stop what runs there, or choose another: --socket 127.0.0.1:{beside}"
        )


def test_an_address_of_another_machine_is_told() -> None:
    assert refusal(listening.refuse_http, "192.0.2.1:8000") == (
        "192.0.2.1:8000: cannot be listened on (Cannot assign requested address); "
        "choose another: LISTEN=127.0.0.1:8000 make run"
    )


def test_right_after_a_stop_the_port_is_free_though_connections_of_the_old_server_linger() -> None:
    """The drill's own proof: without SO_REUSEADDR the same port is refused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = server.getsockname()
        with socket.create_connection(place), server.accept()[0] as answering:
            answering.shutdown(socket.SHUT_WR)  # who ends first keeps the connection for a minute
    with socket.socket() as plain, pytest.raises(OSError, match="Address already in use"):
        plain.bind(place)
    listening.refuse_http(f"127.0.0.1:{place[1]}")


def test_a_server_that_is_just_leaving_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_PATIENCE_SECONDS", 60)
    leaving = socket.create_server(("127.0.0.1", 0))
    port = leaving.getsockname()[1]
    end = threading.Timer(0.2, leaving.close)
    end.start()
    listening.refuse_http(f"127.0.0.1:{port}")
    end.join()


@pytest.mark.parametrize("given", ["8999", "127.0.0.1:{taken}"])
def test_a_refused_start_is_one_sentence_and_has_touched_nothing(given: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = given.format(taken=taken.getsockname()[1])
        done = subprocess.run(  # noqa: S603 - our own command
            [*SERVE, "--http", place],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"OBOEGAKI_DATA_DIR": str(tmp_path / "data")},
        )
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"oboegaki: {place}")
    assert list(tmp_path.iterdir()) == []


def test_the_set_up_link_is_printed_once_by_each_worker_and_last(tmp_path: Path) -> None:
    """Below uWSGI's own lines, where the person who waits for it looks; with one worker that is once."""
    log = tmp_path / "log"
    settings = {"OBOEGAKI_DATA_DIR": str(tmp_path / "data"), "OBOEGAKI_CARDS_DIR": str(tmp_path)}
    place = f"127.0.0.1:{free_port()}"
    with searched("the server's log", log.read_text), log.open("wb") as written:
        server = subprocess.Popen(  # noqa: S603 - our own command
            [*SERVE, "--http", place],
            stdout=written,
            stderr=written,
            env=os.environ | settings | {"OBOEGAKI_PROCESSES": "1", "OBOEGAKI_BACKUP_HOUR": FAR_HOUR},
        )
        try:
            end = time.monotonic() + 120
            while "Set up the first account: " not in log.read_text().rpartition("\n")[0]:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.02)
            said = log.read_text().splitlines()
        finally:
            server.terminate()
            server.wait()
    assert said[-1].startswith(f"Set up the first account: http://{place}/set-up?code=")
    assert [line for line in said if "code=" in line] == [said[-1]]
