"""A card set aside in a sitting: Undo takes back that, and not the answer before it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Site, question, set_up
from tests.browser.test_journey import answer_by_key, saved
from tests.browser.test_without_script import PHONE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("act", "line", "line_then"),
    [
        ("Suspend", "Suspended until you call it back.", "Called back."),
        ("Hide until tomorrow", "Hidden until tomorrow.", "No longer hidden."),
    ],
)
def test_a_slip_in_the_menu_is_taken_back_by_a_key(page: Page, site: Site, act: str, line: str, line_then: str) -> None:
    answer_by_key(page, "3")
    saved(page)
    meant = question(page)
    page.locator(".menu summary").click()
    page.get_by_role("button", name=act).click()
    expect(page.locator(".said")).to_have_text(line)
    assert question(page) != meant
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(page.locator(".said")).to_have_text(line_then)
    assert (question(page), site.recorded()) == (meant, 1)


def test_after_the_next_answer_undo_means_that_one_again(page: Page, site: Site) -> None:
    """The line of the card that was set aside is gone then, from the address too."""
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Suspend").click()
    expect(page.locator(".said")).to_have_text("Suspended until you call it back.")
    answered = answer_by_key(page, "3")
    saved(page)
    assert "aside" not in page.url
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(page.locator(".said")).to_contain_text("the card is back")
    assert (question(page), site.recorded()) == (answered, 2)


def test_escape_closes_the_menu_and_gives_the_focus_back_to_its_button(page: Page) -> None:
    menu = page.locator(".menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name="Mark")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_a_touch_beside_the_menu_closes_it_where_it_is_no_click(page: Page) -> None:
    """As on a phone's Safari, where a bare place takes none."""
    menu = page.locator(".menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Mark").dispatch_event("pointerdown")
    expect(menu).to_have_attribute("open", "")
    page.locator("main").dispatch_event("pointerdown")
    expect(menu).not_to_have_attribute("open", "")


def test_the_menu_tells_the_keys_and_they_work_at_once(page: Page) -> None:
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_contain_text("show the answer")
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("Space")
    expect(page.locator("#stage .answer")).to_be_visible()


@pytest.mark.parametrize("without", [PHONE, {"java_script_enabled": False}], ids=["keyboard", "script"])
def test_the_menu_tells_no_keys_where_they_are_of_no_use(
    site: Site, open_browser: Open, without: dict[str, Any]
) -> None:
    page = open_browser(**without)
    set_up(page, site)
    page.goto("/study")
    page.locator(".menu summary").click()
    expect(page.get_by_role("button", name="Suspend")).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
