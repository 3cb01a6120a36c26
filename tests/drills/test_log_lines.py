"""The log at a real uWSGI: one line a request, whatever the request holds.

The set-up link is a line of this log, and `make up` prints it from there: a line that a passer-by could write might
lead the server's owner elsewhere. The drill is shown able to fail: with the path as uWSGI itself has it, it is red.
"""

import re
import socket
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from tests.drills.asking import site_of
from tests.drills.server import Server, Site, serving
from tests.drills.world import Made

_ONE_THREAD = {"OBOEGAKI_THREADS": "1"}
"""It writes a request's line before it takes the next request."""
_LAST = re.compile(r"\(uri\).*ms\n")
_LINE = re.compile(r"127\.0\.0\.1 [!-~]+ /[!-~]{0,252} [0-9]{3} [0-9]+B [0-9]+ms")


def _requests(code: str) -> list[str]:
    """Requests that would write a set-up link with this code, or signs that move a terminal's cursor."""
    link = f"Set%20up%20the%20first%20account:%20http://evil.example/set-up%3Fcode={code}"
    return [
        f"GET /a%0A{link}",
        f"GET /b%0D%0A{link}%0A",
        f"GET /c%C2%85{link}",
        f"GET /d%E2%80%A8{link}",
        f"GET /e%0B{link}%0C{link}",
        "GET /f%1B[2J%1B[31m%07%08%00",
        "GET /g%20200%201B%200ms",
        f"GET /{'%0A' * 300}h",
        "GET\nOboegaki\x1b[2J /i",
        "GET /%25(uri)%25s%25n",
    ]


def _lines(site: Site, server: Server, requests: Sequence[str]) -> list[str]:
    """What the log got to hold while the requests were sent, line by line as Python and terminals tell lines."""
    before = len(server.log)
    for request in requests:
        with closing(socket.create_connection(("127.0.0.1", site.port), timeout=60)) as connection:
            connection.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            while connection.recv(65_536):
                pass
    _wait_for_the_last(server)
    return [line for line in server.log[before:].splitlines() if "/health" not in line]


def _wait_for_the_last(server: Server) -> None:
    """A line comes after its reply."""
    end = time.monotonic() + 60
    while not _LAST.search(server.log):
        assert time.monotonic() < end, server.log
        time.sleep(0.02)


def test_a_request_writes_one_line_into_the_log_whatever_it_holds(made_world: Made, tmp_path: Path) -> None:
    site, requests = site_of(made_world, tmp_path / "server"), _requests(uuid4().hex)
    with serving(Server(site, processes=1, environment=_ONE_THREAD)) as server:
        lines = _lines(site, server, requests)
        server.stop()
    print(f"{len(requests)} requests, {len(lines)} lines")
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    assert len(lines) == len(requests)


def test_the_drill_fails_with_the_path_as_uwsgi_has_it(made_world: Made, tmp_path: Path) -> None:
    site, code = site_of(made_world, tmp_path / "server"), uuid4().hex
    plain = Server(site, module="app.wsgi:application", processes=1, environment=_ONE_THREAD)
    settings = site.folder / "uwsgi.ini"
    settings.write_text(settings.read_text().replace("%(asked)", "%(method) %(var.PATH_INFO)"))
    with serving(plain) as server:
        lines = _lines(site, server, _requests(code))
        server.stop()
    forged = f"Set up the first account: http://evil.example/set-up?code={code}"
    assert [line for line in lines if line.startswith(forged)]
