"""From the set-up link through a finished study session to the next day."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app import checking
from tests.browser.conftest import MONDAY, NEW_A_DAY, Open, Site, question, set_up

pytestmark = pytest.mark.browser


def answer_by_key(page: Page, key: str) -> str:
    """Turn the card and grade it by keyboard alone; the question that it was."""
    asked = question(page)
    page.keyboard.press("Space")
    expect(page.locator("#stage .turn[open]")).to_be_visible()
    page.keyboard.press(key)
    until_it_changes(page, asked)
    return asked


def saved(page: Page) -> None:
    """Wait until every answer of the page has its reply: the clock of the server moves only then."""
    expect(page.locator("#stage[aria-busy=true]")).to_have_count(0)


def until_it_changes(page: Page, asked: str) -> None:
    """Wait for another question, or for the heading of the end."""
    expect(page.locator("#stage .question, main h1:not(.hidden)").first).not_to_have_text(asked)


def finish_by_key(page: Page, key: str) -> list[str]:
    """Grade everything that is left with the same key; the questions."""
    asked = []
    while "/study/end" not in page.url:
        page.wait_for_load_state()
        asked.append(question(page))
        page.keyboard.press("Space")
        page.keyboard.press(key)
        until_it_changes(page, asked[-1])
    return asked


def test_a_session_of_twenty_new_cards_is_done_by_keyboard_alone(site: Site, open_browser: Open) -> None:
    page = open_browser()
    set_up(page, site)
    expect(page.get_by_role("link", name="Commands", exact=True)).to_be_visible()
    page.get_by_role("link", name="Start").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/study")
    asked = finish_by_key(page, "3")
    assert len(set(asked)) == NEW_A_DAY
    assert site.recorded() == NEW_A_DAY
    expect(page.locator("main")).to_contain_text("20 cards")


def test_the_next_day_brings_back_what_sm2_says(site: Site, open_browser: Open) -> None:
    page = open_browser()
    set_up(page, site)
    page.goto("/study?deck=1")
    first = [answer_by_key(page, key) for key in "1234"]
    assert first == [f"Which command number {number} is it?" for number in (1, 2, 3, 4)]
    saved(page)
    site.clock.move_to(MONDAY + timedelta(days=1))
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("4 to review, 20 new")
    page.goto("/study?deck=1")
    assert [answer_by_key(page, "3") for _ in range(4)] == first
    saved(page)
    site.clock.move_to(MONDAY + timedelta(days=2))
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("1 to review")
    site.clock.move_to(MONDAY + timedelta(days=7))
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("4 to review")
    with site.app.extensions["database"].reading() as session:
        assert checking.check(session).faults == ()


def test_what_was_graded_below_good_comes_again_until_it_is_good(site: Site, open_browser: Open) -> None:
    page = open_browser()
    set_up(page, site)
    page.goto("/study")
    failed = answer_by_key(page, "1")
    hard = answer_by_key(page, "2")
    for _ in range(NEW_A_DAY - 2):
        answer_by_key(page, "4")
    assert [question(page), answer_by_key(page, "1")] == [failed, failed]
    assert answer_by_key(page, "3") == hard
    assert finish_by_key(page, "3") == [failed]


def test_undo_takes_back_answers_one_after_the_other_and_after_the_end(site: Site, open_browser: Open) -> None:
    page = open_browser()
    set_up(page, site)
    page.goto("/study")
    first, second, third = (answer_by_key(page, key) for key in "313")
    for expected in (third, second, first):
        expect(page.locator("form.undo")).to_be_visible() if expected != first else page.goto("/study/end")
        with page.expect_navigation():
            if expected != first:
                page.keyboard.press("u")
            else:
                page.get_by_role("button", name="Undo the last answer").click()
        expect(page.locator(".said")).to_contain_text("the card is back")
        assert question(page) == expected
    expect(page.locator("form.undo")).to_be_hidden()
    expect(page.locator("[data-left=new]")).to_have_text(str(NEW_A_DAY))
    assert site.recorded() == 6


def test_an_edit_of_the_file_keeps_the_progress(site: Site, open_browser: Open) -> None:
    page = open_browser()
    set_up(page, site)
    page.goto("/study?deck=1")
    answer_by_key(page, "4")
    deck = site.cards / "1-commands.md"
    deck.write_text(deck.read_text().replace("Which command number 1 is it?", "Which is the command number 1?"))
    site.import_decks()
    site.clock.move_to(MONDAY + timedelta(days=1))
    page.goto("/study?deck=1")
    assert question(page) == "Which is the command number 1?"
    expect(page.locator("[data-left=due]")).to_have_text("1")
