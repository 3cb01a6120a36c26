"""Today when the day's cards are done: only what shows a card is offered."""

import re
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import insert, update

from app import queue, setaside
from app.db import Database
from app.learner import Learner
from app.models import Import, User
from app.queue import Sitting
from tests.entrance import add_account
from tests.library import add_cards, add_deck, days, give, put_due
from tests.web.conftest import Browser

NEW_A_DAY = 20
_AN_IMPORT = {"root": "cards", "report": {"root": "cards", "files": []}}


@pytest.fixture
def deck_id(database: Database) -> int:
    """A deck of the library."""
    with database.writing() as session:
        return add_deck(session, "Docker")


@pytest.fixture
def done(database: Database, hanako: Learner, deck_id: int, now: datetime) -> list[int]:
    """The day's limit of new cards, all answered."""
    with database.writing() as session:
        cards = add_cards(session, deck_id, NEW_A_DAY)
        for card in cards:
            give(session, hanako, card, 4, now)
    return cards


def _more(browser: Browser, address: str) -> str:
    """The address of the link that asks for more new cards."""
    found = re.search(r'href="(/study\?[^"]*more=\d+)"[^>]*>([^<]+)<', browser.get(address).text)
    assert found is not None, f"no link to more new cards on {address}"
    assert found[2] in ("10 more new cards", "3 more new cards")
    return found[1].replace("&amp;", "&")


@pytest.mark.usefixtures("done")
def test_nothing_is_offered_that_would_show_no_card(browser: Browser) -> None:
    page = browser.text("/")
    assert "Done for today." in page
    assert "Study ahead" not in page
    assert "more new card" not in page


@pytest.mark.usefixtures("done")
def test_more_new_cards_are_offered_as_often_as_there_are_some(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    with database.writing() as session:
        further = add_cards(session, deck_id, 13)
    assert browser.get(_more(browser, "/")).status_code == 200
    with database.writing() as session:
        for card in further[:10]:
            give(session, hanako, card, 4, now)
    assert "3 more new cards" in browser.text("/")
    assert browser.get(_more(browser, "/")).status_code == 200
    assert browser.get(_more(browser, f"/decks/{deck_id}")).status_code == 200


def test_cards_of_days_to_come_are_offered(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    with database.writing() as session:
        put_due(session, hanako, add_cards(session, deck_id, 1), hanako.study_day(now) + days(3))
    for address in ("/", f"/decks/{deck_id}"):
        assert "Study ahead" in browser.text(address)
    assert browser.get("/study?ahead=1").status_code == 200


def test_a_deck_whose_cards_only_come_again_today_is_offered(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    with database.writing() as session:
        give(session, hanako, add_cards(session, deck_id, 1)[0], 2, now)
    for page in ("/", f"/decks/{deck_id}"):
        assert f'href="/study?deck={deck_id}"' in browser.get(page).text
    assert "<b>1</b> <small>due</small>" in browser.get("/").text


def test_the_day_s_limit_of_reviews_holds_for_each_deck_of_the_list(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    """A deck is not offered for cards that the day's limit holds back; what comes again today is under no limit."""
    with database.writing() as session:
        session.execute(update(User).values(reviews_per_day=2, new_per_day=0))
        inside = add_cards(session, add_deck(session, "Docker/Network"), 3)
        put_due(session, hanako, [*add_cards(session, deck_id, 3), *inside], hanako.study_day(now))
    assert _due(browser) == [2, 2]
    for grade, left in ((4, [1, 1]), (2, [1, 1])):
        with database.writing() as session:
            give(session, hanako, inside.pop(), grade, now)
        assert _due(browser) == left
    with database.writing() as session:
        session.execute(update(User).values(reviews_per_day=1))
    assert _due(browser) == [1, 1]


def test_tomorrow_brings_what_the_limit_of_reviews_held_back_today(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    today = hanako.study_day(now)
    with database.writing() as session:
        session.execute(update(User).values(reviews_per_day=2, new_per_day=0))
        cards = add_cards(session, deck_id, 6)
        put_due(session, hanako, cards[:5], today - days(2))
        put_due(session, hanako, cards[5:], today + days(1), reviewed_on=today - days(5))
    assert _week(browser) == [2, 2, 0, 0, 0, 0, 0]
    with database.writing() as session:
        for card in cards[:2]:
            give(session, hanako, card, 4, now)
    assert "Done for today. Tomorrow: 2." in browser.text("/")
    assert "Tomorrow: 2." in browser.text("/study/end")
    with database.reading() as session:
        limited = replace(hanako, reviews_per_day=2, new_per_day=0)
        assert queue.left(session, Sitting(limited, today + days(1))).due == 2


def test_tomorrow_brings_what_is_hidden_until_then(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    with database.writing() as session:
        cards = add_cards(session, deck_id, 2)
        put_due(session, hanako, cards, hanako.study_day(now) - days(1))
    assert _week(browser) == [0] * 7
    with database.writing() as session:
        setaside.bury(session, hanako, cards[0], hanako.study_day(now))
        setaside.suspend(session, hanako, cards[1])
    assert "Done for today. Tomorrow: 1." in browser.text("/")


def test_the_last_import_is_the_newest_that_stands_of_the_library_and_of_own_decks(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    other = add_account(database, "taro")
    with database.writing() as session:
        for number, (owner, undone) in enumerate([(None, None), (hanako.id, None), (None, now), (other.id, None)], 1):
            session.execute(insert(Import).values(id=number, owner_id=owner, undone_at=undone, **_AN_IMPORT, at=now))
    assert re.findall(r'href="(/imports/\d+)"', browser.get("/").text) == ["/imports/2"]


def _week(browser: Browser) -> list[int]:
    """What the next seven days bring."""
    table = browser.get("/").text.partition('class="forecast"')[2]
    return [int(found) for found in re.findall(r"<td>(\d+)<svg", table)]


def _due(browser: Browser) -> list[int]:
    """The due cards of each deck in the list."""
    return [int(found) for found in re.findall(r"<b>(\d+)</b> <small>due</small>", browser.get("/").text)]


def test_the_end_of_a_decks_sitting_does_not_say_that_the_day_is_done(browser: Browser, deck_id: int) -> None:
    assert "Done with this deck for today" in browser.text(f"/study/end?deck={deck_id}")
    assert "Done for today" in browser.text("/study/end")


def test_a_pause_without_answers_does_not_say_that_nothing_was_due(
    browser: Browser, database: Database, deck_id: int
) -> None:
    assert "Nothing was due." in browser.text("/study/end")
    with database.writing() as session:
        add_cards(session, deck_id, 2)
    page = browser.text("/study/end")
    assert "2 cards are left for today." in page
    assert "Nothing was due." not in page
