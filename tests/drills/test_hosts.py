"""The Host header: a name that is not this server's is answered with 400, on every route, and changes nothing.

Another site can point a name of its own at this server and have a browser send it here (DNS rebinding), or make a
shared cache keep a page under the wrong name. Addresses and names of the local network cannot be had by others. The
drill is shown able to fail: where every name counts as local, the forged ones are answered.
"""

import socket
from pathlib import Path

import pytest

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


@pytest.fixture
def named(made_world: Made, tmp_path: Path) -> World:
    """A server that has a public name."""
    return World(made_world, tmp_path / "named", HOSTS="cards.example.org, Other.example.org")


def answered(world: World, hosts: list[str]) -> list[str]:
    """The names under which a page is shown, or the way to the log-in."""
    client = world.app.test_client(use_cookies=False)
    return [host for host in hosts if client.get("/", headers={"Host": host}).status_code == 302]


def test_only_names_that_are_ours_are_answered(named: World) -> None:
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
            address = address_of(route, world.made.owned, world.made.owned)
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


def test_a_name_that_a_client_claims_beside_the_host_is_not_believed(world: World) -> None:
    """No redirect and no page holds a name that came with the request."""
    visitor = world.visitor(None)
    claims: dict[str, str] = {
        "X_Forwarded_Host": "evil.example",
        "Forwarded": "host=evil.example",
        "X_Host": "evil.example",
    }
    for address in ("/", "/log-in", "/nowhere", "/static/app.css"):
        reply = visitor.send_bare("GET", address, None, **claims)
        told = f"{reply.headers} {text_of(reply)}"
        assert "evil.example" not in told, address


def test_behind_a_proxy_the_name_that_it_passes_on_counts(made_world: Made, tmp_path: Path) -> None:
    behind = World(made_world, tmp_path / "behind", TRUSTED_PROXIES="1")
    visitor = behind.visitor(None)
    forged = visitor.send_bare("GET", "/", Host="localhost", X_Forwarded_Host="evil.example")
    passed_on = visitor.send_bare("GET", "/", Host="app.internal.example", X_Forwarded_Host="cards.lan")
    behind.close()
    assert (forged.status_code, passed_on.status_code) == (400, 302)


RAW = {
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n": b"400",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n": b"400",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n": b"400",
    b"GET / HTTP/1.1\r\nHost: [::::]\r\n": b"400",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n": b"400",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n": b"302",
    b"GET / HTTP/1.0\r\n": b"302",
}
"""What only a real server can be sent, and the status of the answer."""


def test_a_real_server_answers_a_forged_name_with_400(made_world: Made, tmp_path: Path) -> None:
    with serving(Server(site_of(made_world, tmp_path / "server"), processes=1)) as server:
        found = {}
        for request in RAW:
            with socket.create_connection(("127.0.0.1", server.site.port), timeout=30) as connection:
                connection.sendall(request + b"Connection: close\r\n\r\n")
                found[request] = connection.recv(65536).split()[1]
    assert found == RAW
