"""axe finds nothing on any page, in the light and in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.backups import make_backup
from tests.browser.conftest import MONDAY, Open, Site, set_up
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(site: Site, open_browser: Open, scheme: str) -> None:
    page = open_browser(color_scheme=scheme)
    page.goto("/log-in")
    faults = {"/log-in": violations(page)}
    set_up(page, site)
    fill_the_servers_pages(site)
    for address in PAGES:
        page.context.set_default_timeout(15_000)
        page.goto(address)
        faults[address] = violations(page)
        if page.locator(".turn > summary").count():
            page.locator(".turn > summary").click()
            page.wait_for_timeout(250)
            faults[f"{address} turned"] = violations(page)
    assert {address: found for address, found in faults.items() if found} == {}
