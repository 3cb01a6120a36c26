"""Answering, undoing and resetting: what is recorded, what is refused, and what the schedule says afterwards."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pysqlite3
import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import study
from app.errors import NotFoundError, StaleError
from app.learner import Learner
from app.models import Review, User
from app.srs import history
from app.srs.history import Kind, Progress
from app.srs.sm2 import Grade
from app.study import LONGEST_ANSWER_MS, Answer
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due, retire, schedule_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def card(session: Session) -> int:
    """The only card of the library."""
    return add_cards(session, add_deck(session, "Docker"), 1)[0]


def reviews(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Review)).scalar_one()


def undo(session: Session, learner: Learner, review_id: UUID, now: datetime = NOW) -> study.Outcome:
    return study.undo(session, learner, review_id, uuid4(), now)


def check(session: Session, learner: Learner, card_id: int) -> Progress:
    """The progress of a card, after making sure that its row is the replay of its log."""
    row, log = schedule_of(session, learner, card_id), study.log_of(session, learner, card_id)
    progress = history.trace(log)
    assert {name: getattr(row, name) for name in study.derived(progress)} == study.derived(progress)
    assert row.revision == len(log)
    return progress


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


# Undo


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


# Several learners, and the log itself


def test_each_learner_has_a_schedule_of_their_own(session: Session, learner: Learner, card: int) -> None:
    other = add_learner(session, "taro")
    give(session, learner, card, 5)
    give(session, other, card, 0)
    assert (check(session, learner, card).schedule.easiness, check(session, other, card).schedule.easiness) == (
        260,
        170,
    )


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
