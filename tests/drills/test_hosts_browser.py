"""Forged names judged by where Chromium lands: under a name that is not ours there is a page of one sentence.

Every name leads to this machine, as in a browser whose name server somebody else keeps. Chromium visits under forged
names, and then under the true one with the claims that proxies make: whatever leads on stays at the true origin, and
below the path where the app is. In a DNS rebinding, a page of another server under such a name reads what this server
answers there. The drill is shown able to fail: where every name counts as local, Chromium is shown the log-in, keeps a
cookie, and the page reads it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from app.web import origin
from tests.browser.chromium import launched
from tests.drills.registry import ROUTES
from tests.drills.test_hosts import FORGED
from tests.drills.watched_browser import in_a_thread
from tests.drills.world import CANARY, Made, World, address_of
from tests.served import served

pytestmark = pytest.mark.browser

EVIL = "evil.example"
NAMES = [
    EVIL,
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example.",
    "EVIL.EXAMPLE",
    "localhost@evil.example",
    "localhost:80@evil.example",
    "日本.example",
]
"""Those of the forged names that Chromium takes for a host; it refuses or cuts short the others."""
BASES = {"": "at the root", "/cards": "below a path"}
REFUSED = "This server does not go by the name"
CLAIMS = {
    **dict.fromkeys(("X-Forwarded-Host", "X-Host", "X-Forwarded-Server"), EVIL),
    **dict.fromkeys(("X-Forwarded-Prefix", "X-Script-Name", "X-Original-URL", "X-Rewrite-URL"), f"//{EVIL}/"),
    "Forwarded": f"host={EVIL};proto=https",
    "X-Forwarded-Proto": "https",
}
_LEADS = """() => [
  ...[...document.querySelectorAll("[href]")].map(each => each.href),
  ...[...document.querySelectorAll("[src]")].map(each => each.src),
  ...[...document.querySelectorAll("form")].map(each => each.action),
  ...[...document.querySelectorAll("[formaction]")].map(each => each.formAction),
]"""
_READ = """async addresses => Promise.all(addresses.map(async ([method, address]) => {
  for (let tries = 5; ; tries--) {
    try {
      const reply = await fetch(address, { method });
      return [reply.status, await reply.text()];
    } catch (error) {
      if (!tries) return [0, String(error)];
    }
  }
}))"""
"""Asks again where nothing came: Chromium drops what it asks for when a network of the machine comes or goes."""
_ASKED = [
    ("GET", each) for each in ("/", "/log-in", "/account", "/imports", "/health", "/static/app.css", "/nowhere")
] + [
    ("POST", "/log-in"),
    ("POST", "/account/deletion"),
]


class Site:
    """A running server with two fronts: its own, and until the name is turned that of another server."""

    def __init__(self, world: World, port: int) -> None:
        self.port = port
        self.true = f"http://127.0.0.1:{port}"
        self.base = world.config.base_path
        self.cookie = world.visitor("hanako").client.get_cookie("oboegaki", path=self.base or "/")
        self.pages = [
            self.base + address_of(route, world.made.owned, world.made.owned)
            for route in ROUTES
            if route.method == "GET" and not route.rule.endswith(("/export", "/<digest>", "/<name>", "<path:filename>"))
        ]

    def named(self, name: str) -> str:
        """The server's address under a name."""
        return f"http://{name}:{self.port}"


@pytest.fixture
def base() -> str:
    """Where the app is below its host, unless a test says otherwise."""
    return ""


@pytest.fixture
def world(made_world: Made, tmp_path: Path, base: str) -> Iterator[World]:
    """A running app on a copy of the world."""
    made = World(made_world, tmp_path / "world", BASE_PATH=base)
    yield made
    made.close()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """The running server."""
    with served(world.app) as port:
        yield Site(world, port)


@contextmanager
def chromium(site: Site) -> Iterator[BrowserContext]:
    """A Chromium for which every name leads to this machine, and which is logged in under the true name."""
    assert site.cookie is not None
    with launched("--host-resolver-rules=MAP * 127.0.0.1") as browser:
        context = browser.new_context(locale="en")
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "oboegaki", "value": site.cookie.value, "url": site.true}])
        yield context


def visited(context: BrowserContext, site: Site) -> dict[str, tuple[int, bool, int, list[str]]]:
    """What there is under each forged name: status, whether the page says it, its forms, and cookies for the name."""
    page, found = context.new_page(), {}
    for name in NAMES:
        reply = page.goto(f"{site.named(name)}{site.base}/")
        assert reply is not None
        forms = page.locator("form, [formaction]").count()
        found[name] = reply.status, REFUSED in page.inner_text("main"), forms, kept_for(context, page)
    page.close()
    return found


def kept_for(context: BrowserContext, page: Page) -> list[str]:
    """The cookies that Chromium has for the host of a page."""
    return [f"{each.get('name')} for {each.get('domain')}" for each in context.cookies(page.url)]


def led_on(context: BrowserContext, site: Site) -> dict[str, set[int]]:
    """Follow whatever the page under a forged name leads to: the statuses, by the place where Chromium landed."""
    page = context.new_page()
    found: dict[str, set[int]] = {}
    page.goto(f"{site.named(EVIL)}{site.base}/")
    for address in sorted(set(page.evaluate(_LEADS))):
        page.goto("about:blank")  # from where a place in the same page is loaded, too
        reply = page.goto(address)
        assert reply is not None
        found.setdefault(urlsplit(page.url).netloc, set()).add(reply.status)
    page.close()
    return found


def led_away(context: BrowserContext, site: Site, addresses: list[str]) -> tuple[list[str], int]:
    """What leads to another origin on every page under the true name, and how many leads were looked at."""
    page, away, looked_at = context.new_page(), [], 0
    page.on("request", lambda asked: away.append(asked.url) if not asked.url.startswith(f"{site.true}/") else None)
    for address in addresses:
        page.goto(f"{site.true}{address}")
        leads = [page.url, *page.evaluate(_LEADS)]
        looked_at += len(leads)
        away += [f"{address}: {lead}" for lead in leads if not lead.startswith((f"{site.true}{site.base}/", "data:"))]
    page.close()
    return away, looked_at


@pytest.mark.parametrize("base", BASES, ids=BASES.get)
def test_under_a_forged_name_there_is_one_sentence_and_nothing_that_leads_on(site: Site) -> None:
    assert {name.casefold() for name in NAMES} <= {name.casefold() for name in FORGED}

    def job() -> tuple[Any, Any]:
        with chromium(site) as context:
            return visited(context, site), led_on(context, site)

    found, leads = in_a_thread(job)
    assert found == {name: (400, True, 0, []) for name in NAMES}
    assert leads == {f"{EVIL}:{site.port}": {400}}


@pytest.mark.parametrize("base", BASES, ids=BASES.get)
def test_what_leads_on_under_the_true_name_stays_there_whatever_is_claimed(site: Site, full: bool) -> None:
    pages = site.pages if full or not site.base else site.pages[::2]

    def job() -> tuple[list[str], int]:
        with chromium(site) as context:
            visited(context, site)
            context.set_extra_http_headers(CLAIMS)
            as_owner = led_away(context, site, pages)
            context.clear_cookies()
            as_nobody = led_away(context, site, pages[::3])  # most lead to the log-in
            return as_owner[0] + as_nobody[0], as_owner[1] + as_nobody[1]

    away, looked_at = in_a_thread(job)
    print(f"{looked_at} leads on {len(pages)} pages of the owner, and on a third of them as nobody")
    assert away == []
    assert looked_at > 5 * len(pages)


def rebound(world: World, site: Site) -> tuple[list[list[Any]], list[str]]:
    """What a page of another server reads once its name leads to this server, and the cookies it was given."""
    turned: list[bool] = []
    world.app.wsgi_app = _before(world.app.wsgi_app, turned)  # type: ignore[method-assign]

    def job() -> tuple[list[list[Any]], list[str]]:
        with chromium(site) as context:
            page = context.new_page()
            page.goto(f"{site.named(EVIL)}/")
            assert page.inner_text("p") == "Another server"
            turned.append(True)
            return page.evaluate(_READ, _ASKED), kept_for(context, page)

    return in_a_thread(job)


def _before(whole: Callable[..., Any], turned: list[bool]) -> Callable[..., Any]:
    """Another server that answers until the name is turned: to Chromium they have one name, one after the other."""

    def answer(environ: Any, start_response: Any) -> Any:
        if turned:
            return whole(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Another server</p>"]

    return answer


def test_a_page_whose_name_is_turned_to_this_server_reads_one_sentence(world: World, site: Site) -> None:
    before = world.digests()
    read, cookies = rebound(world, site)
    assert [status for status, _text in read] == [400] * len(_ASKED)
    assert all(REFUSED in text and CANARY not in text and "csrf_token" not in text for _status, text in read)
    assert cookies == []
    assert world.changed(before) == []


def test_the_drill_fails_when_every_name_counts_as_local(
    world: World, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "_is_local", lambda _name: True)

    def job() -> dict[str, tuple[int, bool, int, list[str]]]:
        with chromium(site) as context:
            return visited(context, site)

    found = in_a_thread(job)
    assert {status for status, *_rest in found.values()} == {200}
    assert all(forms and cookies for _status, _said, forms, cookies in found.values())
    read, cookies = rebound(world, site)
    assert "csrf_token" in read[1][1]
    assert cookies == [f"oboegaki for {EVIL}"]
