"""Studying ahead is practice: what its buttons promise is what then happens."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from app.db import Database
from app.learner import Learner
from app.models import Schedule
from tests.library import days, give
from tests.web.conftest import Browser

_BUTTON = re.compile(r'name="grade" value="(\d)"[^>]*>(.*?)</button>', re.DOTALL)
AHEAD = "/study?ahead=1"


@pytest.fixture
def ahead(database: Database, hanako: Learner, cards: list[int], now: datetime) -> int:
    """The first of three cards that are due in three days, and were to come again on the day of their last review."""
    with database.writing() as session:
        for card in cards:
            give(session, hanako, card, 4, now - days(4))
            give(session, hanako, card, 3, now - days(3))
    return cards[0]


def promises(browser: Browser, address: str) -> dict[int, str]:
    """What stands on the buttons of a page's first card, by grade."""
    first = browser.get(address).text.partition('<template id="upcoming">')[0]
    return {int(grade): words.partition("<small>")[2].partition("<")[0] for grade, words in _BUTTON.findall(first)}


def answer(browser: Browser, card: int, grade: int, address: str) -> str:
    """The text of the page after an answer."""
    fields = dict(re.findall(r'name="(review|revision)" value="([^"]+)"', browser.get(address).text)[:2])
    reply = browser.post(
        f"/cards/{card}/reviews{address.removeprefix('/study')}", page=address, grade=f"{grade}", **fields
    )
    assert reply.location is not None, reply.text
    return browser.text(reply.location)


def test_no_button_promises_that_a_card_studied_ahead_comes_again_today(browser: Browser, ahead: int) -> None:
    assert promises(browser, AHEAD) == dict.fromkeys((2, 3, 4, 5), "enough for today")


def test_a_failed_card_studied_ahead_is_back_on_its_day(
    browser: Browser, database: Database, hanako: Learner, ahead: int, now: datetime
) -> None:
    assert "Again: back in 3 days" in answer(browser, ahead, 2, AHEAD)
    with database.reading() as session:
        due = session.scalar(select(Schedule.due).where(Schedule.card_id == ahead))
    assert due == hanako.study_day(now) + days(3)
    assert "Back in 3 days, on " in browser.text(f"/cards/{ahead}")


def test_a_card_that_comes_again_today_is_promised_to_do_so(
    browser: Browser, database: Database, hanako: Learner, cards: list[int], now: datetime
) -> None:
    with database.writing() as session:
        for card in cards:
            give(session, hanako, card, 2, now)
    once_more, enough = "again today", "enough for today"
    assert promises(browser, "/study") == {2: once_more, 3: once_more, 4: enough, 5: enough}
    assert "Hard: comes back today" in answer(browser, cards[0], 3, "/study")
