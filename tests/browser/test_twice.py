"""Double clicks, held keys, the back button, stale pages, two devices: never a second or a wrong answer recorded."""

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from app.models import User
from tests.browser.conftest import NEW_A_DAY, STANDING_STILL, Open, Site, log_in, question
from tests.browser.test_journey import answer_by_key, saved

pytestmark = pytest.mark.browser

NOT_RECORDED = "That answer was not recorded: the card had been answered or changed in the meantime."


def left_new(page: Page) -> str:
    """How many new cards the page says are left."""
    return page.locator('[data-left="new"]').inner_text()


def test_a_double_click_answers_one_card(page: Page, site: Site) -> None:
    """The next card is there with its answer hidden, though it came up under the second click."""
    page.evaluate(STANDING_STILL.format(ms=9000))
    page.locator(".turn > summary").click()
    page.get_by_role("button", name="Good").dblclick()
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")
    saved(page)
    assert site.recorded() == 1
    assert question(page) == "Which command number 2 is it?"
    assert left_new(page) == str(NEW_A_DAY - 1)
    expect(page.locator("#stage .turn")).not_to_have_attribute("open", "")
    expect(page.locator("#stage .answer")).to_be_hidden()
    page.locator(".turn > summary").click()
    expect(page.locator("#stage .answer")).to_have_text("docker command-2")


def test_a_held_key_does_nothing_after_its_first_press(page: Page, site: Site) -> None:
    asked = question(page)
    page.keyboard.press("Space")
    for _ in range(5):
        page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '3', repeat: true, bubbles: true}))")
    saved(page)
    assert (site.recorded(), question(page)) == (0, asked)


def test_keys_of_an_input_method_do_nothing(page: Page, site: Site) -> None:
    page.keyboard.press("Space")
    for options in ("isComposing: true", "keyCode: 229"):
        page.evaluate(
            f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '3', bubbles: true, {options}}}))"
        )
    saved(page)
    assert site.recorded() == 0


def test_a_grade_before_the_answer_is_shown_does_nothing(page: Page, site: Site) -> None:
    asked = question(page)
    page.keyboard.press("3")
    saved(page)
    assert (site.recorded(), question(page)) == (0, asked)


def test_the_back_button_never_answers_a_card_twice(page: Page, site: Site) -> None:
    answer_by_key(page, "3")
    saved(page)
    page.goto("/")
    page.go_back()
    assert question(page) != "Which command number 1 is it?"
    assert site.recorded() == 1


def test_a_stale_page_records_nothing_and_says_so(page: Page, site: Site) -> None:
    stale = page.context.new_page()
    stale.goto("/study")
    answer_by_key(page, "3")
    saved(page)
    stale.keyboard.press("Space")
    with stale.expect_response("**/reviews*") as sent:
        stale.keyboard.press("1")
    assert sent.value.status == 409
    expect(stale.locator(".said")).to_have_text(NOT_RECORDED)
    stale.wait_for_url("**/study?refused=409")
    assert question(stale) == "Which command number 2 is it?"
    assert left_new(stale) == left_new(page) == str(NEW_A_DAY - 1)
    expect(stale.locator("#stage .answer")).to_be_hidden()
    assert site.recorded() == 1
    assert answer_by_key(stale, "3") == "Which command number 2 is it?"
    saved(stale)
    assert site.recorded() == 2


def test_a_stale_last_card_leads_to_the_end_and_says_so(page: Page, site: Site) -> None:
    with site.app.extensions["database"].writing() as session:
        session.execute(update(User).values(new_per_day=1))
    page.goto("/study")
    stale = page.context.new_page()
    stale.goto("/study")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.wait_for_url("**/study/end*")
    stale.keyboard.press("Space")
    stale.keyboard.press("1")
    stale.wait_for_url("**/study/end*")
    expect(stale.locator(".said")).to_have_text(NOT_RECORDED)
    expect(stale.locator("main")).to_contain_text("1 card, 1 minute, 100 % remembered")
    assert site.recorded() == 1


def test_two_devices_answer_a_card_once(page: Page, site: Site, open_browser: Open) -> None:
    other = open_browser()
    log_in(other)
    other.goto("/study")
    assert question(other) == question(page)
    answer_by_key(page, "4")
    saved(page)
    other.keyboard.press("Space")
    with other.expect_response("**/reviews*") as sent:
        other.keyboard.press("1")
    assert sent.value.status == 409
    expect(other.locator(".said")).to_have_text(NOT_RECORDED)
    assert question(other) == question(page)
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
    expect(page.locator(".said")).to_contain_text("back tomorrow")
    assert (len(attempts), site.recorded()) == (2, 1)


def test_undo_means_the_answer_given_last_also_while_it_is_on_its_way(page: Page, site: Site) -> None:
    """The reply to the first answer comes while the second waits; the undo goes out after that one."""
    held: list[Route] = []
    page.route("**/cards/*/reviews", lambda route: held.append(route))
    answer_by_key(page, "3")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    with page.expect_request("**/cards/*/reviews"):
        held[0].continue_()
    expect(page.locator("#stage .question")).to_have_text("Which command number 3 is it?")
    page.keyboard.press("u")
    with page.expect_navigation():
        held[1].continue_()
    expect(page.locator(".said")).to_contain_text("the card is back")
    assert question(page) == "Which command number 2 is it?"
    assert (site.recorded(), left_new(page)) == (3, str(NEW_A_DAY - 1))


def test_the_keys_are_told_by_a_question_mark(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("undo the last answer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    for told in ("visible", "hidden"):
        page.keyboard.press("?")
        page.locator("dialog").wait_for(state=told)


@pytest.mark.parametrize("key", ["e", "E"])
def test_e_leads_to_where_the_card_is_edited_and_back_leads_to_the_card(page: Page, key: str) -> None:
    """With Caps Lock too."""
    asked = question(page)
    page.keyboard.press(key)
    page.wait_for_url("**/cards/*")
    expect(page.locator("main")).to_contain_text(", line ")
    page.go_back()
    page.wait_for_url("**/study")
    assert question(page) == asked
