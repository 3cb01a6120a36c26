"""Deleting an account."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app import logins, throttle
from app.closing import delete_account
from app.errors import NotFoundError, RefusedError
from app.learner import Learner
from app.models import (
    Base,
    DeckMedium,
    Import,
    ImportChange,
    ImportMedium,
    Medium,
    Note,
    Rendering,
    Review,
    Throttle,
    User,
)
from app.setup_code import claim_server
from app.srs.sm2 import Grade
from tests.conftest import NOW, add_learner
from tests.entrance import HOME, PASSWORD, QUICK
from tests.library import add_cards, add_deck, give, put_due

TODAY = date(2026, 3, 2)


def rows(session: Session) -> dict[str, int]:
    """How many rows each table holds, without those that hold none."""
    counts = {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }
    return {name: count for name, count in counts.items() if count}


def live(session: Session, learner: Learner) -> None:
    """Fill every table for a learner: a deck of their own, progress on it, logins, counts, imports."""
    deck = add_deck(session, f"Own/{learner.name}", owner=learner)
    cards = add_cards(session, deck, 2, siblings=2)
    put_due(session, learner, cards[:1], TODAY)
    give(session, learner, cards[1], Grade.GOOD)
    logins.make_login(session, learner.id, "", NOW)
    throttle.know_address(session, learner.name, HOME, NOW)
    throttle.count_attempt(session, throttle.password_lanes(learner.id), NOW)
    note = session.scalar(select(Note.id).where(Note.deck_id == deck))
    own_import = add_import(session, user_id=learner.id, owner_id=learner.id)
    session.add(ImportChange(import_id=own_import, deck_id=None, note_id=note, before=None))
    picture = f"{learner.name}'s picture".encode()
    session.add(Medium(sha256=picture, type="image/png", bytes=b""))
    session.flush()
    session.add(DeckMedium(deck_id=deck, name="own.png", sha256=picture))
    session.add(ImportMedium(import_id=own_import, sha256=picture))
    session.add(Rendering(key=f"{learner.name}'s note".encode(), renderer="1", html="<p>own</p>"))
    session.flush()


def add_import(session: Session, **of: Any) -> int:
    """An import; its id."""
    values = {"at": NOW, "root": "", "report": {}, "undone_at": None} | of
    return session.execute(insert(Import).returning(Import.id), values).scalar_one()


def test_everything_that_is_only_the_accounts_own_goes(session: Session) -> None:
    learner = add_learner(session, "hanako")
    live(session, learner)
    filled = {table.name for table in Base.metadata.sorted_tables} - {"setup_codes"}
    assert set(rows(session)) == filled
    add_learner(session, "taro", is_admin=True)
    delete_account(session, learner, "hanako", NOW)
    assert rows(session) == {"users": 1}


def test_what_belongs_to_others_stays(session: Session) -> None:
    stranger = add_learner(session, "taro")
    live(session, stranger)
    session.query(Rendering).delete()
    before = rows(session)
    learner = add_learner(session, "hanako")
    live(session, learner)
    delete_account(session, learner, "hanako", NOW)
    assert rows(session) == before


def test_an_import_of_the_library_stays_and_forgets_who_asked_for_it(session: Session) -> None:
    learner = add_learner(session, "hanako")
    library_import = add_import(session, user_id=learner.id, owner_id=None)
    delete_account(session, learner, "hanako", NOW)
    assert session.scalars(select(Import.user_id).where(Import.id == library_import)).one() is None


def test_progress_on_the_library_goes_and_the_library_stays(session: Session) -> None:
    learner = add_learner(session, "hanako")
    deck = add_deck(session, "Docker")
    cards = add_cards(session, deck, 3)
    give(session, learner, cards[0], Grade.GOOD)
    session.add(Rendering(key=b"a note of the library", renderer="1", html="<p>shared</p>"))
    delete_account(session, learner, "hanako", NOW)
    assert rows(session) == {"decks": 1, "notes": 3, "cards": 3, "renderings": 1, "setup_codes": 1}


def test_the_name_is_free_again(session: Session) -> None:
    delete_account(session, add_learner(session, "hanako"), "hanako", NOW)
    assert add_learner(session, "hanako").name == "hanako"


def test_the_name_may_be_typed_in_any_case_and_width(session: Session) -> None:
    delete_account(session, add_learner(session, "hanako"), " ＨＡＮＡＫＯ", NOW)
    assert session.scalars(select(User)).all() == []


@pytest.mark.parametrize("typed", ["", "taro", "hanak"])
def test_another_name_deletes_nothing(session: Session, typed: str) -> None:
    learner = add_learner(session, "hanako")
    live(session, learner)
    before = rows(session)
    with pytest.raises(RefusedError) as refused:
        delete_account(session, learner, typed, NOW)
    assert str(refused.value) == (
        'The name typed is not that of this account; type "hanako" to delete it. Nothing was deleted'
    )
    assert rows(session) == before


def test_the_last_administrator_stays_while_there_are_other_accounts(session: Session) -> None:
    administrator = add_learner(session, "hanako", is_admin=True)
    add_learner(session, "taro")
    with pytest.raises(RefusedError) as refused:
        delete_account(session, administrator, "hanako", NOW)
    assert str(refused.value) == (
        "This is the last administrator, and there are other accounts; make another administrator first "
        '("oboegaki user add NAME --admin"). Nothing was deleted'
    )
    assert rows(session) == {"users": 2}


def test_one_of_two_administrators_may_go(session: Session) -> None:
    administrator = add_learner(session, "hanako", is_admin=True)
    add_learner(session, "taro", is_admin=True)
    delete_account(session, administrator, "hanako", NOW)
    assert session.scalars(select(User.name)).all() == ["taro"]


def test_the_only_account_may_go_though_it_is_the_administrator(session: Session) -> None:
    code = delete_account(session, add_learner(session, "hanako", is_admin=True), "hanako", NOW)
    assert rows(session) == {"setup_codes": 1}
    assert code is not None
    assert claim_server(session, code, "taro", PASSWORD, "UTC", "", NOW, QUICK).is_admin


def test_while_there_is_another_account_no_code_is_made(session: Session) -> None:
    add_learner(session, "hanako", is_admin=True)
    assert delete_account(session, add_learner(session, "taro"), "taro", NOW) is None
    assert rows(session) == {"users": 1}


def test_the_log_of_an_account_that_stays_cannot_be_deleted(session: Session) -> None:
    learner = add_learner(session, "hanako")
    give(session, learner, add_cards(session, add_deck(session, "Docker"), 1)[0], Grade.GOOD)
    with pytest.raises(DatabaseError, match="reviews are append-only"):
        session.query(Review).delete()
    session.rollback()


def test_a_second_deletion_finds_nothing(session: Session) -> None:
    learner = add_learner(session, "hanako")
    delete_account(session, learner, "hanako", NOW)
    with pytest.raises(NotFoundError) as missing:
        delete_account(session, learner, "hanako", NOW)
    assert str(missing.value) == "This account was deleted in the meantime; nothing was changed"


def test_counts_of_strangers_who_guessed_at_the_name_go_too(session: Session) -> None:
    learner = add_learner(session, "hanako")
    throttle.count_attempt(session, throttle.log_in_lanes(session, "hanako", "203.0.113.1", NOW), NOW)
    delete_account(session, learner, "hanako", NOW)
    assert [key.partition(":")[0] for key in session.scalars(select(Throttle.key))] == ["address"]
