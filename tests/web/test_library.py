"""The pages of a deck and of a card, and setting cards aside."""

from datetime import datetime
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from app import setaside
from app.db import Database
from app.decks.problems import problem
from app.learner import Learner
from app.models import Card, Deck, Note, Review
from tests.entrance import add_account
from tests.library import add_cards, add_deck, days, give, put_due, retire, schedule_of
from tests.web.conftest import Browser, entered, shown


def test_a_deck_shows_its_file_and_its_notes_with_both_sides(browser: Browser, deck_id: int, cards: list[int]) -> None:
    page = browser.text(f"/decks/{deck_id}")
    assert "Docker › Network · Docker/Network.md · dialect qa · language en" in page
    assert page.index("front 0 back 0") < page.index("front 1 back 1") < page.index("front 2 back 2")


def test_a_deck_tells_how_far_its_cards_are(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, now: datetime
) -> None:
    today = hanako.study_day(now)
    with database.writing() as session:
        _new, young, mature, suspended = add_cards(session, deck_id, 4)
        put_due(session, hanako, [young], today)
        put_due(session, hanako, [mature], today + days(30), interval=30, lapses=8)
        setaside.suspend(session, hanako, suspended)
    page = browser.text(f"/decks/{deck_id}")
    assert "due today 1 new today 1 new 1 young 1 mature 1 suspended 1" in page
    assert "due now · interval 6 days" in page
    assert "in 30 days · interval 30 days leech" in page
    assert "Study this deck" in page


def test_the_problems_of_a_deck_file_stand_with_line_and_remedy(
    browser: Browser, database: Database, deck_id: int
) -> None:
    found = problem(7, "second-answer", start=3)
    with database.writing() as session:
        session.execute(update(Deck).values(problems=[found._asdict()]))
    page = browser.get(f"/decks/{deck_id}")
    assert page.text.count('id="problems"') == 1
    assert f"line 7 {found.message % found.details} {found.remedy % found.details}" in shown(page)


def test_a_deck_shows_fifty_cards_a_page(browser: Browser, database: Database, deck_id: int) -> None:
    with database.writing() as session:
        add_cards(session, deck_id, 120)
    first, second = browser.get(f"/decks/{deck_id}"), browser.get(f"/decks/{deck_id}?from=50")
    assert "front 49<" in first.text
    assert "front 50<" not in first.text
    assert f"/decks/{deck_id}?from=50" in first.text
    assert "front 50<" in second.text
    assert f"/decks/{deck_id}?from=0" in second.text
    assert f"/decks/{deck_id}?from=100" in second.text


@pytest.mark.parametrize("begins", ["-1", "x", "99999999999999999999999"])
def test_a_page_that_is_not_there_is_no_error(browser: Browser, deck_id: int, cards: list[int], begins: str) -> None:
    assert browser.get(f"/decks/{deck_id}?from={begins}").status_code == 200


def test_the_cards_of_one_note_stand_together(browser: Browser, database: Database, deck_id: int) -> None:
    with database.writing() as session:
        add_cards(session, deck_id, 1, siblings=2)
        session.execute(update(Note).values(kind="reversed"))
    page = browser.text(f"/decks/{deck_id}")
    assert page.count("front 0 back 0") == 1
    assert "front to back new" in page
    assert "back to front new" in page


def test_a_cloze_stands_once_with_a_card_for_each_deletion(browser: Browser, database: Database, deck_id: int) -> None:
    with database.writing() as session:
        add_cards(session, deck_id, 1, siblings=2)
        session.execute(
            update(Note).values(
                kind="cloze", front="alpha beta", back="", deletions=[["alpha", 0, 1, ""], ["beta", 6, 2, ""]]
            )
        )
    page = browser.text(f"/decks/{deck_id}")
    assert page.count("alpha beta") == 1
    assert "Card: alpha new" in page
    assert "Card: beta new" in page


def test_a_deck_links_the_decks_below_it(browser: Browser, database: Database) -> None:
    with database.writing() as session:
        above = add_deck(session, "Docker")
        add_cards(session, add_deck(session, "Docker/Network", position=1), 2)
        add_deck(session, "Dockerfile", position=2)
    page = browser.text(f"/decks/{above}")
    assert "Decks below Network 0 due 2 new" in page
    assert "Dockerfile" not in page.partition("Decks below")[2]


def test_a_card_shows_sides_schedule_and_place(
    browser: Browser, database: Database, hanako: Learner, cards: list[int], now: datetime
) -> None:
    with database.writing() as session:
        put_due(session, hanako, [cards[1]], hanako.study_day(now) + days(3), lapses=2)
    page = browser.text(f"/cards/{cards[1]}")
    assert "front 1 back 1" in page
    assert "Docker/Network.md, line 4" in page
    assert "Back in 3 days, on " in page
    assert "interval 6 days passed in a row 2 lapses 2 easiness 2.50" in page


def test_a_card_shows_its_log_newest_first_and_strikes_what_was_undone(
    browser: Browser, database: Database, hanako: Learner, cards: list[int], now: datetime
) -> None:
    undone = uuid4()
    with database.writing() as session:
        give(session, hanako, cards[0], 4, now - days(1))
        give(session, hanako, cards[0], 3, now)
        give(session, hanako, cards[0], 4, now + days(0), given_id=undone)
    browser.post(f"/reviews/{undone}/undo", undo=str(uuid4()))
    page = browser.get(f"/cards/{cards[0]}").text
    log = page[page.index("<tbody>") :]
    assert log.index("<s>Good</s>") < log.index("<td>Hard</td>") < log.index("<td>Good</td>")
    assert log.count("scheduled") == 2
    assert "undone" in log
    assert "<td>6 days</td>" in log


def test_an_answer_out_of_turn_is_called_a_drill(
    browser: Browser, database: Database, hanako: Learner, cards: list[int], now: datetime
) -> None:
    with database.writing() as session:
        give(session, hanako, cards[0], 3, now)
        give(session, hanako, cards[0], 4, now)
    page = browser.text(f"/cards/{cards[0]}")
    assert "Good drill 1 day" in page
    assert "Hard scheduled 1 day" in page


def test_a_reset_asks_first_and_makes_the_card_new_once(
    browser: Browser, database: Database, hanako: Learner, cards: list[int], now: datetime
) -> None:
    with database.writing() as session:
        give(session, hanako, cards[0], 4, now)
    own = f"/cards/{cards[0]}"
    assert "<summary>Make it new again</summary>" in browser.get(own).text
    reset_id = str(uuid4())
    for _time in range(2):
        assert browser.post(f"{own}/resets?page=1", page=own, reset=reset_id).location == own
    assert "New: it has not been reviewed yet." in browser.text(own)
    with database.reading() as session:
        assert session.query(Review).filter_by(kind="reset").count() == 1


def test_a_whole_deck_is_suspended_and_called_back(
    browser: Browser, database: Database, hanako: Learner, deck_id: int, cards: list[int]
) -> None:
    own = f"/decks/{deck_id}"
    assert browser.post(f"{own}/suspension", page=own).location == own
    assert "All cards of this deck are suspended." in browser.text(own)
    with database.reading() as session:
        assert all(schedule_of(session, hanako, card).suspended for card in cards)
    assert browser.post(f"{own}/suspension/end", page=own).location == own
    with database.reading() as session:
        assert not any(schedule_of(session, hanako, card).suspended for card in cards)


def test_a_retired_card_keeps_its_page(browser: Browser, database: Database, cards: list[int]) -> None:
    with database.writing() as session:
        retire(session, [cards[0]])
    assert "No longer in its deck file; kept with its log." in browser.text(f"/cards/{cards[0]}")


_OF_OTHERS = [
    ("GET", "/decks/{deck}"),
    ("GET", "/decks/{deck}/export"),
    ("GET", "/cards/{card}"),
    ("POST", "/cards/{card}/mark"),
    ("POST", "/cards/{card}/mark/end"),
    ("POST", "/cards/{card}/suspension"),
    ("POST", "/cards/{card}/suspension/end"),
    ("POST", "/cards/{card}/burial"),
    ("POST", "/cards/{card}/burial/end"),
    ("POST", "/cards/{card}/resets"),
    ("POST", "/decks/{deck}/suspension"),
    ("POST", "/decks/{deck}/suspension/end"),
]


@pytest.mark.parametrize(("method", "route"), _OF_OTHERS)
def test_what_belongs_to_others_looks_like_what_does_not_exist(
    app: Flask, database: Database, hanako: Learner, method: str, route: str
) -> None:
    add_account(database, "taro")
    with database.writing() as session:
        deck_id = add_deck(session, "Secret", owner=hanako)
        card_id = add_cards(session, deck_id, 1)[0]
    taro = entered(app, "taro")
    found = [
        taro.get(address) if method == "GET" else taro.post(address, reset=str(uuid4()))
        for address in (route.format(deck=deck_id, card=card_id), route.format(deck=987654, card=987654))
    ]
    assert [page.status_code for page in found] == [404, 404]
    assert found[0].text.replace(str(deck_id), "#") == found[1].text.replace("987654", "#").replace(str(deck_id), "#")


@pytest.mark.parametrize(("method", "route"), _OF_OTHERS)
def test_without_a_login_every_page_leads_to_the_log_in(
    stranger: Browser, hanako: Learner, method: str, route: str
) -> None:
    address = route.format(deck=1, card=1)
    page = stranger.get(address) if method == "GET" else stranger.post(address, page="/log-in")
    assert page.status_code == 302
    assert page.location.startswith("/log-in")


@pytest.mark.parametrize("route", [route for method, route in _OF_OTHERS if method == "POST"])
def test_a_forged_form_is_refused(browser: Browser, deck_id: int, cards: list[int], route: str) -> None:
    page = browser.client.post(route.format(deck=deck_id, card=cards[0]))
    assert page.status_code == 400
    assert "This page was too old to be sent; nothing was changed." in page.text


def test_a_retired_deck_says_that_its_file_is_gone(
    browser: Browser, database: Database, deck_id: int, cards: list[int], now: datetime
) -> None:
    with database.writing() as session:
        retire(session, cards)
        session.execute(update(Deck).values(retired_at=now))
    page = browser.text(f"/decks/{deck_id}")
    assert "The file of this deck is gone. Its cards are kept, with their logs, until it is back." in page
    assert "Study" not in page.partition("The file of this deck is gone.")[2]


def test_the_page_of_a_card_leads_back_to_the_sitting_it_was_opened_from(
    browser: Browser, deck_id: int, cards: list[int]
) -> None:
    sitting = f"/cards/{cards[0]}?sitting=1&deck={deck_id}&ahead=1&more=10"
    back = f'href="/study?deck={deck_id}&amp;ahead=1&amp;more=10&amp;card={cards[0]}"'
    assert sitting.replace("&", "&amp;") in browser.get(f"/study?deck={deck_id}&ahead=1&more=10&card={cards[0]}").text
    assert back in browser.get(sitting).text
    marked = browser.post(f"/cards/{cards[0]}/mark?page=1&{sitting.partition('?')[2]}", page=sitting)
    assert back in browser.get(marked.location).text
    assert "Back to studying" not in browser.text(f"/cards/{cards[0]}")


def test_the_way_back_to_a_sitting_never_leads_elsewhere(browser: Browser, cards: list[int]) -> None:
    page = browser.get(f"/cards/{cards[0]}?sitting=//evil.example&deck=//evil.example&back=//evil.example")
    assert f'href="/study?deck=//evil.example&amp;card={cards[0]}"' in page.text
    assert 'href="//' not in page.text


def test_a_card_set_aside_is_not_shown_on_the_way_back(browser: Browser, cards: list[int]) -> None:
    own = f"/cards/{cards[0]}?sitting=1"
    page = browser.get(browser.post(f"/cards/{cards[0]}/suspension?page=1&sitting=1", page=own).location)
    assert '<a href="/study">' in page.text


@pytest.mark.parametrize(
    ("grade", "standing", "short"),
    [(2, "Again today, then tomorrow, on ", "again today"), (4, "Back tomorrow, on ", "tomorrow")],
)
def test_a_card_that_comes_again_today_says_so(
    browser: Browser,
    database: Database,
    hanako: Learner,
    deck_id: int,
    cards: list[int],
    now: datetime,
    grade: int,
    standing: str,
    short: str,
) -> None:
    with database.writing() as session:
        give(session, hanako, cards[0], grade, now)
    assert standing in browser.text(f"/cards/{cards[0]}")
    assert f"line 1 {short} · interval 1 day" in browser.text(f"/decks/{deck_id}")


def test_a_deck_marks_every_deletion_of_a_cloze(browser: Browser, database: Database, deck_id: int) -> None:
    with database.writing() as session:
        add_cards(session, deck_id, 1, siblings=2)
        spans = [["alpha", 0, 1, ""], ["beta", 6, 2, ""]]
        session.execute(update(Note).values(kind="cloze", front="alpha beta", back="", deletions=spans))
    page = browser.get(f"/decks/{deck_id}").text
    assert all(f'<mark class="deletion filled">{word}</mark>' in page for word in ("alpha", "beta"))


def test_a_deck_that_only_holds_others_counts_no_stages_of_its_own(browser: Browser, database: Database) -> None:
    with database.writing() as session:
        above = add_deck(session, "Docker")
        below = add_deck(session, "Docker/Network", position=1)
        add_cards(session, below, 2)
    assert "due today 0 new today 2 Study this deck" in browser.text(f"/decks/{above}")
    assert "new today 2 new 2 young 0 mature 0 suspended 0" in browser.text(f"/decks/{below}")


def test_a_card_without_a_file_order_is_left_out_of_the_figures(
    browser: Browser, database: Database, deck_id: int, cards: list[int]
) -> None:
    with database.writing() as session:
        session.execute(update(Card).where(Card.id == cards[0]).values(position=None))
    assert "new 2 young 0 mature 0 suspended 0" in browser.text(f"/decks/{deck_id}")
