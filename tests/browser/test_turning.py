"""What a turn of the card does to the page: as little as shows the beginning of the answer."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open, Site, set_up

_LINES = "".join(f"line {number} of a text that is long\n\n" for number in range(40))
_DECK = f"---\ndialect: qa\n---\nQ: short\nA: {_LINES}\nQ: {_LINES}\nA: {_LINES}\n"
_PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def page(site: Site, open_browser: Open) -> Page:
    """A phone on which a deck of long texts can be studied."""
    (site.cards / "0-long.md").write_text(_DECK)
    site.import_decks()
    opened = open_browser(**_PHONE)
    set_up(opened, site)
    return opened


def _turn(page: Page, title: str, place: int) -> float:
    """Turn the card at this place of a deck; how far the page then is scrolled."""
    page.goto("/")
    page.get_by_role("link", name=title, exact=True).click()
    page.locator(".notes .cards a").nth(place).click()
    page.wait_for_url("**/cards/*")
    page.goto(f"/study?card={page.url.rpartition('/')[2]}")
    page.keyboard.press("Space")
    page.wait_for_function("document.activeElement.classList.contains('answer')")
    return float(page.evaluate("scrollY"))


def _from_top(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"]


def test_the_question_stays_where_it_was_when_a_long_answer_begins_in_sight(page: Page) -> None:
    assert _turn(page, "0-long", 0) == 0
    assert page.evaluate("document.activeElement.offsetHeight > innerHeight")


def test_an_answer_that_begins_out_of_sight_is_scrolled_to_its_first_lines_and_no_further(page: Page) -> None:
    assert _turn(page, "0-long", 1) > 0
    assert 0 < _from_top(page, ".answer p") < _from_top(page, ".answer p:nth-child(2)") < _from_top(page, ".grades")
    assert _from_top(page, ".answer p:nth-child(4)") > _from_top(page, ".grades")
