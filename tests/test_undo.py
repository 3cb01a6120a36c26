"""Undoing and resetting: the card is as if it had not been answered, and the log keeps everything."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import study
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Review
from app.srs.history import Kind, Progress
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, reviews, schedule_of, undo
from tests.library import checked_progress as check

MINUTE = timedelta(minutes=1)


@pytest.fixture
def card(session: Session) -> int:
    """The only card of the library."""
    return add_cards(session, add_deck(session, "Docker"), 1)[0]


def test_undo_puts_the_card_back_as_if_it_had_never_been_answered(
    session: Session, learner: Learner, card: int
) -> None:
    give(session, learner, card, 4)
    before = check(session, learner, card)
    outcome = give(session, learner, card, 0, NOW + days(1))
    undone = undo(session, learner, outcome.review_id, NOW + days(1))
    assert undone.progress == check(session, learner, card) == before
    assert (undone.review_id, undone.card_id, undone.grade, undone.revision) == (outcome.review_id, card, None, 3)
    assert not undone.again


def test_undo_is_a_line_of_the_log(session: Session, learner: Learner, card: int) -> None:
    outcome = give(session, learner, card, 4)
    undo_id = uuid4()
    study.undo(session, learner, outcome.review_id, undo_id, NOW + MINUTE)
    row = session.execute(select(Review).where(Review.id == undo_id)).scalar_one()
    assert (row.kind, row.undoes, row.grade, row.answered_at) == ("undo", outcome.review_id, None, NOW + MINUTE)


def test_undo_goes_back_as_often_as_asked_and_over_cards(session: Session, learner: Learner) -> None:
    cards = add_cards(session, add_deck(session, "Docker"), 3)
    given = [give(session, learner, card, 3, NOW + number * MINUTE).review_id for number, card in enumerate(cards * 2)]
    for number, review_id in enumerate(reversed(given)):
        assert study.last_review(session, learner) == review_id
        undo(session, learner, review_id, NOW + (10 + number) * MINUTE)
    assert study.last_review(session, learner) is None
    assert [check(session, learner, card) for card in cards] == [Progress()] * 3


def test_undo_works_after_the_day_has_changed(session: Session, learner: Learner, card: int) -> None:
    outcome = give(session, learner, card, 0)
    undone = undo(session, learner, outcome.review_id, NOW + days(3))
    assert undone.progress == Progress()
    assert schedule_of(session, learner, card).due is None


def test_after_an_undo_the_card_can_be_answered_again(session: Session, learner: Learner, card: int) -> None:
    outcome = give(session, learner, card, 0)
    undo(session, learner, outcome.review_id, NOW + MINUTE)
    again = give(session, learner, card, 5, NOW + 2 * MINUTE)
    assert again.progress.schedule.easiness == 260
    assert again.progress == check(session, learner, card)


def test_undo_in_the_middle_judges_what_came_after_anew(session: Session, learner: Learner, card: int) -> None:
    first = give(session, learner, card, 4)
    give(session, learner, card, 4, NOW + days(1))
    assert undo(session, learner, first.review_id, NOW + days(1)).progress.schedule.interval == 1
    assert check(session, learner, card).introduced_on == TODAY + days(1)


def test_a_second_undo_does_nothing_and_tells_the_progress_as_it_is(
    session: Session, learner: Learner, card: int
) -> None:
    first = give(session, learner, card, 4)
    give(session, learner, card, 4, NOW + days(1))
    undo_id = uuid4()
    undone = study.undo(session, learner, first.review_id, undo_id, NOW + days(1))
    for other_id in (undo_id, uuid4()):
        again = study.undo(session, learner, first.review_id, other_id, NOW + days(2))
        assert again.again
        assert (again.grade, again.progress, again.revision) == (None, undone.progress, undone.revision)
    assert reviews(session) == 3


def test_an_undo_cannot_be_undone(session: Session, learner: Learner, card: int) -> None:
    outcome = give(session, learner, card, 4)
    undo_id = uuid4()
    study.undo(session, learner, outcome.review_id, undo_id, NOW)
    with pytest.raises(NotFoundError, match=r"^There is no such answer to undo; nothing was changed$"):
        undo(session, learner, undo_id)


def test_nobody_undoes_another_learner_s_answer(session: Session, learner: Learner, card: int) -> None:
    other = add_learner(session, "taro")
    outcome = give(session, learner, card, 4)
    for review_id in (outcome.review_id, uuid4()):
        with pytest.raises(NotFoundError, match=r"^There is no such answer to undo; nothing was changed$"):
            undo(session, other, review_id)
    assert reviews(session) == 1


def test_an_undo_that_was_in_the_log_before_its_target_counts(session: Session, learner: Learner, card: int) -> None:
    given_id = uuid4()
    row = {
        "id": uuid4(),
        "user_id": learner.id,
        "card_id": card,
        "kind": "undo",
        "grade": None,
        "undoes": given_id,
        "answered_at": NOW,
        "study_day": TODAY,
        "took_ms": 0,
        "received_at": NOW,
    }
    session.execute(insert(Review), row)
    outcome = give(session, learner, card, 4, NOW + MINUTE, given_id=given_id)
    assert outcome.progress == Progress()
    assert schedule_of(session, learner, card).due is None


def test_the_last_review_is_the_last_one_given_even_when_days_changed_their_start(
    session: Session, learner: Learner
) -> None:
    """At 03:00 the day began at midnight; then the learner lets days begin at four."""
    first, second = add_cards(session, add_deck(session, "Docker"), 2)
    midnight = Learner(learner.id, day_start=0)
    give(session, midnight, first, 4, datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    last = give(session, learner, second, 4, datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    assert study.last_review(session, learner) == last.review_id


def test_the_last_review_is_the_learner_s_own(session: Session, learner: Learner, card: int) -> None:
    give(session, add_learner(session, "taro"), card, 4)
    assert study.last_review(session, learner) is None


# Reset


def test_a_reset_makes_the_card_new_and_keeps_its_log(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    reset_id = uuid4()
    outcome = study.reset(session, learner, card, reset_id, NOW + days(1))
    assert outcome.progress.schedule.is_new
    assert (outcome.review_id, outcome.grade, outcome.revision) == (reset_id, None, 2)
    assert check(session, learner, card).introduced_on is None
    assert [review.kind for review in study.log_of(session, learner, card)] == [Kind.GRADE, Kind.RESET]


def test_a_reset_delivered_twice_is_one(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    reset_id = uuid4()
    first = study.reset(session, learner, card, reset_id, NOW + MINUTE)
    second = study.reset(session, learner, card, reset_id, NOW + 2 * MINUTE)
    assert second.again
    assert (second.progress, second.revision) == (first.progress, first.revision)
    assert reviews(session) == 2


def test_a_reset_can_be_undone(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    before = check(session, learner, card)
    outcome = study.reset(session, learner, card, uuid4(), NOW + MINUTE)
    assert study.last_review(session, learner) == outcome.review_id
    undo(session, learner, outcome.review_id)
    assert check(session, learner, card) == before


def test_a_reset_on_a_clock_that_was_set_back_still_counts(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    assert study.reset(session, learner, card, uuid4(), NOW - days(1)).progress.schedule.is_new


def test_a_card_that_was_never_answered_can_be_reset(session: Session, learner: Learner, card: int) -> None:
    study.reset(session, learner, card, uuid4(), NOW)
    assert check(session, learner, card).schedule.is_new
