"""The page is left while answers are on their way."""

import threading

from playwright.sync_api import expect
from sqlalchemy import func, select

from app.lock import FileLock
from app.models import Review
from tests.browser.conftest import Open, Site, set_up
from tests.browser.test_journey import answer_by_key


def test_answers_that_wait_when_the_page_is_left_are_recorded(site: Site, open_browser: Open) -> None:
    """While another writer holds the database up, two answers wait: one at the server, one in the page."""
    page = open_browser()
    set_up(page, site)
    page.goto("/study")
    with FileLock(site.app.extensions["config"].data_dir / "write.lock").held():
        answer_by_key(page, "3")
        page.keyboard.press("Space")
        page.keyboard.press("3")
        expect(page.locator("#stage[aria-busy=true]")).to_have_count(1)
        page.goto("/account")
    assert _recorded(site, 2) == 2


def _recorded(site: Site, wanted: int) -> int:
    """How many reviews the log holds, at the latest after some seconds."""
    found = 0
    for _ in range(300):
        with site.app.extensions["database"].reading() as session:
            found = session.scalar(select(func.count()).select_from(Review)) or 0
        if found >= wanted:
            break
        threading.Event().wait(0.1)
    return found
