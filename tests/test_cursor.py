"""The cursor of new cards: a shortcut that never hides a new card."""

from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import cursor, queue, setaside, study
from app.learner import Learner
from app.models import NewCursor
from app.queue import Sitting
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, retire


@pytest.fixture
def deck(session: Session) -> int:
    """A deck of the library."""
    return add_deck(session, "Docker")


def begins(session: Session, learner: Learner, deck_id: int) -> int | None:
    key = (NewCursor.user_id == learner.id, NewCursor.deck_id == deck_id)
    return session.execute(select(NewCursor.position).where(*key)).scalar()


def test_a_deck_without_a_cursor_begins_at_its_first_card(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 2)
    assert begins(session, learner, deck) is None
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == cards


def test_the_cursor_follows_the_answers(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 4)
    give(session, learner, cards[0], 4)
    assert begins(session, learner, deck) == 1
    give(session, learner, cards[2], 4)
    assert begins(session, learner, deck) == 1
    give(session, learner, cards[1], 4)
    assert begins(session, learner, deck) == 3


def test_behind_the_last_card_it_waits_for_cards_that_are_added(session: Session, learner: Learner, deck: int) -> None:
    for card in add_cards(session, deck, 2):
        give(session, learner, card, 4)
    assert begins(session, learner, deck) == 2
    added = add_cards(session, deck, 1)
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == added


def test_an_undone_new_card_is_found_again(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 3)
    outcomes = [give(session, learner, card, 4) for card in cards]
    study.undo(session, learner, outcomes[1].review_id, uuid4(), NOW)
    assert begins(session, learner, deck) == 1
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == [cards[1]]


def test_a_card_that_was_reset_is_found_again(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 2)
    for card in cards:
        give(session, learner, card, 4)
    study.reset(session, learner, cards[0], uuid4(), NOW)
    assert queue.upcoming(session, Sitting(learner, TODAY + days(1)), 9) == [cards[1], cards[0]]


def test_undoing_a_review_of_a_learnt_card_leaves_the_cursor_alone(
    session: Session, learner: Learner, deck: int
) -> None:
    cards = add_cards(session, deck, 3)
    for card in cards:
        give(session, learner, card, 4)
    outcome = give(session, learner, cards[0], 4, NOW + days(1))
    study.undo(session, learner, outcome.review_id, uuid4(), NOW + days(1))
    assert begins(session, learner, deck) == 3


def test_suspended_cards_are_passed_and_buried_ones_are_not(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 4)
    setaside.suspend(session, learner, cards[0])
    setaside.bury(session, learner, cards[1], TODAY)
    give(session, learner, cards[2], 4)
    assert begins(session, learner, deck) == 1
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == [cards[3]]
    assert queue.upcoming(session, Sitting(learner, TODAY + days(1)), 9) == [cards[2], cards[1], cards[3]]


def test_a_retired_card_changes_no_cursor(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 2)
    outcome = give(session, learner, cards[0], 4)
    retire(session, cards[:1])
    study.undo(session, learner, outcome.review_id, uuid4(), NOW)
    assert begins(session, learner, deck) == 1


def test_an_empty_deck_s_cursor_is_zero(session: Session, learner: Learner, deck: int) -> None:
    cursor.advance(session, learner.id, deck)
    assert begins(session, learner, deck) == 0


def test_the_cursor_is_never_put_forward_by_lowering_it(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 2)
    give(session, learner, cards[0], 4)
    cursor.lower(session, learner.id, deck, 2)
    assert begins(session, learner, deck) == 1


def test_renewing_a_deck_s_cursors_finds_each_learner_s_first_new_card(
    session: Session, learner: Learner, deck: int
) -> None:
    other, cards = add_learner(session, "taro"), add_cards(session, deck, 4)
    for somebody, answered in ((learner, cards[:3]), (other, cards[:1])):
        for card in answered:
            give(session, somebody, card, 4)
    session.execute(update(NewCursor).values(position=0))
    cursor.renew(session, [deck])
    assert [begins(session, somebody, deck) for somebody in (learner, other)] == [3, 1]


def test_forgetting_a_deck_s_cursors_forgets_those_of_all_learners_and_no_other_deck_s(
    session: Session, learner: Learner, deck: int
) -> None:
    other, elsewhere = add_learner(session, "taro"), add_deck(session, "Other")
    for somebody in (learner, other):
        for deck_id in (deck, elsewhere):
            give(session, somebody, add_cards(session, deck_id, 1)[0], 4)
    cursor.forget(session, [deck])
    assert [begins(session, somebody, deck) for somebody in (learner, other)] == [None, None]
    assert None not in [begins(session, somebody, elsewhere) for somebody in (learner, other)]
