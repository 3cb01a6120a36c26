"""Answering: what is recorded, what is refused, and what the schedule says afterwards."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pysqlite3
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import study
from app.errors import NotFoundError, StaleError
from app.learner import Learner
from app.models import Review, User
from app.srs.sm2 import Grade
from app.study import LONGEST_ANSWER_MS, Answer
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due, retire, reviews, schedule_of, undo
from tests.library import checked_progress as check

MINUTE = timedelta(minutes=1)


@pytest.fixture
def card(session: Session) -> int:
    """The only card of the library."""
    return add_cards(session, add_deck(session, "Docker"), 1)[0]


# Answers


def test_an_answer_is_recorded_with_its_moment_and_its_study_day(session: Session, learner: Learner, card: int) -> None:
    given = Answer(uuid4(), card, Grade.HARD, took_ms=4200)
    outcome = study.answer(session, learner, given, NOW)
    row = session.execute(select(Review)).scalar_one()
    assert (row.id, row.user_id, row.card_id, row.kind, row.grade) == (given.id, learner.id, card, "grade", 3)
    assert (row.answered_at, row.received_at, row.study_day, row.took_ms) == (NOW, NOW, TODAY, 4200)
    assert (outcome.review_id, outcome.card_id, outcome.grade, outcome.again) == (given.id, card, Grade.HARD, False)
    assert outcome.revision == 1
    assert outcome.progress == check(session, learner, card)


def test_an_answer_moves_the_schedule(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    give(session, learner, card, 4, NOW + days(1))
    row = schedule_of(session, learner, card)
    assert (row.repetitions, row.interval, row.easiness, row.due) == (2, 6, 250, date(2026, 3, 9))
    assert (row.introduced_on, row.reviewed_on, row.revision) == (TODAY, date(2026, 3, 3), 2)


def test_the_study_day_is_the_learner_s(session: Session, card: int) -> None:
    night_owl = add_learner(session, "taro", time_zone="Asia/Tokyo", day_start=4)
    outcome = give(session, night_owl, card, 4, datetime(2026, 3, 2, 18, 30, tzinfo=UTC))  # 03:30 on the 3rd
    assert outcome.progress.introduced_on == date(2026, 3, 2)


@pytest.mark.parametrize(("took", "kept"), [(-5, 0), (0, 0), (120_000, 120_000), (10**9, LONGEST_ANSWER_MS)])
def test_the_time_an_answer_took_is_kept_within_reason(
    session: Session, learner: Learner, card: int, took: int, kept: int
) -> None:
    study.answer(session, learner, Answer(uuid4(), card, Grade.GOOD, took_ms=took), NOW)
    assert session.execute(select(Review.took_ms)).scalar_one() == kept


def test_a_retired_card_that_is_still_on_the_screen_can_be_answered(
    session: Session, learner: Learner, card: int
) -> None:
    retire(session, [card])
    give(session, learner, card, 4)
    assert schedule_of(session, learner, card).deck_id is None


def test_answering_keeps_the_learner_s_own_flags(session: Session, learner: Learner, card: int) -> None:
    put_due(session, learner, [card], TODAY, marked=True, suspended=True, buried_until=TODAY + days(1), revision=0)
    give(session, learner, card, 4)
    row = schedule_of(session, learner, card)
    assert (row.marked, row.suspended, row.buried_until) == (True, True, TODAY + days(1))


# A second delivery


@pytest.mark.parametrize("grade", [4, 0])
def test_a_second_delivery_returns_the_first_result_whatever_its_grade(
    session: Session, learner: Learner, card: int, grade: int
) -> None:
    given_id = uuid4()
    first = give(session, learner, card, 4, given_id=given_id)
    second = give(session, learner, card, grade, NOW + MINUTE, given_id=given_id)
    assert second.again
    assert (second.grade, second.progress, second.revision) == (Grade.GOOD, first.progress, first.revision)
    assert reviews(session) == 1
    check(session, learner, card)


def test_a_second_delivery_after_later_answers_still_tells_the_first_result(
    session: Session, learner: Learner, card: int
) -> None:
    given_id = uuid4()
    first = give(session, learner, card, 4, given_id=given_id)
    give(session, learner, card, 0, NOW + days(1))
    second = give(session, learner, card, 4, NOW + days(2), given_id=given_id)
    assert second.progress == first.progress
    assert second.revision == 2


def test_a_second_delivery_of_one_of_two_answers_of_the_same_moment_tells_its_own_result(
    session: Session, learner: Learner, card: int
) -> None:
    low, high = (
        Answer(UUID(int=1), card, Grade.AGAIN, answered_at=NOW),
        Answer(UUID(int=2), card, Grade.EASY, answered_at=NOW),
    )
    first = study.answer(session, learner, low, NOW)
    study.answer(session, learner, high, NOW)
    assert study.answer(session, learner, low, NOW).progress == first.progress


def test_a_second_delivery_on_a_stale_page_is_no_conflict(session: Session, learner: Learner, card: int) -> None:
    given = Answer(uuid4(), card, Grade.GOOD, revision=0)
    study.answer(session, learner, given, NOW)
    assert study.answer(session, learner, given, NOW + MINUTE).again


def test_an_id_that_was_used_for_another_card_is_refused(session: Session, learner: Learner, card: int) -> None:
    (other,) = add_cards(session, add_deck(session, "Other"), 1)
    given_id = uuid4()
    give(session, learner, card, 4, given_id=given_id)
    with pytest.raises(NotFoundError):
        give(session, learner, other, 4, given_id=given_id)
    assert reviews(session) == 1


def test_an_id_that_another_learner_used_is_refused(session: Session, learner: Learner, card: int) -> None:
    given_id = uuid4()
    give(session, learner, card, 4, given_id=given_id)
    with pytest.raises(NotFoundError):
        give(session, add_learner(session, "taro"), card, 4, given_id=given_id)
    assert reviews(session) == 1


# What is refused


def test_a_card_of_another_learner_s_deck_is_no_card(session: Session, learner: Learner) -> None:
    (foreign,) = add_cards(session, add_deck(session, "Private", owner=add_learner(session, "taro")), 1)
    sentence = r"^There is no such card; nothing was recorded\. Go back to Today and start from there$"
    for card_id in (foreign, 999):
        with pytest.raises(NotFoundError, match=sentence):
            give(session, learner, card_id, 4)
        with pytest.raises(NotFoundError, match=sentence):
            study.reset(session, learner, card_id, uuid4(), NOW)
    assert reviews(session) == 0


@pytest.mark.parametrize("revision", [0, 2])
def test_an_answer_from_a_page_made_before_another_review_is_refused(
    session: Session, learner: Learner, card: int, revision: int
) -> None:
    give(session, learner, card, 2)
    before = check(session, learner, card)
    sentence = r"^This card was answered in the meantime: this answer was not recorded; go on with the next card$"
    with pytest.raises(StaleError, match=sentence):
        study.answer(session, learner, Answer(uuid4(), card, Grade.GOOD, revision=revision), NOW + MINUTE)
    assert reviews(session) == 1
    assert check(session, learner, card) == before


def test_an_undo_makes_older_pages_stale_too(session: Session, learner: Learner, card: int) -> None:
    outcome = give(session, learner, card, 2)
    undo(session, learner, outcome.review_id)
    with pytest.raises(StaleError):
        study.answer(session, learner, Answer(uuid4(), card, Grade.GOOD, revision=1), NOW + MINUTE)


def test_suspending_or_marking_a_card_makes_no_page_stale(session: Session, learner: Learner, card: int) -> None:
    put_due(session, learner, [card], TODAY, revision=0)
    assert study.answer(session, learner, Answer(uuid4(), card, Grade.GOOD, revision=0), NOW).revision == 1


def test_without_a_revision_an_answer_is_taken_whatever_happened(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4)
    give(session, learner, card, 4)
    assert reviews(session) == 2


# Order of arrival


def test_an_answer_that_arrives_late_counts_at_its_own_moment(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 4, NOW + days(1))
    late = Answer(uuid4(), card, Grade.EASY, answered_at=NOW)
    outcome = study.answer(session, learner, late, NOW + days(2))
    assert (outcome.progress.schedule.interval, outcome.progress.schedule.easiness) == (6, 260)
    assert outcome.progress.introduced_on == TODAY
    check(session, learner, card)


def test_an_answer_from_the_future_counts_as_given_now(session: Session, learner: Learner, card: int) -> None:
    ahead = Answer(uuid4(), card, Grade.GOOD, answered_at=NOW + days(400))
    assert study.answer(session, learner, ahead, NOW).progress.answered_at == NOW


def test_an_answer_from_the_beginning_of_the_calendar_is_taken(session: Session, card: int) -> None:
    learner = add_learner(session, "taro", time_zone="America/New_York")
    first = Answer(uuid4(), card, Grade.GOOD, answered_at=datetime.min.replace(tzinfo=UTC))
    assert study.answer(session, learner, first, NOW).progress.reviewed_on == date.min


def test_a_clock_that_was_set_back_does_not_change_the_order(session: Session, learner: Learner, card: int) -> None:
    give(session, learner, card, 2, NOW)
    outcome = give(session, learner, card, 4, NOW - 5 * MINUTE)
    assert outcome.progress.repeat_on is None
    assert outcome.progress.answered_at == NOW + timedelta(microseconds=1)
    check(session, learner, card)


# Several learners, and the log itself


def test_each_learner_has_a_schedule_of_their_own(session: Session, learner: Learner, card: int) -> None:
    other = add_learner(session, "taro")
    give(session, learner, card, 5)
    give(session, other, card, 0)
    assert (check(session, learner, card).schedule.easiness, check(session, other, card).schedule.easiness) == (
        260,
        170,
    )


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reviews SET grade = 5",
        "UPDATE reviews SET study_day = study_day",
        "UPDATE OR REPLACE reviews SET grade = 5",
        "DELETE FROM reviews",
        "DELETE FROM reviews WHERE grade = 2",
        "REPLACE INTO reviews SELECT id, user_id, card_id, kind, 5, undoes, answered_at, study_day, 0, received_at"
        " FROM reviews",
        "INSERT OR REPLACE INTO reviews SELECT * FROM reviews",
    ],
)
def test_reviews_are_never_changed_and_never_go(session: Session, learner: Learner, card: int, statement: str) -> None:
    give(session, learner, card, 2)
    session.commit()
    with pytest.raises((IntegrityError, pysqlite3.IntegrityError), match="reviews are append-only"):
        session.execute(text(statement))
    session.rollback()
    assert session.execute(select(Review.grade)).scalars().all() == [2]


def test_only_with_a_closed_account_its_own_reviews_go(session: Session, learner: Learner, card: int) -> None:
    other = add_learner(session, "taro")
    give(session, learner, card, 2)
    kept = give(session, other, card, 2)
    session.get_one(User, learner.id).closed_at = NOW
    session.flush()
    session.execute(text("DELETE FROM reviews WHERE user_id = :user"), {"user": learner.id})
    assert session.execute(select(Review.id)).scalars().all() == [kept.review_id]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("column", "value"),
    [("grade", 6), ("grade", -1), ("grade", None), ("kind", "other"), ("took_ms", -1), ("undoes", UUID(int=1))],
)
def test_the_schema_refuses_a_review_that_says_nothing_sensible(
    session: Session, learner: Learner, card: int, column: str, value: object
) -> None:
    row = {
        "id": uuid4(),
        "user_id": learner.id,
        "card_id": card,
        "kind": "grade",
        "grade": 4,
        "undoes": None,
        "answered_at": NOW,
        "study_day": TODAY,
        "took_ms": 0,
        "received_at": NOW,
    }
    with pytest.raises(IntegrityError, match="CHECK constraint failed: ck_reviews_"):
        session.execute(insert(Review), row | {column: value})
