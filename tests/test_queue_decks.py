"""Whose cards a sitting shows: those of the library, one's own, and those of one deck and the decks below it."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import queue
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Deck
from app.queue import Left
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, everything, give, in_deck, put_due, shown


def test_another_learner_s_progress_and_decks_are_not_seen(session: Session, learner: Learner) -> None:
    other = add_learner(session, "taro")
    shared = add_cards(session, add_deck(session, "Docker"), 2)
    add_cards(session, add_deck(session, "Private", owner=other), 2)
    put_due(session, other, shared, TODAY)
    give(session, other, shared[0], 2)
    assert shown(session, everything(learner)) == shared
    assert queue.left(session, everything(learner)) == Left(0, 2, 0)


def test_own_decks_are_studied_with_the_library(session: Session, learner: Learner) -> None:
    own = add_cards(session, add_deck(session, "Mine", owner=learner, position=1), 1)
    shared = add_cards(session, add_deck(session, "Docker", position=2), 1)
    assert shown(session, everything(learner)) == own + shared


def test_a_deck_holds_the_decks_below_it_and_no_deck_that_only_begins_alike(session: Session, learner: Learner) -> None:
    inside = ("Docker", "Docker/Network", "Docker/Network/Bridge")
    paths = (*inside, "Docker2", "Docker-compose", "Docker0", "Docker#", "Docker&", "docker/x")
    cards = {path: add_cards(session, add_deck(session, path, position=n), 2) for n, path in enumerate(paths)}
    put_due(session, learner, [of_deck[0] for of_deck in cards.values()], TODAY)
    docker = session.query(Deck).filter_by(path="Docker").one().id
    expected = [cards[path][0] for path in inside] + [cards[path][1] for path in inside]
    assert shown(session, in_deck(session, learner, docker)) == expected
    assert queue.left(session, in_deck(session, learner, docker)) == Left(3, 3, 0)


def test_a_deck_s_drills_are_those_of_the_decks_below_it(session: Session, learner: Learner) -> None:
    docker = add_deck(session, "Docker")
    (inside,) = add_cards(session, add_deck(session, "Docker/Network"), 1)
    (outside,) = add_cards(session, add_deck(session, "Terraform"), 1)
    give(session, learner, inside, 2)
    give(session, learner, outside, 2)
    assert shown(session, in_deck(session, learner, docker)) == [inside]
    assert queue.left(session, in_deck(session, learner, docker)) == Left(0, 0, 1)


def test_a_deck_of_the_library_and_one_of_the_same_path_of_one_s_own_stay_apart(
    session: Session, learner: Learner
) -> None:
    other = add_learner(session, "taro")
    shared_top, own_top = add_deck(session, "Docker"), add_deck(session, "Docker", owner=learner)
    shared = add_cards(session, add_deck(session, "Docker/A"), 1)
    own = add_cards(session, add_deck(session, "Docker/A", owner=learner), 1)
    add_cards(session, add_deck(session, "Docker/A", owner=other), 1)
    assert shown(session, in_deck(session, learner, shared_top)) == shared
    assert shown(session, in_deck(session, learner, own_top)) == own


def test_in_a_deck_with_many_below_it_the_longest_overdue_card_comes_first(session: Session, learner: Learner) -> None:
    top = add_deck(session, "Top")
    due = []
    for number in range(8):
        cards = add_cards(session, add_deck(session, f"Top/{number}"), 2)
        for late, card in zip((number, 8 - number), cards, strict=True):
            put_due(session, learner, [card], TODAY - days(late))
            due.append((-late, card))
    assert shown(session, in_deck(session, learner, top), 5) == [card for _, card in sorted(due)[:5]]
    assert shown(session, in_deck(session, learner, top)) == [card for _, card in sorted(due)]


def test_the_day_s_limit_of_new_cards_is_one_for_all_decks(session: Session) -> None:
    learner = add_learner(session, "taro", new_per_day=2)
    first, second = add_deck(session, "First"), add_deck(session, "Second")
    give(session, learner, add_cards(session, first, 2)[0], 4)
    cards = add_cards(session, second, 3)
    assert shown(session, in_deck(session, learner, second)) == cards[:1]


def test_a_few_cards_of_a_deck_are_the_first_ones_of_many(session: Session, learner: Learner) -> None:
    """The page holds a card and the one after it: both are counted by the limit of reviews before a third one is."""
    top, early, late = (add_deck(session, path) for path in ("Top", "Top/A", "Top/B"))
    of_late, of_early = add_cards(session, late, 2), add_cards(session, early, 2)
    put_due(session, learner, [*of_late, *of_early], TODAY)
    sitting = in_deck(session, learner, top)
    assert shown(session, sitting) == [*of_early, *of_late]
    for limit in (1, 2, 3):
        assert shown(session, sitting, limit) == [*of_early, *of_late][:limit]
    give(session, learner, of_early[0], 4)
    limited = replace(sitting, learner=replace(learner, reviews_per_day=2))
    assert shown(session, limited, 1, holding=(of_early[1],)) == []


def test_the_deck_of_another_learner_is_no_deck(session: Session, learner: Learner) -> None:
    deck = add_deck(session, "Private", owner=add_learner(session, "taro"))
    with pytest.raises(NotFoundError) as caught:
        in_deck(session, learner, deck)
    assert str(caught.value) == f"There is no deck {deck}; choose one from the list on Today"


def test_a_deck_that_does_not_exist_reads_the_same(session: Session, learner: Learner) -> None:
    with pytest.raises(NotFoundError, match=r"^There is no deck 999; choose one from the list on Today$"):
        in_deck(session, learner, 999)


def test_a_retired_deck_is_no_deck_and_its_new_cards_are_not_shown(session: Session, learner: Learner) -> None:
    deck = add_deck(session, "Docker")
    add_cards(session, deck, 2)
    session.execute(update(Deck).values(retired_at=NOW))
    assert shown(session, everything(learner)) == []
    with pytest.raises(NotFoundError):
        in_deck(session, learner, deck)
