"""Decks and cards looked up: figures that stay cheap, pages that meet, a log retold."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from app import library, study
from app.errors import NotFoundError
from app.learner import Learner
from app.library import PAGE, Stages
from app.queue import MOST_COUNTED
from app.srs.history import Kind
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due


def test_a_deck_of_others_does_not_exist(session: Session, learner: Learner) -> None:
    deck_id = add_deck(session, "Secret", owner=add_learner(session, "taro"))
    with pytest.raises(NotFoundError, match=f"There is no deck {deck_id}; choose one from the list on Today"):
        library.deck(session, learner, deck_id)


@pytest.mark.parametrize(("interval", "stage"), [(20, "young"), (21, "mature")])
def test_a_card_is_mature_from_21_days_on(session: Session, learner: Learner, interval: int, stage: str) -> None:
    deck_id = add_deck(session, "Docker")
    put_due(session, learner, add_cards(session, deck_id, 1), TODAY + days(interval), interval=interval)
    assert library.stages(session, learner, deck_id)._asdict() == Stages(1, 0, 0, 0, 0)._asdict() | {stage: 1}


def test_suspended_cards_are_counted_apart(session: Session, learner: Learner) -> None:
    deck_id = add_deck(session, "Docker")
    put_due(session, learner, add_cards(session, deck_id, 2), TODAY, suspended=True)
    assert library.stages(session, learner, deck_id) == Stages(2, 0, 0, 0, 2)


def test_the_figures_of_a_large_deck_are_those_of_its_first_cards(session: Session, learner: Learner) -> None:
    deck_id = add_deck(session, "Docker")
    cards = add_cards(session, deck_id, MOST_COUNTED + 1)
    put_due(session, learner, cards[-1:], TODAY)
    counted = library.stages(session, learner, deck_id)
    assert counted == Stages(MOST_COUNTED, MOST_COUNTED, 0, 0, 0)
    assert counted.counted_out


def test_pages_follow_each_other_without_a_gap(session: Session, learner: Learner) -> None:
    deck_id = add_deck(session, "Docker")
    cards = add_cards(session, deck_id, 2 * PAGE + 1)
    first = library.page(session, learner, deck_id, 0)
    assert first.following is not None
    second = library.page(session, learner, deck_id, first.following)
    assert second.following is not None
    third = library.page(session, learner, deck_id, second.following)
    shown = [card.id for page in (first, second, third) for siblings in page.notes for card in siblings]
    assert shown == cards
    assert (first.previous, second.previous, third.previous) == (None, 0, PAGE)
    assert third.following is None


def test_the_log_tells_scheduled_reviews_drills_resets_and_what_was_undone(session: Session, learner: Learner) -> None:
    card = add_cards(session, add_deck(session, "Docker"), 1)[0]
    undone = uuid4()
    give(session, learner, card, 3, NOW)
    give(session, learner, card, 4, NOW + days(0), given_id=uuid4())
    give(session, learner, card, 5, NOW + days(1), given_id=undone)
    study.undo(session, learner, undone, uuid4(), NOW + days(1))
    study.reset(session, learner, card, uuid4(), NOW + days(2))
    told = [
        (entry.kind, entry.grade, entry.is_drill, entry.is_undone, entry.interval)
        for entry in library.log_entries(session, learner, card)
    ]
    assert told == [
        (Kind.RESET, None, False, False, None),
        (Kind.GRADE, 5, False, True, None),
        (Kind.GRADE, 4, True, False, 1),
        (Kind.GRADE, 3, False, False, 1),
    ]
