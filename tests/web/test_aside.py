"""Cards set aside, from their page and in a sitting: what is said, and what takes it back."""

import re
from html import unescape

import pytest

from app.db import Database
from app.learner import Learner
from tests.library import schedule_of
from tests.web.conftest import Browser

ACTS = pytest.mark.parametrize(
    ("act", "line", "state", "back", "line_then"),
    [
        ("mark", "Marked.", "marked", "mark/end", "The mark is off."),
        ("suspension", "Suspended until you call it back.", "suspended", "suspension/end", "Called back."),
        ("burial", "Hidden until tomorrow.", "hidden until tomorrow", "burial/end", "No longer hidden."),
    ],
)
"""What may be done to a card: what is said, how the card's page marks it, what takes it back, what is said then."""


@ACTS
def test_a_card_is_set_aside_and_brought_back_on_its_page(
    browser: Browser, cards: list[int], act: str, line: str, state: str, back: str, line_then: str
) -> None:
    own = f"/cards/{cards[0]}"
    answer = browser.post(f"{own}/{act}?page=1", page=own)
    assert answer.location == own
    page = browser.get(own).text
    assert line in page
    assert f'<span class="tag">{state}</span>' in page
    assert browser.post(f"{own}/{back}?page=1", page=own).location == own
    page = browser.get(own).text
    assert line_then in page
    assert f'<span class="tag">{state}</span>' not in page


def line_of(browser: Browser, address: str) -> str:
    """The quiet line of a page."""
    line = re.search(r'<div class="said" role="status">(.*?)</div>', browser.get(address).text, re.DOTALL)
    assert line, address
    return re.sub(r"<[^>]*>", "", line[1]).strip()


def undo_of(browser: Browser, address: str) -> tuple[str, str]:
    """Where the line of a page in a sitting leads to take back what it tells of, and the words of that button."""
    form = re.search(r'<form class="undo".*?</form>', browser.get(address).text, re.DOTALL)
    assert form, address
    action = re.search(r'action="([^"]*)"', form.group())
    words = re.search(r"<span>([^<]*)</span>", form.group())
    assert action, form.group()
    assert words, form.group()
    return unescape(action[1]), words[1]


@ACTS
def test_what_is_done_to_a_card_in_a_sitting_is_said_and_undone_there(
    browser: Browser, deck_id: int, cards: list[int], act: str, line: str, state: str, back: str, line_then: str
) -> None:
    """Undo means what the line tells of, and not the answer before; it shows the card again, and can be undone too."""
    place = f"deck={deck_id}&more=10"
    own = f"/cards/{cards[0]}"
    done = browser.post(f"{own}/{act}?{place}").location
    assert done.startswith(f"/study?{place}&aside=")
    assert line_of(browser, done) == line
    undo, words = undo_of(browser, done)
    assert (undo, words) == (f"{own}/{back}?back={cards[0]}&{place}", "Undo")
    assert f'<span class="tag">{state}</span>' in browser.get(own).text
    undone = browser.post(undo).location
    assert line_of(browser, undone) == line_then
    assert f'data-card="{cards[0]}"' in browser.get(undone).text
    assert undo_of(browser, undone) == (f"{own}/{act}?back={cards[0]}&{place}", "Undo")


def test_an_aside_in_a_sitting_leads_back_to_it(browser: Browser, deck_id: int, cards: list[int]) -> None:
    place = f"deck={deck_id}&ahead=1&more=10"
    answer = browser.post(f"/cards/{cards[0]}/mark?{place}&back={cards[0]}")
    assert answer.location == f"/study?{place}&card={cards[0]}&aside=marked&of={cards[0]}"
    assert browser.post(f"/cards/{cards[0]}/burial?{place}").location == f"/study?{place}&aside=hidden&of={cards[0]}"


def test_an_aside_in_a_sitting_on_everything_leads_back_to_it(browser: Browser, cards: list[int]) -> None:
    assert browser.post(f"/cards/{cards[0]}/suspension").location == f"/study?aside=suspended&of={cards[0]}"


def test_a_mark_leaves_its_card_on_the_page(browser: Browser, cards: list[int]) -> None:
    marked = browser.post(f"/cards/{cards[1]}/mark?back={cards[1]}").location
    assert marked == f"/study?card={cards[1]}&aside=marked&of={cards[1]}"
    assert f'data-card="{cards[1]}"' in browser.get(marked).text


def test_a_script_is_told_where_to_go(browser: Browser, cards: list[int]) -> None:
    token = browser.get(f"/study?card={cards[0]}").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {"Accept": "application/json"}
    reply = browser.client.post(f"/cards/{cards[0]}/burial", data={"csrf_token": token}, headers=headers)
    assert reply.json == {"location": f"/study?aside=hidden&of={cards[0]}"}


def test_setting_the_last_card_aside_is_undone_at_the_end(
    browser: Browser, database: Database, hanako: Learner, cards: list[int]
) -> None:
    for card in cards[:2]:
        browser.post(f"/cards/{card}/suspension?page=1")
    suspended = browser.post(f"/cards/{cards[2]}/suspension").location
    end = browser.get(suspended).location
    assert end == f"/study/end?aside=suspended&of={cards[2]}"
    assert line_of(browser, end) == "Suspended until you call it back."
    browser.post(undo_of(browser, end)[0])
    with database.reading() as session:
        assert [schedule_of(session, hanako, card).suspended for card in cards] == [True, True, False]


def test_an_address_that_is_gone_back_to_does_not_say_what_is_no_longer_so(browser: Browser, cards: list[int]) -> None:
    suspended = browser.post(f"/cards/{cards[0]}/suspension").location
    browser.post(undo_of(browser, suspended)[0])
    assert line_of(browser, suspended) == ""


@pytest.mark.parametrize("claim", ["aside=suspended&of=987654", "aside=exploded&of=1", "aside=marked", "aside=&of=x"])
def test_an_address_cannot_claim_what_was_not_done(browser: Browser, cards: list[int], claim: str) -> None:
    assert line_of(browser, f"/study?{claim}") == ""


def test_without_a_line_undo_says_that_it_means_an_answer(browser: Browser, cards: list[int]) -> None:
    page = browser.get(f"/study?card={cards[0]}").text
    fields = dict(re.findall(r'name="(csrf_token|review|revision)" value="([^"]*)"', page.partition("grades")[2]))
    after = browser.client.post(f"/cards/{cards[0]}/reviews", data={**fields, "grade": "4"}).location
    assert undo_of(browser, after)[1] == "Undo"
    assert undo_of(browser, "/study")[1] == "Undo the last answer"
