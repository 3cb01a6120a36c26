"""`next=`: wherever a log-in is told to lead, Chromium stays on this server.

What a browser makes of an address is for a browser to say: each form is given to the log-in, Chromium follows, and
every request of the journey is looked at. The drill is shown able to fail: with a log-in that leads where it is told,
Chromium leaves.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Route

from app.web import entrance
from tests.drills.world import Made, World
from tests.entrance import PASSWORD
from tests.served import served

_PATIENCE = 60_000  # ms
pytestmark = pytest.mark.browser

FORMS = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/%2f..",
    "//evil.example/%2e%2e",
    "//evil.example:80/",
    "//user@evil.example/",
    "//localhost@evil.example/",
    "//evil.example\\@localhost/",
    "//evil.example#@localhost/",
    "//evil.example?@localhost/",
    "//3232235777/",
    "//0x7f.1/",
    "//[::ffff:192.0.2.1]/",
    "//evil%E3%80%82example",
    "//evil。example",
    "//ｅｖｉｌ.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "\\\\\\evil.example",
    "/\\\\evil.example",
    "/%5cevil.example",
    "/%2fevil.example",
    "/%2f%2fevil.example",
    "/.//evil.example",
    "/./\\evil.example",
    "/..//evil.example",
    "/../../evil.example",
    "/;//evil.example",
    "/?//evil.example",
    "/#//evil.example",
    "/@evil.example",
    "@evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    "\n//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\u00a0/evil.example",
    "/\u2028/evil.example",
    "/\u200b/evil.example",
    "/\u2044evil.example",
    "/\uff0fevil.example",
    "/study\r\nLocation: https://evil.example/",
    "/study%0d%0aLocation:%20https://evil.example/",
    "https://evil.example/",
    "HTTPS://EVIL.EXAMPLE/",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "https://localhost.evil.example/",
    "https://localhost@evil.example/",
    "ht\ttps://evil.example/",
    "javascript:location='https://evil.example/'",
    "data:text/html,<script>location='https://evil.example/'</script>",
    "blob:https://evil.example/1",
    "view-source:https://evil.example/",
    "/log-in?next=//evil.example",
    "/log-in?next=/log-in?next=//evil.example",
    "evil.example",
    "?next=//evil.example",
    "",
]
"""What open redirects have been made of: hosts without a scheme, what browsers read as a slash or drop, and schemes."""
BY_FORM = 8
"""So many in everyday runs by the form, too, which costs a hash each."""


@pytest.fixture(params=["", "/cards"], ids=["at the root", "below a path"])
def site(request: pytest.FixtureRequest, made_world: Made, tmp_path: Path) -> Iterator["Site"]:
    """A running server, at the root of its host and below a path."""
    world = World(made_world, tmp_path / "site", BASE_PATH=request.param)
    with served(world.app) as port:
        yield Site(f"http://localhost:{port}", request.param, world)
    world.close()


class Site:
    """A running server, and what Chromium asks for."""

    def __init__(self, origin: str, base_path: str, world: World) -> None:
        self.origin = origin
        self.base_path = base_path
        self.log_in = f"{origin}{base_path}/log-in"
        self.world = world
        self.left: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Note every request to another origin, and let none out; pages come without their looks."""
        context.route("**/*", self._look)

    def _look(self, route: Route, request: Request) -> None:
        there = urlsplit(request.url)
        is_here = f"{there.scheme}://{there.netloc}" == self.origin
        if is_here and not request.is_navigation_request():
            route.abort()
        elif is_here:
            route.continue_()
        else:
            self.left.append(request.url)
            route.abort()


@pytest.fixture
def chromium(browser: Browser, site: Site) -> Iterator[Page]:
    """A page in a window of its own for each server."""
    context = browser.new_context()
    context.set_default_timeout(_PATIENCE)
    site.watch(context)
    yield context.new_page()
    context.close()


def entered(site: Site, page: Page, address: str = "") -> str:
    """Log in by the form with an address to lead to; where Chromium landed."""
    page.context.clear_cookies()
    page.goto(f"{site.log_in}?next={quote(address, safe='')}")
    page.get_by_label("Name").fill("taro")
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation(wait_until="commit"):
        page.locator("main form button").last.click()
    return page.url


def followed(site: Site, page: Page, address: str) -> str:
    """Give the log-in page of somebody logged in an address to lead to; where Chromium landed."""
    try:
        page.goto(f"{site.log_in}?next={quote(address, safe='')}", wait_until="commit")
    except Error as error:  # a journey that was not let out, or an address that is none
        return str(error)
    return page.url


def led_away(site: Site, page: Page, forms: list[str]) -> list[str]:
    """The forms that lead to another origin, or nowhere."""
    found = []
    for form in forms:
        site.left.clear()
        landed = followed(site, page, form)
        if site.left or not landed.startswith(f"{site.origin}/"):
            found.append(form)
    return found


def test_no_form_of_next_leads_away_from_this_server(site: Site, chromium: Page, full: bool) -> None:
    for form in FORMS if full else FORMS[:: len(FORMS) // BY_FORM]:
        assert entered(site, chromium, form).startswith(f"{site.origin}/"), form
    assert site.left == []
    assert len(FORMS) >= 60
    assert led_away(site, chromium, FORMS if full or not site.base_path else FORMS[::4]) == []


def test_the_drill_fails_when_a_log_in_leads_where_it_is_told(
    site: Site, chromium: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(site, chromium)
    monkeypatch.setattr(entrance, "below_this_app", lambda address: address.replace("\n", "").replace("\r", ""))
    assert led_away(site, chromium, FORMS[:1]) == FORMS[:1]


PATHS = [
    "//evil.example/",
    "//evil.example/%2f..",
    "/\\evil.example/",
    "/.//evil.example/",
    "/study/?next=//evil.example",
]


def test_no_address_that_is_asked_for_leads_away_before_or_after_the_log_in(site: Site, chromium: Page) -> None:
    base = site.log_in.removesuffix("/log-in")
    for _ in ("as nobody", "logged in"):
        for path in PATHS:
            chromium.goto(f"{base}{path}", wait_until="commit")
            assert chromium.url.startswith(f"{site.origin}/"), path
        entered(site, chromium)
    assert site.left == []
