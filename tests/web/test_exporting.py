"""A deck as a file, from its page."""

import pytest
from sqlalchemy import update

from app.db import Database
from app.decks.reading import read_deck_file
from app.models import Deck
from tests.library import add_deck
from tests.web.conftest import Browser

pytestmark = pytest.mark.usefixtures("cards")


def test_an_exported_deck_reads_back_to_its_notes(browser: Browser, deck_id: int) -> None:
    page = browser.get(f"/decks/{deck_id}/export")
    assert page.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert page.headers["Content-Disposition"] == "attachment; filename=Network.md"
    file = read_deck_file(page.data, "other.md")
    assert (file.deck, file.language, file.problems) == ("Docker/Network", "en", ())
    assert [(note.front, note.back) for note in file.notes] == [(f"front {n}", f"back {n}") for n in range(3)]


def test_a_deck_that_only_has_decks_below_it_is_not_exported_as_an_empty_file(
    browser: Browser, database: Database, deck_id: int
) -> None:
    with database.writing() as session:
        above = add_deck(session, "Docker")
    page = browser.get(f"/decks/{above}/export")
    assert page.status_code == 404
    assert "Content-Disposition" not in page.headers
    sentence = "The deck &#34;Docker&#34; has no notes of its own; choose one below it: Docker/Network"
    assert sentence in page.get_data(as_text=True)


def test_a_title_cannot_break_out_of_the_name_of_an_exported_file(
    browser: Browser, database: Database, deck_id: int
) -> None:
    with database.writing() as session:
        session.execute(update(Deck).values(title='../"a"\r\nSet-Cookie: b'))
    header = browser.get(f"/decks/{deck_id}/export").headers["Content-Disposition"]
    assert header == 'attachment; filename="--a---Set-Cookie- b.md"'
