"""The whole way, from the set-up link through a finished session to the next day: by thumb, without script, by keys."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import MONDAY, NEW_A_DAY, PASSWORD, Open, Press, Site, question, set_up
from tests.browser.test_journey import finish_by_key, until_it_changes
from tests.browser.test_without_script import PHONE

pytestmark = pytest.mark.browser

_MOST_TABS = 80


def answer(page: Page, press: Press, grade: str) -> str:
    """Turn the card and grade it; the question that it was."""
    page.wait_for_load_state()
    asked = question(page)
    press(page.locator(".turn > summary"))
    press(page.get_by_role("button", name=grade))
    until_it_changes(page, asked)
    return asked


def session(page: Page, press: Press) -> list[str]:
    """Study until the end; the questions."""
    press(page.get_by_role("link", name="Start"))
    page.wait_for_url("**/study")
    asked = []
    while "/study/end" not in page.url:
        asked.append(answer(page, press, "Good"))
    return asked


@pytest.mark.parametrize(
    ("options", "press"),
    [(PHONE, Locator.tap), ({"java_script_enabled": False}, Locator.click)],
    ids=["by thumb", "without script"],
)
def test_a_session_is_finished_and_the_next_day_brings_it_back(
    site: Site, open_browser: Open, options: dict[str, object], press: Press
) -> None:
    page = open_browser(**options)
    set_up(page, site, press)
    first = session(page, press)
    assert (len(set(first)), site.recorded()) == (NEW_A_DAY, NEW_A_DAY)
    expect(page.locator("main")).to_contain_text("20 cards")
    site.clock.move_to(MONDAY + timedelta(days=1))
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("20 to review, 12 new")
    press(page.get_by_role("link", name="Start"))
    assert answer(page, press, "Good") == first[0]
    expect(page.locator(".said")).to_contain_text("Good: back in 6 days")


def reach(page: Page, wanted: Locator) -> None:
    """Go on by the Tab key until something has the focus."""
    for _ in range(_MOST_TABS):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {wanted}")


def test_the_way_from_the_set_up_link_to_the_end_needs_no_mouse(site: Site, open_browser: Open) -> None:
    page = open_browser()
    page.goto(site.set_up_link)
    for label, words in (("Name", "hanako"), ("Password", PASSWORD)):
        reach(page, page.get_by_label(label))
        page.keyboard.type(words)
    reach(page, page.locator("main form button").last)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    reach(page, page.get_by_role("link", name="Start"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/study")
    assert len(finish_by_key(page, "3")) == NEW_A_DAY
    reach(page, page.get_by_role("link", name="Today").first)
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("Done for today.")
