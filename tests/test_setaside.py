"""Suspended, buried and marked cards: the learner's word about a card, which no answer changes."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import cursor, queue, setaside
from app.errors import NotFoundError
from app.learner import Learner
from app.models import NewCursor, Schedule
from app.queue import Sitting
from app.srs.sm2 import FIRST_EASINESS
from tests.conftest import add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due, retire, schedule_of

Act = Callable[[Session, Learner, int], None]


def bury_today(session: Session, learner: Learner, card_id: int) -> None:
    setaside.bury(session, learner, card_id, TODAY)


ACTS: list[Act] = [
    setaside.suspend,
    setaside.call_back,
    bury_today,
    setaside.unbury,
    setaside.mark,
    setaside.unmark,
]


@pytest.fixture
def deck(session: Session) -> int:
    """A deck of the library."""
    return add_deck(session, "Docker")


def flags(session: Session, learner: Learner, card_id: int) -> tuple[bool, object, bool]:
    row = schedule_of(session, learner, card_id)
    return (row.suspended, row.buried_until, row.marked)


def rows(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Schedule)).scalar_one()


def begins(session: Session, learner: Learner, deck_id: int) -> int | None:
    key = (NewCursor.user_id == learner.id, NewCursor.deck_id == deck_id)
    return session.execute(select(NewCursor.position).where(*key)).scalar()


def test_a_new_card_that_is_set_aside_gets_the_row_of_a_new_card(session: Session, learner: Learner, deck: int) -> None:
    (card,) = add_cards(session, deck, 1)
    setaside.mark(session, learner, card)
    row = schedule_of(session, learner, card)
    assert (row.repetitions, row.interval, row.easiness, row.due) == (0, 0, FIRST_EASINESS, None)
    assert (row.lapses, row.revision, row.deck_id) == (0, 0, deck)
    assert (row.repeat_on, row.introduced_on, row.reviewed_on, row.answered_at) == (None, None, None, None)
    assert flags(session, learner, card) == (False, None, True)


def test_each_act_changes_its_own_flag_and_is_taken_back(session: Session, learner: Learner, deck: int) -> None:
    (card,) = add_cards(session, deck, 1)
    setaside.suspend(session, learner, card)
    setaside.mark(session, learner, card)
    setaside.bury(session, learner, card, TODAY)
    assert flags(session, learner, card) == (True, TODAY + days(1), True)
    setaside.call_back(session, learner, card)
    assert flags(session, learner, card) == (False, TODAY + days(1), True)
    setaside.unbury(session, learner, card)
    assert flags(session, learner, card) == (False, None, True)
    setaside.unmark(session, learner, card)
    assert flags(session, learner, card) == (False, None, False)
    assert rows(session) == 1


@pytest.mark.parametrize("act", ACTS)
def test_doing_it_twice_is_doing_it_once(session: Session, learner: Learner, deck: int, act: Act) -> None:
    (card,) = add_cards(session, deck, 1)
    act(session, learner, card)
    once = flags(session, learner, card)
    act(session, learner, card)
    assert (flags(session, learner, card), rows(session)) == (once, 1)


@pytest.mark.parametrize("act", ACTS)
def test_setting_aside_leaves_the_schedule_and_other_learners_alone(
    session: Session, learner: Learner, deck: int, act: Act
) -> None:
    (card,) = add_cards(session, deck, 1)
    other = add_learner(session, "taro")
    give(session, learner, card, 2)
    give(session, other, card, 2)
    act(session, learner, card)
    row = schedule_of(session, learner, card)
    assert (row.due, row.interval, row.revision, row.repeat_on) == (TODAY + days(1), 1, 1, TODAY)
    assert flags(session, other, card) == (False, None, False)


@pytest.mark.parametrize("act", ACTS)
def test_a_card_the_learner_may_not_see_is_no_card(session: Session, learner: Learner, act: Act) -> None:
    (foreign,) = add_cards(session, add_deck(session, "Private", owner=add_learner(session, "taro")), 1)
    sentence = r"^There is no such card; nothing was changed\. Go back to Today and start from there$"
    for card_id in (foreign, 999):
        with pytest.raises(NotFoundError, match=sentence):
            act(session, learner, card_id)
    assert rows(session) == 0


def test_a_retired_card_set_aside_stays_out_of_every_deck(session: Session, learner: Learner, deck: int) -> None:
    (card,) = add_cards(session, deck, 1)
    retire(session, [card])
    setaside.mark(session, learner, card)
    assert schedule_of(session, learner, card).deck_id is None


def test_a_deck_is_suspended_and_called_back_whole(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 4)
    elsewhere = add_cards(session, add_deck(session, "Docker/Network", position=1), 1)
    put_due(session, learner, cards[:1], TODAY)
    setaside.mark(session, learner, cards[1])
    setaside.suspend_deck(session, learner, deck)
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == elsewhere
    assert all(schedule_of(session, learner, card).suspended for card in cards)
    assert schedule_of(session, learner, cards[1]).marked
    setaside.call_back_deck(session, learner, deck)
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == cards + elsewhere


def test_suspending_a_deck_leaves_its_retired_cards_and_other_learners_alone(
    session: Session, learner: Learner, deck: int
) -> None:
    cards = add_cards(session, deck, 3)
    retire(session, cards[:1])
    setaside.suspend_deck(session, learner, deck)
    assert rows(session) == 2
    assert queue.upcoming(session, Sitting(add_learner(session, "taro"), TODAY), 9) == cards[1:]


@pytest.mark.parametrize("act", [setaside.suspend_deck, setaside.call_back_deck])
def test_another_learner_s_deck_is_no_deck(session: Session, learner: Learner, act: Act) -> None:
    foreign = add_deck(session, "Private", owner=add_learner(session, "taro"))
    for deck_id in (foreign, 999):
        sentence = f"^There is no deck {deck_id}; choose one from the list on Today$"
        with pytest.raises(NotFoundError, match=sentence):
            act(session, learner, deck_id)


def test_the_new_cards_of_a_suspended_deck_are_passed_once_and_not_on_every_look(
    session: Session, learner: Learner, deck: int
) -> None:
    cards = add_cards(session, deck, 5)
    setaside.suspend_deck(session, learner, deck)
    assert begins(session, learner, deck) == 5
    setaside.call_back_deck(session, learner, deck)
    assert begins(session, learner, deck) == 0
    setaside.suspend(session, learner, cards[0])
    assert begins(session, learner, deck) == 1


def test_a_new_card_that_is_called_back_is_found_again(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 3)
    setaside.suspend(session, learner, cards[0])
    give(session, learner, cards[1], 4)
    assert begins(session, learner, deck) == 2
    setaside.call_back(session, learner, cards[0])
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == [cards[0], cards[2]]


def test_calling_back_a_learnt_card_does_not_make_the_search_for_new_ones_longer(
    session: Session, learner: Learner, deck: int
) -> None:
    cards = add_cards(session, deck, 3)
    for card in cards[:2]:
        give(session, learner, card, 4)
    setaside.suspend(session, learner, cards[0])
    setaside.call_back(session, learner, cards[0])
    assert begins(session, learner, deck) == 2


def test_a_cursor_that_was_forgotten_hides_nothing(session: Session, learner: Learner, deck: int) -> None:
    cards = add_cards(session, deck, 2)
    give(session, learner, cards[0], 4)
    cursor.forget(session, [deck])
    assert queue.upcoming(session, Sitting(learner, TODAY), 9) == cards[1:]
