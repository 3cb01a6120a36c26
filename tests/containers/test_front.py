"""nginx in front of the app: what it keeps, what it refuses, what it says itself, and that it finds the app again."""

import base64
import hashlib
import re
import socket
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse

import pytest

from tests.containers.conftest import NewStack, claimed
from tests.containers.drilled import until
from tests.containers.stack import PROJECT, Stack, run
from tests.containers.visitor import Reply, Visitor, asset_of

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


def test_pages_are_compressed_for_browsers_that_ask(owner: Visitor) -> None:
    """And only for them."""
    with closing(HTTPConnection(owner.address.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", "/log-in", headers={"Accept-Encoding": "gzip"})
        with connection.getresponse() as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
    assert Visitor(owner.address).get("/log-in").headers["Content-Encoding"] is None


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
    seconds = []
    for _ in range(3):  # the quickest: a busy machine may hold up any of them
        begun = time.monotonic()
        reply = raw(stack, head)
        seconds.append(time.monotonic() - begun)
    assert min(seconds) < _REFUSED_WITHIN_SECONDS
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


@pytest.mark.usefixtures("owner")  # before there is an account, the log-in leads to the set-up
@pytest.mark.parametrize("path", ["/log-in", "/static/app.css"])
def test_a_forged_host_is_refused(stack: Stack, path: str) -> None:
    """What is in the cache is not shown under another name either."""
    visitor = Visitor(stack.address)
    for _ in range(2):
        assert visitor.get(path).status == 200
    assert visitor.get(path, {"Host": "evil.example.com"}).status == 400
    assert visitor.get(path, {"X-Forwarded-Host": "evil.example.com"}).status == 200, "nobody is trusted to say so"


def test_below_a_path_and_behind_a_proxy(behind_a_proxy: Stack) -> None:
    """Links begin with the path, the client's address and scheme are what the trusted proxy says, and nobody else."""
    stack = behind_a_proxy
    link = stack.set_up_link()
    assert link.startswith("https://cards.example.org/cards/set-up?code=")
    visitor = Visitor(stack.address)
    proxy = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "cards.example.org"}
    page = visitor.get("/set-up?code=of-nobody", proxy)
    assert page.status == 200, page.text[:2000]
    assert 'action="/cards/set-up' in page.text or 'href="/cards/' in page.text
    assert page.headers["Strict-Transport-Security"]
    assert "Secure" in page.headers["Set-Cookie"]
    until(lambda: "203.0.113.9 GET /cards/set-up 200" in stack.logs("nginx"), "nginx tells the client's address")
    until(lambda: "203.0.113.9 GET /cards/set-up 200" in stack.logs("app"), "the app tells it too")
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


def test_the_doctor_tells_whether_as_many_proxies_speak_as_are_trusted(
    stack: Stack, owner: Visitor, new_stack: NewStack
) -> None:
    """The number that nginx goes by is the app's, too: too many are seen, and a proxy that is not trusted."""
    assert f"none in front; this browser is at {gateway_of(stack)}" in doctor(owner, {})
    assert "a proxy tells of clients and is not trusted" in doctor(owner, forwarded("203.0.113.9"))
    proxied = new_stack(OBOEGAKI_TRUSTED_PROXIES="1")
    proxied.said = proxied.make("up")
    visitor = claimed(proxied)
    assert "1 are trusted, and 0 told of the client: anybody may say who they are" in doctor(visitor, {})
    assert "they do not say whether the page came over https" in doctor(visitor, forwarded("203.0.113.9"))
    both = forwarded("198.51.100.1, 203.0.113.9") | {"X-Forwarded-Proto": "https"}
    assert "1 are trusted; this browser is at 203.0.113.9" in doctor(visitor, both)


def doctor(visitor: Visitor, headers: dict[str, str]) -> str:
    """What the administrator's page says to a request with these headers."""
    page = visitor.get("/server/doctor", headers)
    assert page.status == 200, page.text[:2000]
    return page.text


def gateway_of(stack: Stack) -> str:
    """The host's address on the network that nginx is published on: where requests of this machine come from."""
    return str(stack.container("nginx")["NetworkSettings"]["Networks"][f"{stack.name}_front"]["Gateway"])


def test_a_proxy_in_a_container_finds_nginx_on_the_network_that_the_readme_names(stack: Stack) -> None:
    """It cannot get to the host's 127.0.0.1; on another network than that one nobody has the name."""
    readme = re.sub(r"\s+", " ", (PROJECT / "README.md").read_text())
    told = re.search(r"joins the network `oboegaki(_\w+)`, and finds Oboegaki at `(\S+)` there", readme)
    assert told, "the README names no network"
    assert asked_from(stack, f"{stack.name}{told[1]}", told[2]) == "200"
    with pytest.raises(
        AssertionError, match=r"Name or service not known|No address associated|Temporary failure in name resolution"
    ):
        asked_from(stack, "bridge", told[2])


def asked_from(stack: Stack, network: str, address: str) -> str:
    """The status of a page that another container on a network asks for."""
    ask = f"import urllib.request as r; print(r.urlopen({address + '/static/icon.svg'!r}).status)"
    image = f"{stack.name}-app"
    placed = ("--rm", "--network", network, "--entrypoint", "python", image, "-c", ask)
    return run("docker", "container", "run", *placed).strip()


def forwarded(addresses: str) -> dict[str, str]:
    """The header of a proxy in front."""
    return {"X-Forwarded-For": addresses}
