"""A phone held in one hand, and a browser without JavaScript: the same forms, the same answers."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Site, question, set_up

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_card_is_answered_and_undone_without_a_script(site: Site, open_browser: Open) -> None:
    page = open_browser(java_script_enabled=False)
    set_up(page, site)
    page.goto("/study")
    first = question(page)
    page.locator(".turn > summary").click()
    page.get_by_role("button", name="Good").click()
    expect(page.locator(".said")).to_contain_text("Good: back tomorrow")
    assert question(page) != first
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".said")).to_contain_text("the card is back")
    assert (question(page), site.recorded()) == (first, 2)
    page.locator(".turn > summary").click()
    page.get_by_role("button", name="Good").click()
    expect(page.locator(".said")).to_contain_text("Good: back tomorrow")
    second = question(page)
    page.go_back()
    assert question(page) == second, "the page of an undo shows its card until that is answered again"
    expect(page.locator(".said")).to_be_empty()


def test_a_card_is_answered_by_thumb_on_a_phone(site: Site, open_browser: Open) -> None:
    page = open_browser(**PHONE)
    set_up(page, site)
    page.get_by_role("link", name="Start").tap()
    first = question(page)
    page.locator(".turn > summary").tap()
    page.get_by_role("button", name="Easy").tap()
    expect(page.locator(".said")).to_contain_text("Easy: back tomorrow")
    assert (question(page) != first, site.recorded()) == (True, 1)


@pytest.mark.parametrize("address", ["/", "/study", "/study?deck=2", "/study/end", "/decks/1", "/imports", "/account"])
def test_no_page_scrolls_sideways_on_a_phone(site: Site, open_browser: Open, address: str) -> None:
    page = open_browser(**PHONE)
    set_up(page, site)
    page.goto(address)
    for summary in page.locator(".turn > summary").all():
        summary.tap()
    width, most = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert width <= most
