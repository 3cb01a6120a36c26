"""Prepared statements give what SQLAlchemy gives, for less."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, event, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Database
from app.learner import Learner
from app.models import Deck, Review, Schedule, User
from app.prepared import Prepared, prepared
from tests.conftest import NOW
from tests.library import TODAY, add_cards, add_deck, give, put_due

DUE = select(Schedule.card_id, Schedule.due, Schedule.answered_at, Schedule.suspended).where(
    Schedule.user_id == bindparam("user"), Schedule.due <= bindparam("today"), Schedule.repetitions == 2
)
BY_PATH = select(Deck.id).where(Deck.path == bindparam("path"))


@pytest.fixture
def cards(session: Session, learner: Learner) -> list[int]:
    """Three cards that are due."""
    made = add_cards(session, add_deck(session, "Docker"), 3)
    put_due(session, learner, made, TODAY)
    return made


def test_rows_are_those_of_sqlalchemy_with_their_types(session: Session, learner: Learner, cards: list[int]) -> None:
    """Days, moments and truth values come back as such, constants of the statement are sent along."""
    parameters = {"user": learner.id, "today": TODAY}
    rows = Prepared(DUE).all(session, parameters)
    assert rows == session.execute(DUE, parameters).all()
    assert [row.card_id for row in rows] == cards
    assert type(rows[0].due) is date
    assert rows[0].answered_at.tzinfo is not None
    assert rows[0].suspended is False


def test_what_is_not_there_is_none(session: Session) -> None:
    """Neither a first row nor a scalar."""
    assert Prepared(BY_PATH).first(session, {"path": "nowhere"}) is None
    assert Prepared(BY_PATH).scalar(session, {"path": "nowhere"}) is None


def test_ids_are_stored_as_sqlalchemy_stores_them(session: Session, learner: Learner, cards: list[int]) -> None:
    """A UUID that was bound by one is found by the other."""
    given = uuid4()
    give(session, learner, cards[0], 4, NOW, given_id=given)
    assert session.execute(select(Review.card_id).where(Review.id == given)).scalar_one() == cards[0]


def test_a_missing_parameter_is_an_error_and_never_null(session: Session) -> None:
    """No statement runs with a value that nobody gave."""
    with pytest.raises(KeyError, match="path"):
        Prepared(BY_PATH).all(session, {})


@pytest.mark.sqlite
def test_errors_of_the_database_are_those_of_sqlalchemy(session: Session, learner: Learner) -> None:
    """The pages know what to say about them."""
    name = select(User.name_key).where(User.id == learner.id)
    again = Prepared(insert(Deck).values(id=bindparam("id"), path=name.scalar_subquery()))
    with pytest.raises(IntegrityError, match="NOT NULL constraint failed: decks"):
        again.run(session, {"id": 7})


def test_who_listens_to_the_engine_sees_the_statement(database: Database) -> None:
    """Prepared statements hide from nobody."""
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *sent: seen.append(sent[2]))
    with database.reading() as session:
        assert Prepared(BY_PATH).all(session, {"path": "nowhere"}) == []
    assert any("FROM decks" in statement for statement in seen)


def test_a_kept_statement_is_prepared_once() -> None:
    """Composing and compiling cost more than running."""
    assert prepared(BY_PATH) is prepared(BY_PATH)
