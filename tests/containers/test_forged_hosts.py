"""Forged names against nginx: no redirect and no link of a reply leads to a host, a scheme or a path that was claimed.

Names in Host, in the target of the request and in all that proxies write; at the root of the host where nobody is
trusted, and below a path behind a proxy that is. What `tests/drills/test_hosts.py` asks the app is asked here of what
stands in front of it, where there is a cache, too. Shown able to fail: an nginx that hides the name from the app is
seen to answer under each, and one that leads where X-Forwarded-Host says is seen to do so.
"""

import socket
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.containers.broken import other_nginx
from tests.containers.stack import Stack
from tests.containers.visitor import Reply
from tests.drills.test_hosts import FORGED

_EVIL = "evil.example"
_PATHS = ("/", "/log-in", "/set-up?code=of-nobody", "/static/app.css", "/account")
_CLAIMS = {
    **dict.fromkeys(("X-Forwarded-Server", "X-Host", "X-Original-Host", "X-HTTP-Host-Override"), _EVIL),
    **dict.fromkeys(("X-Forwarded-Prefix", "X-Script-Name", "X-Original-URL", "X-Rewrite-URL"), f"//{_EVIL}/"),
    "Forwarded": f"host={_EVIL};proto=https",
    "Proxy": f"http://{_EVIL}/",
    "X-Forwarded-Port": "1",
    "X_Forwarded_Host": _EVIL,
    "X_Forwarded_Proto": "https",
}
"""What no proxy of ours says: never believed, not from one that is trusted either."""
_OF_A_PROXY = {"X-Forwarded-Host": _EVIL, "X-Forwarded-For": "203.0.113.9"}
"""What one that is trusted does say."""
_HIDES_THE_NAME = ("app.conf", "uwsgi_param HTTP_HOST $public_host;", "uwsgi_param HTTP_HOST localhost;")
_LEADS_WHERE_IT_IS_TOLD = (
    "templates/30-server.conf.template",
    "set $again $loads_again;",
    "set $again $loads_again; if ($http_x_forwarded_host) { return 302 https://$http_x_forwarded_host$request_uri; }",
)
_TARGETS = (
    "http://evil.example{base}{path}",
    "https://evil.example{base}{path}",
    "http://localhost@evil.example{base}{path}",
    "//evil.example{base}{path}",
    "/\\evil.example{base}{path}",
    "/.//evil.example{base}{path}",
    "{base}//evil.example/%2f..{path}",
    "{base}/%0d%0aLocation:%20https://evil.example/",
    "{base}{path}?next=//evil.example/",
)
"""Targets of a request that name a host, in the absolute form of proxies or as a path that looks like one."""


@dataclass(frozen=True)
class Front:
    """An nginx: where it listens, and what everything that it leads to has to begin with."""

    port: int
    home: str

    @property
    def base(self) -> str:
        """The path below which the app is."""
        return urlsplit(self.home).path

    def ask(self, target: str, *headers: str) -> Reply:
        """The reply to a request as it stands, by HTTP/1.1."""
        lines = "\r\n".join((f"GET {target} HTTP/1.1", *headers, "Connection: close", "", ""))
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(lines.encode())
            reply = HTTPResponse(connection)
            reply.begin()
            with reply:
                return Reply(reply.status, reply.headers, reply.read().decode())

    def away(self, reply: Reply) -> list[str]:
        """Where a reply leads outside of this app; its cookie, too, where that is for another host or https alone."""
        found = [lead for lead in leads(reply) if not f"{urljoin(f'{self.home}/', lead)}/".startswith(f"{self.home}/")]
        cookie = reply.headers.get("Set-Cookie", "").lower()
        is_foreign = "domain=" in cookie or ("secure" in cookie and self.home.startswith("http:"))
        return [*found, cookie] if is_foreign else found


class _Leads(HTMLParser):
    """Collects where a page leads, or what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses."""
        told = {name: value or "" for name, value in attrs}
        self.found += [told[name] for name in ("href", "src", "action", "formaction", "data") if name in told]
        if told.get("http-equiv", "").lower() == "refresh":
            self.found.append(told["content"].partition("url=")[2])


def leads(reply: Reply) -> list[str]:
    """Where a reply leads by its headers and its page; not what is in it itself."""
    page = _Leads()
    page.feed(reply.text if "html" in reply.headers.get("Content-Type", "") else "")
    told = [reply.headers[name] for name in ("Location", "Content-Location", "Refresh", "Link") if reply.headers[name]]
    return [lead for lead in told + page.found if not lead.startswith(("data:", "#"))]


@pytest.fixture
def at_the_root(stack: Stack) -> Front:
    """The shared stack, where nobody is trusted."""
    return Front(stack.port, stack.address)


@pytest.fixture
def below_a_path(behind_a_proxy: Stack) -> Front:
    """The stack behind a trusted proxy that speaks TLS."""
    return Front(behind_a_proxy.port, f"{behind_a_proxy.settings['OBOEGAKI_ADDRESS']}/cards")


@pytest.fixture(params=["at_the_root", "below_a_path"])
def front(request: pytest.FixtureRequest) -> Front:
    """Each of the two."""
    found: Front = request.getfixturevalue(request.param)
    return found


def taken_in(front: Front, names: list[str]) -> set[tuple[str, str]]:
    """Paths and names that are not refused with 400, or by a reply that leads away."""
    replies = {(path, name): front.ask(f"{front.base}{path}", f"Host: {name}") for path in _PATHS for name in names}
    return {asked for asked, reply in replies.items() if reply.status != 400 or front.away(reply)}


def test_no_forged_name_is_answered(front: Front) -> None:
    """Where the page is in the cache under a name of ours, too."""
    for path in _PATHS:
        reply = front.ask(f"{front.base}{path}", "Host: localhost")
        assert (reply.status in (200, 302), front.away(reply)) == (True, []), path
    print(f"{len(_PATHS)} paths under {len(FORGED)} names")
    assert taken_in(front, FORGED) == set()


def test_of_two_names_none_is_answered(front: Front) -> None:
    for names in (("localhost", _EVIL), (_EVIL, "localhost")):
        assert front.ask(f"{front.base}/", *(f"Host: {name}" for name in names)).status == 400


def test_no_target_of_a_request_leads_away(front: Front) -> None:
    """Under the true name, and under a forged one there is nothing."""
    assert front.ask(f"{_EVIL}:80", "Host: localhost").status == 400
    for path in _PATHS:
        for target in (form.format(base=front.base, path=path) for form in _TARGETS):
            assert front.away(front.ask(target, "Host: localhost")) == [], target
            refused = front.ask(target, f"Host: {_EVIL}")
            assert (refused.status, front.away(refused)) == (400, []), target


def test_no_claim_beside_the_host_is_believed(front: Front) -> None:
    """Where nobody is trusted, what a proxy would say is not either."""
    claims = _CLAIMS if front.base else _CLAIMS | _OF_A_PROXY
    for path in _PATHS:
        reply = front.ask(f"{front.base}{path}", "Host: localhost", *(f"{name}: {one}" for name, one in claims.items()))
        assert (reply.status in (200, 302), front.away(reply)) == (True, []), path
        assert _EVIL not in reply.text


def test_of_what_proxies_say_the_entry_of_the_trusted_one_counts(below_a_path: Front) -> None:
    """The last; a client may have written those before it."""
    public = urlsplit(below_a_path.home).netloc
    told = {public: 302, _EVIL: 400, f"{_EVIL}, {public}": 302, f"{public}, {_EVIL}": 400, f"{_EVIL}/": 302}
    for entries, status in told.items():
        reply = below_a_path.ask("/cards/", "Host: localhost", f"X-Forwarded-Host: {entries}")
        assert (reply.status, below_a_path.away(reply)) == (status, []), entries


def test_an_nginx_that_hides_the_name_or_leads_where_it_is_told_is_seen(stack: Stack, tmp_path: Path) -> None:
    with other_nginx(stack, tmp_path, _HIDES_THE_NAME, _LEADS_WHERE_IT_IS_TOLD) as address:
        front = Front(int(address.rpartition(":")[2]), address)
        assert taken_in(front, [_EVIL]) == {(path, _EVIL) for path in _PATHS}
        assert front.away(front.ask("/log-in", "Host: localhost", f"X-Forwarded-Host: {_EVIL}")) == [
            f"https://{_EVIL}/log-in"
        ]


def test_what_leads_away_is_seen_wherever_it_stands() -> None:
    front = Front(0, "http://localhost/cards")
    page = """<base href="//evil.example/"><form action="/cards/log-in"><button formaction="https:/evil.example">
        <meta http-equiv="Refresh" content="3; url=/study"><a href="http://localhost/cardsharp">"""
    headers = Message()
    for name, value in {"Content-Type": "text/html", "Location": "/log-in", "Set-Cookie": "a=b; Secure"}.items():
        headers[name] = value
    assert front.away(Reply(200, headers, page)) == [
        *("/log-in", "//evil.example/", "https:/evil.example", "/study", "http://localhost/cardsharp", "a=b; secure")
    ]
