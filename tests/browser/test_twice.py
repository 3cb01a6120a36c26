"""Double clicks, held keys, the back button, stale pages, two devices: never a second or a wrong answer recorded."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open, Site, log_in, question, set_up
from tests.browser.test_journey import answer_by_key

pytestmark = pytest.mark.browser


@pytest.fixture
def page(site: Site, open_browser: Open) -> Page:
    """A study page of the first account."""
    opened = open_browser()
    set_up(opened, site)
    opened.goto("/study")
    return opened


def settled(page: Page) -> None:
    """Wait until the answers that were sent are acknowledged."""
    page.wait_for_load_state("networkidle")


def test_a_double_click_answers_one_card(page: Page, site: Site) -> None:
    page.locator(".turn > summary").click()
    page.get_by_role("button", name="Good").dblclick()
    settled(page)
    assert site.recorded() == 1
    assert question(page) == "Which command number 2 is it?"


def test_a_held_key_does_nothing_after_its_first_press(page: Page, site: Site) -> None:
    asked = question(page)
    page.keyboard.press("Space")
    for _ in range(5):
        page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '3', repeat: true, bubbles: true}))")
    settled(page)
    assert (site.recorded(), question(page)) == (0, asked)


def test_keys_of_an_input_method_do_nothing(page: Page, site: Site) -> None:
    page.keyboard.press("Space")
    for options in ("isComposing: true", "keyCode: 229"):
        page.evaluate(
            f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '3', bubbles: true, {options}}}))"
        )
    settled(page)
    assert site.recorded() == 0


def test_a_grade_before_the_answer_is_shown_does_nothing(page: Page, site: Site) -> None:
    asked = question(page)
    page.keyboard.press("3")
    settled(page)
    assert (site.recorded(), question(page)) == (0, asked)


def test_the_back_button_never_answers_a_card_twice(page: Page, site: Site) -> None:
    answer_by_key(page, "3")
    settled(page)
    page.goto("/")
    page.go_back()
    assert question(page) != "Which command number 1 is it?"
    assert site.recorded() == 1


def test_a_stale_page_records_nothing_and_says_so(page: Page, site: Site) -> None:
    stale = page.context.new_page()
    stale.goto("/study")
    answer_by_key(page, "3")
    settled(page)
    stale.keyboard.press("Space")
    with stale.expect_response("**/reviews*") as sent:
        stale.keyboard.press("1")
    assert sent.value.status == 409
    assert site.recorded() == 1


def test_two_devices_answer_a_card_once(page: Page, site: Site, open_browser: Open) -> None:
    other = open_browser()
    log_in(other)
    other.goto("/study")
    assert question(other) == question(page)
    answer_by_key(page, "4")
    settled(page)
    other.keyboard.press("Space")
    with other.expect_response("**/reviews*") as sent:
        other.keyboard.press("1")
    assert sent.value.status == 409
    assert site.recorded() == 1


def test_an_answer_that_did_not_arrive_is_sent_again_and_recorded_once(page: Page, site: Site) -> None:
    attempts = []

    def fail_first(route: Route) -> None:
        attempts.append(route.request.post_data)
        if len(attempts) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/reviews*", fail_first)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.locator(".said")).to_contain_text("back tomorrow", timeout=10_000)
    assert (len(attempts), site.recorded()) == (2, 1)


def test_the_keys_are_told_by_a_question_mark(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("undo the last answer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
