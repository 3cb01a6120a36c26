"""axe finds nothing on any page: in the light and in the dark, in both languages, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.backups import make_backup
from tests.browser.conftest import MONDAY, Open, Site, log_in, set_up
from tests.browser.test_without_script import PHONE
from tests.conftest import add_learner

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/study",
    "/study?deck=2",
    "/study/end",
    "/decks/1",
    "/decks/2",
    "/cards/1",
    "/imports",
    "/imports/1",
    "/account",
    "/server/accounts",
    "/server/account?name=taro",
    "/server/doctor",
    "/server/backups",
    "/nowhere",
)


def violations(page: Page) -> list[str]:
    """What axe finds on the page, with the nodes."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:100] for node in one['nodes'][:3]]}" for one in found]


def fill_the_servers_pages(site: Site) -> None:
    """Another account, and a backup."""
    with site.app.extensions["database"].writing() as session:
        add_learner(session, "taro")
    make_backup(site.app.extensions["config"], MONDAY)


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", "locale": "ja", **PHONE},
        {"color_scheme": "dark", "locale": "ja", **PHONE},
    ],
    ids=["light", "dark", "light, Japanese, phone", "dark, Japanese, phone"],
)
def test_axe_finds_nothing_on_any_page(site: Site, open_browser: Open, look: dict[str, object]) -> None:
    page = open_browser(**look)
    page.goto("/set-up?code=wrong")
    faults = {"/set-up": violations(page)}
    page.locator("input[name=name]").fill("hanako")
    page.locator("input[name=password]").fill("short")
    with page.expect_navigation():
        page.locator("main form button").last.click()
    faults["/set-up, refused"] = violations(page)
    set_up(page, site)
    page.context.clear_cookies()
    page.goto("/log-in")
    faults["/log-in"] = violations(page)
    log_in(page)
    fill_the_servers_pages(site)
    for address in PAGES:
        page.context.set_default_timeout(30_000)
        page.goto(address)
        faults[address] = violations(page)
        if page.locator(".turn > summary").count():
            page.locator(".turn > summary").click()
            page.evaluate("Promise.all(document.getAnimations().map(each => each.finished)).then(() => null)")
            faults[f"{address} turned"] = violations(page)
    assert {address: found for address, found in faults.items() if found} == {}
