"""Cards of the same note are kept apart in the queue, and from what a page holds already."""

import pytest
from sqlalchemy.orm import Session

from app import queue, setaside
from app.learner import Learner
from app.queue import Left, Sitting
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, everything, give, in_deck, put_due, shown


def test_a_new_sibling_waits_for_another_day(session: Session, learner: Learner) -> None:
    a1, a2, b1, b2 = add_cards(session, add_deck(session, "Docker"), 2, siblings=2)
    assert shown(session, everything(learner)) == [a1, b1]
    give(session, learner, a1, 4)
    assert shown(session, everything(learner)) == [b1]
    assert queue.left(session, everything(learner)).new == 1
    tomorrow = Sitting(learner, TODAY + days(1))
    assert shown(session, tomorrow, limit=2) == [a1, b1]
    give(session, learner, a1, 4, NOW + days(1))
    give(session, learner, b1, 4, NOW + days(1))
    assert {a2, b2}.isdisjoint(shown(session, tomorrow))
    assert shown(session, Sitting(learner, TODAY + days(2))) == [b1, a2]


def test_a_new_card_waits_while_its_due_sibling_was_answered_today(session: Session, learner: Learner) -> None:
    a1, _a2, b1, _ = add_cards(session, add_deck(session, "Docker"), 2, siblings=2)
    put_due(session, learner, [a1], TODAY)
    give(session, learner, a1, 5)
    assert shown(session, everything(learner)) == [b1]


def test_a_new_card_is_not_promised_while_a_sibling_is_due(session: Session, learner: Learner) -> None:
    """It would be gone from the count, and from the queue, as soon as the sibling is answered."""
    deck = add_deck(session, "Docker")
    a1, a2, b1, _ = add_cards(session, deck, 2, siblings=2)
    put_due(session, learner, [a1], TODAY - days(2))
    for sitting in (everything(learner), in_deck(session, learner, deck)):
        assert queue.left(session, sitting) == Left(due=1, new=1, again=0)
        assert shown(session, sitting) == [a1, b1]
        assert shown(session, sitting, 1, holding=(a1, b1)) == []
    setaside.bury(session, learner, a1, TODAY)
    assert shown(session, everything(learner)) == [a2, b1]
    setaside.unbury(session, learner, a1)
    for card in (a1, b1):
        give(session, learner, card, 4)
    assert shown(session, everything(learner)) == []


def test_due_siblings_come_after_the_other_due_and_the_new_cards(session: Session, learner: Learner) -> None:
    a1, a2, b1, b2 = add_cards(session, add_deck(session, "Docker"), 2, siblings=2)
    (new,) = add_cards(session, add_deck(session, "Later", position=9), 1)
    put_due(session, learner, [a1, a2], TODAY - days(3))
    put_due(session, learner, [b1, b2], TODAY - days(1))
    assert shown(session, everything(learner)) == [a1, b1, new, a2, b2]
    give(session, learner, a1, 5)
    assert shown(session, everything(learner)) == [b1, new, a2, b2]


def test_the_last_due_sibling_is_shown_today_when_nothing_else_is_left(session: Session, learner: Learner) -> None:
    a1, a2 = add_cards(session, add_deck(session, "Docker"), 1, siblings=2)
    put_due(session, learner, [a1, a2], TODAY)
    give(session, learner, a1, 5)
    assert shown(session, everything(learner)) == [a2]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_many_due_siblings_of_one_note_never_hide_the_other_notes(
    session: Session, learner: Learner, limit: int
) -> None:
    deck = add_deck(session, "Cloze")
    cloze = add_cards(session, deck, 1, siblings=12)
    other = add_cards(session, add_deck(session, "Other"), 2)
    put_due(session, learner, cloze, TODAY - days(9))
    put_due(session, learner, other, TODAY)
    assert shown(session, everything(learner), limit) == [cloze[0], *other][:limit]
    assert shown(session, everything(learner), 1, holding=(cloze[0],)) == other[:1]
    assert shown(session, everything(learner), 1, holding=(cloze[0], other[0])) == other[1:]


def test_a_suspended_sibling_holds_nothing_back(session: Session, learner: Learner) -> None:
    a1, a2 = add_cards(session, add_deck(session, "Docker"), 1, siblings=2)
    setaside.suspend(session, learner, a1)
    assert shown(session, everything(learner)) == [a2]


def test_a_suspended_or_buried_due_sibling_holds_nothing_back(session: Session, learner: Learner) -> None:
    a1, a2, a3, b1, *_ = add_cards(session, add_deck(session, "Docker"), 2, siblings=3)
    put_due(session, learner, [a1], TODAY - days(5), suspended=True)
    put_due(session, learner, [a2], TODAY - days(4), buried_until=TODAY + days(1))
    put_due(session, learner, [a3], TODAY - days(3))
    put_due(session, learner, [b1], TODAY)
    assert shown(session, everything(learner))[:2] == [a3, b1]


# Holding


def test_what_the_page_holds_is_not_shown_twice_and_keeps_its_siblings_apart(
    session: Session, learner: Learner
) -> None:
    a1, a2, b1, b2 = add_cards(session, add_deck(session, "Docker"), 2, siblings=2)
    put_due(session, learner, [a1, a2, b1, b2], TODAY)
    assert shown(session, everything(learner), 1, holding=(a1,)) == [b1]
    assert shown(session, everything(learner), 1, holding=(a1, b1)) == [a2]
    assert shown(session, everything(learner), 9, holding=(a1, a2, b1, b2)) == []


def test_a_held_new_card_counts_for_the_limit(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=2)
    cards = add_cards(session, add_deck(session, "Docker"), 4)
    assert shown(session, everything(learner), 5, holding=(cards[0],)) == [cards[1]]


def test_as_many_cards_as_asked_for(session: Session, learner: Learner) -> None:
    cards = add_cards(session, add_deck(session, "Docker"), 6)
    put_due(session, learner, cards[:3], TODAY)
    assert [len(shown(session, everything(learner), limit)) for limit in (1, 2, 4, 9)] == [1, 2, 4, 6]
