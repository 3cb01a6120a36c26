"""The queue: which cards a sitting shows, in which order, and how many are left."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from app import queue, setaside, study
from app.learner import Learner
from app.queue import MOST_COUNTED, Left, Sitting
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, everything, give, in_deck, put_due, retire, shown

# What comes first


def test_an_empty_library_has_an_empty_queue(session: Session, learner: Learner) -> None:
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)) == Left(0, 0, 0)


def test_the_longest_overdue_card_comes_first(session: Session, learner: Learner) -> None:
    a, b, c, d = add_cards(session, add_deck(session, "Docker"), 4)
    for card, late in ((a, 1), (b, 5), (c, 0), (d, 3)):
        put_due(session, learner, [card], TODAY - days(late))
    assert shown(session, everything(learner)) == [b, d, a, c]


def test_a_card_due_tomorrow_is_not_shown(session: Session, learner: Learner) -> None:
    put_due(session, learner, add_cards(session, add_deck(session, "Docker"), 1), TODAY + days(1))
    assert shown(session, everything(learner)) == []


def test_new_cards_come_after_due_ones_in_file_order_over_decks_by_position(session: Session, learner: Learner) -> None:
    later = add_cards(session, add_deck(session, "Alpha", position=2), 2)
    first = add_cards(session, add_deck(session, "Zulu", position=1), 3)
    put_due(session, learner, [later[0]], TODAY)
    assert shown(session, everything(learner)) == [later[0], *first, later[1]]


def test_decks_of_one_position_follow_each_other_whole(session: Session, learner: Learner) -> None:
    one = add_cards(session, add_deck(session, "One"), 2)
    two = add_cards(session, add_deck(session, "Two"), 2)
    assert shown(session, everything(learner)) == one + two


def test_the_day_s_limit_of_new_cards_counts_those_answered_today(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=3)
    cards = add_cards(session, add_deck(session, "Docker"), 5)
    give(session, learner, cards[0], 4)
    assert shown(session, everything(learner)) == cards[1:3]
    assert queue.left(session, everything(learner)) == Left(0, 2, 0)


def test_the_limit_begins_again_on_the_next_study_day(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=1)
    cards = add_cards(session, add_deck(session, "Docker"), 3)
    give(session, learner, cards[0], 4, NOW - days(1))
    assert shown(session, everything(learner)) == [cards[0], cards[1]]


def test_a_learner_without_new_cards_a_day_is_shown_none(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=0)
    add_cards(session, add_deck(session, "Docker"), 3)
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)) == Left(0, 0, 0)


def test_more_new_cards_can_be_asked_for(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=1)
    cards = add_cards(session, add_deck(session, "Docker"), 5)
    give(session, learner, cards[0], 4)
    assert shown(session, everything(learner, more_new=2)) == cards[1:3]
    assert queue.left(session, everything(learner, more_new=2)).new == 2


def test_more_new_cards_can_be_asked_for_again_and_again(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=1)
    cards = add_cards(session, add_deck(session, "Docker"), 6)
    for done in (0, 1, 3):
        for card in cards[:done]:
            give(session, learner, card, 4)
        sitting = queue.beyond_the_limit(session, everything(learner), 2)
        assert shown(session, sitting) == cards[done : max(done, 1) + 2]
        assert queue.left(session, sitting).new == max(done, 1) + 2 - done


def test_a_limit_lowered_below_what_was_done_shows_no_new_card(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=1)
    cards = add_cards(session, add_deck(session, "Docker"), 4)
    for card in cards[:3]:
        give(session, learner, card, 4)
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)).new == 0


def test_undoing_a_new_card_gives_its_place_in_the_limit_back(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=1)
    cards = add_cards(session, add_deck(session, "Docker"), 2)
    outcome = give(session, learner, cards[0], 4)
    study.undo(session, learner, outcome.review_id, uuid4(), NOW)
    assert shown(session, everything(learner)) == cards[:1]


# Limit of reviews


def test_a_limit_of_reviews_counts_what_was_reviewed_today(session: Session) -> None:
    learner = add_learner(session, "taro", reviews_per_day=2, new_per_day=0)
    cards = add_cards(session, add_deck(session, "Docker"), 4)
    put_due(session, learner, cards, TODAY)
    assert shown(session, everything(learner)) == cards[:2]
    give(session, learner, cards[0], 4)
    assert shown(session, everything(learner)) == cards[1:2]
    assert queue.left(session, everything(learner)).due == 1
    give(session, learner, cards[1], 4)
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)).due == 0


def test_drills_and_new_cards_do_not_count_as_reviews(session: Session) -> None:
    learner = add_learner(session, "taro", reviews_per_day=2)
    cards = add_cards(session, add_deck(session, "Docker"), 5)
    put_due(session, learner, cards[:3], TODAY)
    give(session, learner, cards[4], 4)
    give(session, learner, cards[0], 2)
    give(session, learner, cards[0], 2)
    assert queue.left(session, everything(learner)).due == 1


def test_cards_studied_ahead_do_not_count_as_reviews(session: Session) -> None:
    learner = add_learner(session, "taro", reviews_per_day=2, new_per_day=0)
    cards = add_cards(session, add_deck(session, "Docker"), 4)
    put_due(session, learner, cards[:2], TODAY)
    put_due(session, learner, cards[2:], TODAY + days(3))
    for card in cards[2:]:
        give(session, learner, card, 2)
    assert shown(session, everything(learner)) == cards[:2]
    give(session, learner, cards[0], 2)
    give(session, learner, cards[0], 4)
    assert queue.left(session, everything(learner)).due == 1


def test_siblings_do_not_slip_past_the_limit_of_reviews(session: Session) -> None:
    """One review is left; a sibling of today's card is longer overdue than the card that may be shown."""
    learner = add_learner(session, "taro", reviews_per_day=2, new_per_day=0)
    deck = add_deck(session, "Docker")
    a1, a2, b1, _ = add_cards(session, deck, 2, siblings=2)
    put_due(session, learner, [a1, a2], TODAY - days(5))
    put_due(session, learner, [b1], TODAY)
    give(session, learner, a1, 4)
    assert shown(session, everything(learner)) == [b1]
    assert shown(session, everything(learner), holding=(b1,)) == []


# Drills


def test_cards_graded_below_four_come_again_at_the_end_the_one_answered_longest_ago_first(
    session: Session, learner: Learner
) -> None:
    cards = add_cards(session, add_deck(session, "Docker"), 4)
    put_due(session, learner, cards[:3], TODAY - days(1))
    give(session, learner, cards[1], 3, NOW)
    give(session, learner, cards[0], 0, NOW.replace(minute=31))
    assert shown(session, everything(learner)) == [cards[2], cards[3], cards[1], cards[0]]
    assert queue.left(session, everything(learner)) == Left(1, 1, 2)


def test_a_drill_below_four_goes_to_the_end_and_four_ends_it(session: Session, learner: Learner) -> None:
    a, b = add_cards(session, add_deck(session, "Docker"), 2)
    give(session, learner, a, 2, NOW)
    give(session, learner, b, 2, NOW.replace(minute=31))
    give(session, learner, a, 3, NOW.replace(minute=32))
    assert shown(session, everything(learner)) == [b, a]
    give(session, learner, b, 4, NOW.replace(minute=33))
    assert shown(session, everything(learner)) == [a]


def test_a_repeat_of_yesterday_is_due_today_and_no_drill(session: Session, learner: Learner) -> None:
    (card,) = add_cards(session, add_deck(session, "Docker"), 1)
    give(session, learner, card, 2, NOW - days(1))
    assert queue.left(session, everything(learner)) == Left(due=1, new=0, again=0)
    assert shown(session, everything(learner)) == [card]


# What is set aside


def test_retired_cards_are_in_no_stage(session: Session, learner: Learner) -> None:
    deck = add_deck(session, "Docker")
    due, new, again, ahead, kept = add_cards(session, deck, 5)
    put_due(session, learner, [due, kept], TODAY)
    put_due(session, learner, [ahead], TODAY + days(3))
    give(session, learner, again, 2)
    retire(session, [due, new, again, ahead])
    for sitting in (everything(learner), in_deck(session, learner, deck)):
        assert shown(session, sitting) == [kept]
        assert queue.left(session, sitting) == Left(1, 0, 0)
    assert shown(session, Sitting(learner, TODAY, ahead=True)) == []


def test_suspended_cards_are_in_no_stage(session: Session, learner: Learner) -> None:
    due, new, again, ahead = cards = add_cards(session, add_deck(session, "Docker"), 4)
    put_due(session, learner, [due], TODAY)
    put_due(session, learner, [ahead], TODAY + days(2))
    give(session, learner, again, 2)
    for card in (due, new, again, ahead):
        setaside.suspend(session, learner, card)
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)) == Left(0, 0, 0)
    assert shown(session, Sitting(learner, TODAY, ahead=True)) == []
    for card in cards:
        setaside.call_back(session, learner, card)
    assert shown(session, everything(learner)) == [due, new, again]


def test_buried_cards_are_in_no_stage_until_tomorrow(session: Session, learner: Learner) -> None:
    due, new, again = cards = add_cards(session, add_deck(session, "Docker"), 3)
    put_due(session, learner, [due], TODAY)
    give(session, learner, again, 2)
    for card in cards:
        setaside.bury(session, learner, card, TODAY)
    assert shown(session, everything(learner)) == []
    assert queue.left(session, everything(learner)) == Left(0, 0, 0)
    assert shown(session, Sitting(learner, TODAY + days(1))) == [due, again, new]


def test_marked_cards_stay_in_the_queue(session: Session, learner: Learner) -> None:
    due, new = add_cards(session, add_deck(session, "Docker"), 2)
    put_due(session, learner, [due], TODAY)
    setaside.mark(session, learner, due)
    setaside.mark(session, learner, new)
    assert shown(session, everything(learner)) == [due, new]


# Ahead


def test_studying_ahead_shows_what_is_due_next_and_each_card_once_a_day(session: Session, learner: Learner) -> None:
    cards = add_cards(session, add_deck(session, "Docker"), 5)
    put_due(session, learner, [cards[0]], TODAY + days(2))
    put_due(session, learner, [cards[1]], TODAY + days(1))
    put_due(session, learner, [cards[2]], TODAY)
    put_due(session, learner, [cards[3]], TODAY + days(1), buried_until=TODAY + days(1))
    ahead = Sitting(learner, TODAY, ahead=True)
    assert shown(session, ahead) == [cards[1], cards[0]]
    assert queue.left(session, ahead) == Left(2, 0, 0)
    give(session, learner, cards[1], 0)
    assert shown(session, ahead) == [cards[0]]
    assert shown(session, everything(learner)) == [cards[2], cards[4]]


def test_studying_a_deck_ahead_shows_only_its_cards(session: Session, learner: Learner) -> None:
    top = add_deck(session, "Top")
    inside = add_cards(session, add_deck(session, "Top/A"), 2)
    outside = add_cards(session, add_deck(session, "Other"), 1)
    put_due(session, learner, [*inside, *outside], TODAY + days(4))
    sitting = Sitting(learner, TODAY, deck_id=top, owner_id=None, path="Top", ahead=True)
    assert shown(session, sitting) == inside
    assert queue.left(session, sitting) == Left(2, 0, 0)


# Counts


def test_the_total_is_the_sum() -> None:
    assert Left(due=3, new=2, again=1).total == 6


@pytest.mark.parametrize("reviews_per_day", [None, 5000])
def test_counts_stop_at_a_thousand_in_all_and_in_a_deck(session: Session, reviews_per_day: int | None) -> None:
    learner = add_learner(session, "taro", new_per_day=5000, reviews_per_day=reviews_per_day)
    top = add_deck(session, "Top")
    for number, due in enumerate((TODAY, TODAY, TODAY + days(1), TODAY + days(1))):
        put_due(session, learner, add_cards(session, add_deck(session, f"Top/{number}"), 600), due)
    put_due(
        session, learner, add_cards(session, add_deck(session, "Top/again"), 1100), TODAY + days(1), repeat_on=TODAY
    )
    add_cards(session, add_deck(session, "Top/new"), 1100)
    for sitting in (everything(learner), in_deck(session, learner, top)):
        assert queue.left(session, sitting) == Left(MOST_COUNTED, MOST_COUNTED, MOST_COUNTED)
    for deck_id, path in ((None, ""), (top, "Top")):
        ahead = Sitting(learner, TODAY, deck_id=deck_id, path=path, ahead=True)
        assert queue.left(session, ahead) == Left(MOST_COUNTED, 0, 0)


def test_counts_agree_with_the_cards_shown(session: Session, learner: Learner) -> None:
    deck = add_deck(session, "Docker")
    cards = add_cards(session, deck, 12)
    put_due(session, learner, cards[:5], TODAY - days(1))
    give(session, learner, cards[5], 1)
    for sitting in (everything(learner), in_deck(session, learner, deck)):
        assert queue.left(session, sitting) == Left(5, 6, 1)
        assert len(shown(session, sitting)) == queue.left(session, sitting).total == 12
