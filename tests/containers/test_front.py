"""nginx in front of the app: what it keeps, what it refuses, what it says itself, and that it finds the app again."""

import base64
import hashlib
import re
import socket
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urljoin

import pytest

from tests.containers.conftest import NewStack
from tests.containers.stack import PROJECT, Stack, run
from tests.containers.visitor import PASSWORD, Reply, Visitor

_CANARY = "canary-in-the-query"
_SECURITY_HEADERS = (
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
)
_REFUSED_WITHIN_SECONDS = 1.0


def raw(stack: Stack, head: str) -> Reply:
    """The reply to a request that no well-behaved client would send."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        reply = HTTPResponse(connection)
        reply.begin()
        with reply:
            return Reply(reply.status, reply.headers, reply.read().decode())


def asset_of(visitor: Visitor, path: str) -> str:
    """The address of the style sheet that a page asks for, with its version."""
    page = visitor.get(path)
    found = re.search(r'href="([^"]*/static/app\.css\?v=[^"]+)"', page.text)
    assert found, page.text[:1000]
    return urljoin(visitor.address, str(found[1]))


def test_r29_what_is_public_and_unchanging_comes_from_the_cache_the_second_time(stack: Stack, owner: Visitor) -> None:
    """For everybody, whatever cookies they have, and without handing on a cookie of somebody."""
    address = asset_of(owner, "/")
    assert owner.get(address).status == 200
    for visitor in (owner, Visitor(stack.address)):
        again = visitor.get(address)
        assert again.headers["X-Cache-Status"] == "HIT"
        assert again.headers["Set-Cookie"] is None
        assert "immutable" in again.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/account", "/imports", "/log-in", "/health"])
def test_r29_a_page_is_never_kept(owner: Visitor, path: str) -> None:
    """Not the second time either; the app says `no-store`, and nginx has no cache there at all."""
    for _ in range(2):
        reply = owner.get(path)
        assert reply.status in (200, 302)
        assert reply.headers["X-Cache-Status"] is None
        assert reply.headers["Cache-Control"] == "no-store"


def test_pages_are_compressed_for_browsers_that_ask(owner: Visitor) -> None:
    """And only for them."""
    with closing(HTTPConnection(owner.address.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", "/log-in", headers={"Accept-Encoding": "gzip"})
        with connection.getresponse() as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
    assert Visitor(owner.address).get("/log-in").headers["Content-Encoding"] is None


def test_r12_a_request_is_one_line_in_each_log_and_its_query_in_none(stack: Stack, owner: Visitor) -> None:
    """Where the set-up code may stand; an error line of nginx holds the whole address, so it has none there."""
    owner.get(f"/log-in?next={_CANARY}")
    owner.get(f"/set-up?code={_CANARY}")
    nginx, app = stack.logs("nginx"), stack.logs("app")
    assert re.search(r"^\S+ GET /set-up \d{3} \d+B [\d.]+s -$", nginx, re.MULTILINE)
    assert re.search(r"^\S+ GET /set-up \d{3} \d+B \d+ms$", app, re.MULTILINE)
    assert _CANARY not in nginx + app
    assert PASSWORD not in nginx + app


TOO_LONG = "a" * 40_000
REFUSED = {
    "no host": ("GET / HTTP/1.1", 400),
    "no request": ("nonsense", 400),
    "too long an address": (f"GET /{TOO_LONG} HTTP/1.1\nHost: localhost", 414),
    "too large a header": (f"GET / HTTP/1.1\nHost: localhost\nCookie: {TOO_LONG}", 431),
    "a stream without end": ("POST /imports/own HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked", 411),
    "101 MiB": (f"POST /imports/own HTTP/1.1\nHost: localhost\nContent-Length: {101 * 1024 * 1024}", 413),
    "a strange method": ("TRACE / HTTP/1.1\nHost: localhost", 405),
}


@pytest.mark.parametrize(("head", "status"), REFUSED.values(), ids=REFUSED)
def test_what_nginx_refuses_it_refuses_quickly_politely_and_with_the_headers_of_the_app(
    stack: Stack, owner: Visitor, head: str, status: int
) -> None:
    """In both languages, because nobody has told nginx which one the learner reads."""
    begun = time.monotonic()
    reply = raw(stack, head)
    assert time.monotonic() - begun < _REFUSED_WITHIN_SECONDS
    assert reply.status == status
    ours = owner.get("/log-in").headers
    assert [reply.headers[name] for name in _SECURITY_HEADERS] == [ours[name] for name in _SECURITY_HEADERS]
    assert reply.headers["Server"] == "nginx"
    assert re.search(r"<p>[^<]*[ぁ-ん][^<]*</p>\n<p lang=\"en\">[A-Z][^<]+\.</p>", reply.text)


def test_a_script_is_told_in_json_and_in_the_browsers_language(stack: Stack) -> None:
    """As the app's own errors are."""
    head = "POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nAccept: application/json\nAccept-Language: ja"
    reply = raw(stack, head)
    assert reply.headers["Content-Type"] == "application/json"
    assert "大きさのわからない" in reply.text


def test_the_style_of_nginxs_own_page_is_the_one_that_its_policy_allows() -> None:
    """By hash: a style that is edited without its hash would not be shown."""
    style = re.search(r"<style>(.*?)</style>", (PROJECT / "nginx/pages/error.html").read_text(), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = (PROJECT / "nginx/templates/30-server.conf.template").read_text()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/log-in", "/static/app.css"])
def test_a_forged_host_is_refused(stack: Stack, path: str) -> None:
    """What is in the cache is not shown under another name either."""
    visitor = Visitor(stack.address)
    for _ in range(2):
        assert visitor.get(path).status == 200
    assert visitor.get(path, {"Host": "evil.example.com"}).status == 400
    assert visitor.get(path, {"X-Forwarded-Host": "evil.example.com"}).status == 200, "nobody is trusted to say so"


def test_r10_a_recreated_app_is_found_again_and_meanwhile_a_page_says_so(new_stack: NewStack) -> None:
    """With another address, and without a restart of nginx. The page loads again by itself."""
    stack = new_stack()
    stack.up()
    visitor = Visitor(stack.address)
    visitor.claim(stack.set_up_link())
    before = address_of(stack)
    stack.compose("rm", "--stop", "--force", "app")
    page = visitor.get("/")
    assert page.status == 503
    assert page.headers["Retry-After"] == "3"
    assert '<meta http-equiv="refresh" content="3">' in page.text
    assert "Oboegaki is starting" in page.text
    sent = visitor.post("/log-in", {"name": "somebody"})
    assert '<meta http-equiv="refresh" content="3; url=/">' in sent.text, "what was sent is not sent again"
    network, image = f"{stack.name}_back", f"{stack.name}-app"
    placed = ("--detach", "--rm", "--network", network, "--entrypoint", "sleep", image, "600")
    in_its_place = run("docker", "container", "run", *placed).strip()
    started = stack.container("nginx")["State"]["StartedAt"]
    stack.compose("up", "--detach", "--wait", "app")
    now = address_of(stack)
    run("docker", "container", "rm", "--force", "--volumes", in_its_place)
    assert now != before
    assert wait_for(visitor, "/").status == 200
    assert stack.container("nginx")["State"]["StartedAt"] == started


def address_of(stack: Stack) -> str:
    """The app's address on the network that it shares with nginx."""
    networks = stack.container("app")["NetworkSettings"]["Networks"]
    return str(networks[f"{stack.name}_back"]["IPAddress"])


def wait_for(visitor: Visitor, path: str) -> Reply:
    """The page, once nginx has looked the name up again: within 5 seconds, and a few for a busy machine."""
    end = time.monotonic() + 15
    while (reply := visitor.get(path)).status == 503 and time.monotonic() < end:
        time.sleep(0.5)
    return reply


def test_below_a_path_and_behind_a_proxy(new_stack: NewStack) -> None:
    """Links begin with the path, the client's address and scheme are what the trusted proxy says, and nobody else."""
    stack = new_stack(
        OBOEGAKI_BASE_PATH="/cards", OBOEGAKI_TRUSTED_PROXIES="1", OBOEGAKI_ADDRESS="https://cards.example.org"
    )
    stack.up()
    link = stack.set_up_link()
    assert link.startswith("https://cards.example.org/cards/set-up?code=")
    visitor = Visitor(stack.address)
    proxy = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "cards.example.org"}
    page = visitor.get("/set-up", proxy)
    assert 'action="/cards/set-up' in page.text or 'href="/cards/' in page.text
    assert page.headers["Strict-Transport-Security"]
    assert "Secure" in page.headers["Set-Cookie"]
    assert "203.0.113.9 GET /cards/set-up 200" in stack.logs("nginx")
    assert "203.0.113.9 GET /cards/set-up 200" in stack.logs("app")
    style = asset_of(visitor, "/set-up")
    assert [visitor.get(style).headers["X-Cache-Status"] for _ in range(2)] == ["MISS", "HIT"]
    taken_off = Visitor(stack.address.removesuffix("/cards"))
    assert taken_off.get("/set-up", proxy).status == 200, "a proxy may take the path off"

    statuses = [visitor.post("/log-in", {}, forwarded(f"203.0.113.{n}, 198.51.100.1")).status for n in range(40)]
    assert statuses[:20].count(429) == 0
    assert statuses.count(429) > 10, "what the client wrote before the proxy's entry is not believed"
    assert visitor.post("/log-in", {}, forwarded("198.51.100.2")).status == 400, "another address is not meant"
    refused = visitor.post("/log-in", {}, forwarded("198.51.100.1"))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")


def forwarded(addresses: str) -> dict[str, str]:
    """The header of a proxy in front."""
    return {"X-Forwarded-For": addresses}
