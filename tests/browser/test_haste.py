"""What is pressed in haste means what the learner saw: nothing is graded and nothing taken back by a finger's echo."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from app.models import User
from tests.browser.conftest import MONDAY, STANDING_STILL, Site, question
from tests.browser.test_journey import answer_by_key, saved

pytestmark = pytest.mark.browser


def undo_button(page: Page) -> None:
    """Click Undo, and wait for the page with the card that is back."""
    with page.expect_navigation():
        page.locator("form.undo button").click()
    expect(page.locator(".said")).to_contain_text("the card is back")


def test_what_is_graded_while_an_undo_is_under_way_is_no_answer_to_another_card(page: Page, site: Site) -> None:
    """The key of the grade meant the card that comes back; what stands on the page until then was never read."""
    first = answer_by_key(page, "3")
    saved(page)
    held: list[Route] = []
    page.route("**/undo*", lambda route: held.append(route))
    with page.expect_request("**/undo*"):
        page.keyboard.press("u")
    page.keyboard.press("Space")
    page.keyboard.press("1")
    with page.expect_navigation():
        held[0].continue_()
    assert (question(page), site.recorded()) == (first, 2)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5, 0.85])
def test_the_second_click_on_show_answer_gives_no_grade(page: Page, site: Site, share: float) -> None:
    """The buttons come up under it, wherever it was."""
    asked = question(page)
    page.evaluate(STANDING_STILL.format(ms=9000))
    bar = page.locator(".turn > summary").bounding_box()
    assert bar is not None
    page.mouse.dblclick(bar["x"] + share * bar["width"], bar["y"] + bar["height"] / 2)
    expect(page.locator("#stage .turn[open]")).to_be_visible()
    saved(page)
    assert (question(page), site.recorded()) == (asked, 0)


TAP_TWICE = """share => {
    const { left, top, width, height } = document.querySelector('.turn > summary').getBoundingClientRect();
    const place = { clientX: left + share * width, clientY: top + height / 2, bubbles: true, cancelable: true };
    for (const _ of [1, 2]) {
        const under = document.elementFromPoint(place.clientX, place.clientY);
        under.dispatchEvent(new PointerEvent('pointerdown', { ...place, pointerType: 'touch' }));
        under.dispatchEvent(new MouseEvent('click', { ...place, detail: 1 }));
    }
}"""
"""As Safari on a phone has it: each of the two taps is a first click."""


@pytest.mark.parametrize("share", [0.15, 0.3, 0.6, 0.85])
def test_the_second_tap_on_show_answer_gives_no_grade_where_clicks_are_not_counted(
    page: Page, site: Site, share: float
) -> None:
    asked = question(page)
    page.evaluate(STANDING_STILL.format(ms=9000))
    page.evaluate(TAP_TWICE, share)
    expect(page.locator("#stage .turn[open]")).to_be_visible()
    saved(page)
    assert (question(page), site.recorded()) == (asked, 0)
    page.evaluate(STANDING_STILL.format(ms=9400))
    page.locator("#stage .grade-4").click()
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")


def test_the_second_click_on_undo_does_not_take_back_the_answer_before(page: Page, site: Site) -> None:
    """It meets the page with the card that is back, where Undo is offered once more; a click after a while does."""
    first, second = answer_by_key(page, "3"), answer_by_key(page, "3")
    saved(page)
    page.add_init_script(STANDING_STILL.format(ms=0))
    undo_button(page)
    page.locator("form.undo button").click()
    assert (question(page), site.recorded()) == (second, 3)
    page.evaluate(STANDING_STILL.format(ms=1000))
    undo_button(page)
    assert (question(page), site.recorded()) == (first, 4)


def test_two_quick_undos_take_back_one_answer(page: Page, site: Site) -> None:
    answer_by_key(page, "3")
    second = answer_by_key(page, "3")
    saved(page)
    with page.expect_navigation():
        page.keyboard.press("u")
        page.keyboard.press("u")
    assert (question(page), site.recorded()) == (second, 3)


def test_an_undo_of_the_last_card_leads_back_to_it_and_not_to_the_end(page: Page, site: Site) -> None:
    """Also when it is pressed before the reply that there is none left."""
    with site.app.extensions["database"].writing() as session:
        session.execute(update(User).values(new_per_day=1))
    page.goto("/study")
    asked, held = question(page), list[Route]()
    page.route("**/cards/*/reviews", lambda route: held.append(route))
    page.keyboard.press("Space")
    with page.expect_request("**/cards/*/reviews"):
        page.keyboard.press("3")
    page.keyboard.press("u")
    held[0].continue_()
    page.wait_for_url("**/study?*undone=*")
    assert (question(page), site.recorded()) == (asked, 2)


def test_after_a_reload_too_undo_means_the_day_s_last_answer(page: Page, site: Site) -> None:
    asked = answer_by_key(page, "3")
    saved(page)
    page.reload()
    with page.expect_navigation():
        page.keyboard.press("u")
    assert (question(page), site.recorded()) == (asked, 2)
    expect(page.locator("form.undo")).to_be_hidden()
    answer_by_key(page, "3")
    saved(page)
    site.clock.move_to(MONDAY + timedelta(days=1))
    page.goto("/study")
    expect(page.locator("form.undo")).to_be_hidden()


def test_after_an_answer_the_address_tells_no_more_what_was_done_before(page: Page) -> None:
    """A card that was back and is answered again does not come back by a reload, with a line that is true no more."""
    answer_by_key(page, "3")
    undo_button(page)
    answer_by_key(page, "3")
    saved(page)
    page.reload()
    assert question(page) == "Which command number 2 is it?"
    expect(page.locator(".said")).to_be_empty()
