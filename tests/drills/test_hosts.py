"""The Host header: a name that is not this server's is answered with 400, on every route, and changes nothing.

Another site can point a name of its own at this server and have a browser send it here (DNS rebinding), or make a
shared cache keep a page under the wrong name. Addresses and names of the local network cannot be had by others. All of
it at the root of the host and below a path. The drill is shown able to fail: where every name counts as local, the
forged ones are answered; where everybody is believed who speaks as a proxy does, replies lead elsewhere.
"""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from app.web import origin
from tests.drills.asking import site_of
from tests.drills.registry import ROUTES
from tests.drills.server import Server, serving
from tests.drills.world import Made, Visitor, World, address_of, fields_of, text_of

FORGED = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example.",
    "EVIL.EXAMPLE",
    "localhost@evil.example",
    "localhost/evil.example",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost\tevil",
    "localhost:80@evil.example",
    "localhost:evil",
    "localhost?",
    "localhost#",
    "localhost\\evil",
    "[::1].evil.example",
    "[::1",
    "[evil]",
    "a" * 64 + ".local",
    "a." * 130 + "local",
    "..local",
    "-.local",
    "日本.example",
    "..",
    "",
    "1.2.3.4.5",
]
LOG_IN = "/log-in?next=/"
"""Where Today leads who is not logged in, below the app."""
OURS = [
    "localhost",
    "LOCALHOST",
    "localhost:8000",
    "localhost.",
    "127.0.0.1",
    "192.168.1.20:8000",
    "[::1]",
    "[fe80::1]:8000",
    "nas",
    "nas.local",
    "cards.lan",
    "cards.home.arpa",
    "cards.example.org",
    "Cards.Example.ORG:443",
]


@pytest.fixture(params=["", "/cards"], ids=["at the root", "below a path"])
def base(request: pytest.FixtureRequest) -> str:
    """Where the app is below its host."""
    return str(request.param)


@pytest.fixture
def world(made_world: Made, tmp_path: Path, base: str) -> Iterator[World]:
    """A running app on a copy of the world."""
    made = World(made_world, tmp_path / "world", BASE_PATH=base)
    yield made
    made.close()


def answered(world: World, hosts: list[str]) -> list[str]:
    """The names under which there is the way to the log-in, and to no other place."""
    client = world.app.test_client(use_cookies=False)
    base = world.config.base_path
    replies = {host: client.get(f"{base}/", headers={"Host": host}) for host in hosts}
    return [host for host, reply in replies.items() if reply.headers.get("Location") == f"{base}{LOG_IN}"]


def test_only_names_that_are_ours_are_answered(made_world: Made, tmp_path: Path, base: str) -> None:
    named = World(made_world, tmp_path / "named", HOSTS="cards.example.org, Other.example.org", BASE_PATH=base)
    assert answered(named, OURS) == OURS
    assert answered(named, FORGED) == []
    named.close()


def test_a_public_name_is_ours_only_when_the_settings_say_so(world: World) -> None:
    assert answered(world, OURS) == OURS[:-2]


def test_the_drill_fails_when_every_name_counts_as_local(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_is_local", lambda _name: True)
    assert "evil.example" in answered(world, FORGED)


def test_no_route_answers_a_forged_name_or_changes_anything_for_it(world: World) -> None:
    before, forged = world.digests(), {"Host": "evil.example"}
    for name in ("hanako", None):
        visitor: Visitor = world.visitor(name)
        for route in ROUTES:
            address = world.config.base_path + address_of(route, world.made.owned, world.made.owned)
            reply = visitor.send(route.method, address, fields_of(route, world.made.owned), **forged)
            assert reply.status_code == 400, route
            assert "Location" not in reply.headers
    assert world.changed(before) == []


def test_the_page_says_what_is_wrong_and_what_to_do(world: World) -> None:
    page = world.visitor(None).send_bare("GET", "/", Host="cards.example.net")
    assert (
        "This server does not go by the name cards.example.net; add it to OBOEGAKI_HOSTS if it should, and start again"
        in page.text
    )


CLAIMS: dict[str, str] = {
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Server": "evil.example",
    "X_Forwarded_Prefix": "//evil.example",
    "X_Script_Name": "//evil.example",
    "X_Original_URL": "//evil.example/",
    "X_Rewrite_URL": "//evil.example/",
    "Forwarded": "host=evil.example;proto=https",
    "X_Host": "evil.example",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Port": "1",
}
"""What proxies tell, and a client may say itself; in other frameworks each of these has led elsewhere."""


def led_astray(world: World, **claims: str) -> list[str]:
    """The addresses whose replies lead to another host, tell of its name, or are for https alone."""
    visitor, found = world.visitor(None), []
    for address in ("/", "/log-in", "/nowhere", "/static/app.css", "/study"):
        reply = visitor.send_bare("GET", f"{world.config.base_path}{address}", None, **claims)
        told = f"{reply.headers} {text_of(reply)}"
        away = reply.headers.get("Location", "/").startswith(("http", "//"))
        if away or "evil.example" in told or "Secure" in told:
            found.append(address)
    return found


def test_what_a_client_claims_beside_the_host_is_not_believed(world: World) -> None:
    """No redirect and no page holds a name that came with the request."""
    assert led_astray(world, **CLAIMS) == []


def test_the_drill_fails_where_such_claims_are_believed(world: World) -> None:
    """Path and scheme by whoever asks; below a path the path is the settings', and the scheme is enough."""
    world.app.wsgi_app = ProxyFix(world.app.wsgi_app, x_proto=1, x_prefix=1)  # type: ignore[method-assign]
    assert "/log-in" in led_astray(world, X_Forwarded_Proto="https")
    believed = led_astray(world, X_Forwarded_Prefix="//evil.example")
    assert believed == ([] if world.config.base_path else ["/", "/log-in", "/nowhere", "/study"])


def test_behind_a_proxy_the_name_that_it_passes_on_counts(made_world: Made, tmp_path: Path, base: str) -> None:
    """And neither a path nor a port: where the app is below its host, the settings say."""
    behind = World(made_world, tmp_path / "behind", TRUSTED_PROXIES="1", BASE_PATH=base)
    visitor = behind.visitor(None)
    forged = visitor.send_bare("GET", f"{base}/", Host="localhost", X_Forwarded_Host="evil.example")
    passed_on = visitor.send_bare("GET", f"{base}/", Host="app.internal.example", X_Forwarded_Host="cards.lan")
    others = {name: claim for name, claim in CLAIMS.items() if name not in ("X_Forwarded_Host", "X_Forwarded_Proto")}
    astray = led_astray(behind, **others)
    behind.close()
    assert (forged.status_code, passed_on.headers.get("Location")) == (400, f"{base}{LOG_IN}")
    assert astray == []


RAW = {
    b"GET %b/ HTTP/1.1\r\nHost: evil.example\r\n": b"400",
    b"GET %b/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n": b"400",
    b"GET %b/ HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n": b"400",
    b"GET %b/ HTTP/1.1\r\nHost: [::::]\r\n": b"400",
    b"GET %b/ HTTP/1.1\r\nHost: \xff\xfe\r\n": b"400",
    b"GET http://evil.example%b/ HTTP/1.1\r\nHost: evil.example\r\n": b"400",
    b"GET %b/ HTTP/1.1\r\nHost: localhost\r\n": b"302",
    b"GET %b/ HTTP/1.0\r\n": b"302",
}
"""What only a real server can be sent, and the status of the answer."""


def test_a_real_server_answers_a_forged_name_with_400(made_world: Made, tmp_path: Path, base: str) -> None:
    made = site_of(made_world, tmp_path / "server")
    site = replace(made, environment=made.environment | {"OBOEGAKI_BASE_PATH": base})
    with serving(Server(site, processes=1)):
        found = {request: sent(site.port, request.replace(b"%b", base.encode())) for request in RAW}
        absolute = sent(site.port, f"GET http://evil.example{base}/ HTTP/1.1\r\nHost: localhost\r\n".encode())
    assert {request: reply.split()[1] for request, reply in found.items()} == RAW
    assert {place(reply) for reply in found.values()} == {b"", f"{base}{LOG_IN}".encode()}
    assert place(absolute).startswith(f"{base}/log-in?next=/http:".encode()), "a strange path of this server's own"


def test_a_real_server_does_not_believe_a_client_that_it_came_by_https(made_world: Made, tmp_path: Path) -> None:
    """Nothing is for https alone then; a proxy is believed that the settings trust, with what it says last."""
    site = site_of(made_world, tmp_path / "server")
    claimed = [f"{name}\r\n".encode() for name in ("X-Forwarded-Proto: https", "X-Forwarded-SSL: on", "HTTPS: on")]
    with serving(Server(site, processes=1)):
        found = [sent(site.port, b"GET /log-in HTTP/1.1\r\nHost: localhost\r\n" + claim) for claim in claimed]
    behind = replace(site, environment=site.environment | {"OBOEGAKI_TRUSTED_PROXIES": "1"})
    with serving(Server(behind, processes=1)):
        told = [sent(site.port, b"GET /log-in HTTP/1.1\r\nHost: localhost\r\n" + claim) for claim in claimed]
    assert [is_for_https(reply) for reply in found] == [False, False, False]
    assert [is_for_https(reply) for reply in told] == [True, False, False]


def is_for_https(reply: bytes) -> bool:
    """Whether a reply with a page holds browsers to https, by its header and its cookie alike."""
    head = reply.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 200"), reply
    marks = {b"strict-transport-security" in head, b"; secure" in head}
    assert len(marks) == 1, head
    return marks.pop()


def sent(port: int, request: bytes) -> bytes:
    """The reply to a request as it stands."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request + b"Connection: close\r\n\r\n")
        return connection.makefile("rb").read()


def place(reply: bytes) -> bytes:
    """Where a reply leads; b"" where it leads nowhere."""
    found = re.search(rb"^Location: (.*?)\r$", reply, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else b""
