"""The log of one card: what it adds up to, in whatever order it arrived."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.srs.history import Kind, Progress, Review, in_force, replay, trace
from app.srs.sm2 import Grade, Schedule

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def graded(number: int, grade: int, day: int = 0, minute: int | None = None) -> Review:
    """Grade number `number` of a log, given `day` days after Monday, a minute after the one before unless told."""
    moment = MORNING + timedelta(days=day, minutes=number if minute is None else minute)
    return Review(UUID(int=number), Kind.GRADE, moment, moment.date(), grade=Grade(grade))


def undone(number: int, target: int, day: int = 0) -> Review:
    moment = MORNING + timedelta(days=day, minutes=number)
    return Review(UUID(int=number), Kind.UNDO, moment, moment.date(), undoes=UUID(int=target))


def made_new(number: int, day: int = 0) -> Review:
    moment = MORNING + timedelta(days=day, minutes=number)
    return Review(UUID(int=number), Kind.RESET, moment, moment.date())


@st.composite
def logs(draw: st.DrawFn) -> list[Review]:
    """A log of grades, resets and undos; days move on by up to a fortnight, and some moments are the same."""
    log: list[Review] = []
    moment = MORNING
    for number in range(draw(st.integers(1, 14))):
        moment += timedelta(days=draw(st.sampled_from((0, 0, 0, 1, 1, 6, 14))), minutes=draw(st.integers(0, 2)))
        kind = draw(st.sampled_from((Kind.GRADE, Kind.GRADE, Kind.GRADE, Kind.UNDO, Kind.RESET)))
        targets = [entry.id for entry in log if entry.kind is not Kind.UNDO]
        if kind is Kind.UNDO and not targets:
            kind = Kind.GRADE
        log.append(
            Review(
                UUID(int=draw(st.integers(0, 2**60)) << 8 | number),
                kind,
                moment,
                moment.date(),
                grade=draw(st.sampled_from(Grade)) if kind is Kind.GRADE else None,
                undoes=draw(st.sampled_from(targets)) if kind is Kind.UNDO else None,
            )
        )
    return log


def test_an_empty_log_is_a_new_card() -> None:
    assert trace([]) == Progress()
    assert replay([]) == Schedule()


def test_a_first_grade_introduces_the_card() -> None:
    progress = trace([graded(1, 4)])
    assert progress.schedule == Schedule(1, 1, 250, TUESDAY, repeat_today=False)
    assert (progress.introduced_on, progress.reviewed_on, progress.repeat_on) == (MONDAY, MONDAY, None)
    assert (progress.lapses, progress.answered_at) == (0, MORNING + timedelta(minutes=1))


def test_a_grade_below_four_brings_the_card_again_on_its_study_day() -> None:
    progress = trace([graded(1, 3)])
    assert progress.repeat_on == MONDAY
    assert progress.schedule.repeat_today


def test_a_second_grade_on_the_same_day_is_a_drill_and_moves_nothing() -> None:
    progress = trace([graded(1, 3), graded(2, 0)])
    assert progress.schedule == replay([graded(1, 3)])
    assert (progress.repeat_on, progress.lapses) == (MONDAY, 0)
    assert progress.answered_at == MORNING + timedelta(minutes=2)


def test_a_drill_of_four_ends_the_repeats() -> None:
    progress = trace([graded(1, 3), graded(2, 4)])
    assert progress.repeat_on is None
    assert progress.schedule == Schedule(1, 1, 236, TUESDAY, repeat_today=False)


def test_a_grade_before_the_due_day_is_a_drill_and_moves_nothing_but_the_day_of_the_last_review() -> None:
    log = [graded(1, 4), graded(2, 4, day=1), graded(3, 0, day=3)]
    progress = trace(log)
    assert progress.schedule == replay(log[:2])
    assert progress.reviewed_on == date(2026, 3, 5)
    assert progress.lapses == 0


def test_a_drill_ahead_does_not_bring_the_card_again() -> None:
    progress = trace([graded(1, 4), graded(2, 4, day=1), graded(3, 1, day=3)])
    assert progress.repeat_on is None


def test_a_repeat_left_over_from_yesterday_stays_with_yesterday() -> None:
    """Passed with 3 on its second review, not drilled; two days later it is studied ahead and failed."""
    progress = trace([graded(1, 4), graded(2, 3, day=1), graded(3, 1, day=3)])
    assert progress.repeat_on == TUESDAY


def test_failing_a_learnt_card_is_a_lapse_and_failing_it_twice_is_one() -> None:
    assert trace([graded(1, 4), graded(2, 2, day=1)]).lapses == 1
    assert trace([graded(1, 4), graded(2, 2, day=1), graded(3, 2, day=2)]).lapses == 1
    assert trace([graded(1, 4), graded(2, 2, day=1), graded(3, 3, day=2), graded(4, 0, day=3)]).lapses == 2


def test_failing_a_new_card_is_no_lapse() -> None:
    assert trace([graded(1, 0)]).lapses == 0


def test_a_card_is_introduced_once_and_reviewed_last_on_its_last_day() -> None:
    progress = trace([graded(1, 2), graded(2, 4, day=1), graded(3, 4, day=2)])
    assert (progress.introduced_on, progress.reviewed_on) == (MONDAY, date(2026, 3, 4))


def test_undo_of_the_only_grade_makes_the_card_new() -> None:
    assert trace([graded(1, 4), undone(2, target=1)]) == Progress()


def test_undo_in_the_middle_judges_the_later_grades_anew() -> None:
    """Without Monday's grade, Tuesday's is the first."""
    progress = trace([graded(1, 4), graded(2, 4, day=1), undone(3, target=1, day=1)])
    assert progress == trace([graded(2, 4, day=1)])
    assert (progress.schedule.interval, progress.introduced_on) == (1, TUESDAY)


def test_undo_of_a_scheduled_grade_makes_its_drill_the_scheduled_one() -> None:
    progress = trace([graded(1, 2), graded(2, 5), undone(3, target=1)])
    assert progress.schedule == Schedule(1, 1, 260, TUESDAY, repeat_today=False)


def test_two_undos_of_one_grade_are_one() -> None:
    log = [graded(1, 4), graded(2, 4, day=1), undone(3, target=2, day=1), undone(4, target=2, day=2)]
    assert trace(log) == trace(log[:3]) == trace(log[:1])


def test_undo_of_an_undo_changes_nothing() -> None:
    log = [graded(1, 4), undone(2, target=1), undone(3, target=2)]
    assert trace(log) == Progress()


def test_an_undo_that_arrives_before_its_target_counts() -> None:
    assert trace([undone(2, target=1), graded(1, 4)]) == Progress()


def test_an_undo_of_something_else_changes_nothing() -> None:
    assert trace([graded(1, 4), undone(2, target=99)]) == trace([graded(1, 4)])


def test_a_reset_makes_the_card_new_and_forgets_its_lapses() -> None:
    progress = trace([graded(1, 4), graded(2, 2, day=1), made_new(3, day=1)])
    assert progress == Progress(answered_at=MORNING + timedelta(days=1, minutes=3))
    assert progress.schedule.is_new


def test_after_a_reset_the_card_is_introduced_again() -> None:
    progress = trace([graded(1, 5), made_new(2, day=1), graded(3, 4, day=2)])
    assert progress.introduced_on == date(2026, 3, 4)
    assert progress.schedule == Schedule(1, 1, 250, date(2026, 3, 5), repeat_today=False)


def test_an_undone_reset_never_happened() -> None:
    log = [graded(1, 4), made_new(2, day=1), undone(3, target=2, day=1)]
    assert trace(log) == trace(log[:1])


def test_entries_count_in_the_order_of_their_moments_and_ties_by_their_ids() -> None:
    second, first = graded(2, 0, minute=5), graded(1, 5, minute=5)
    early = graded(9, 3, minute=1)
    assert in_force([second, early, first]) == [early, first, second]
    assert trace([second, first]).schedule.easiness == 260


def test_a_grade_without_a_grade_is_refused() -> None:
    broken = Review(UUID(int=7), Kind.GRADE, MORNING, MONDAY)
    with pytest.raises(ValueError, match=r"^review 00000000-0000-0000-0000-000000000007 is a grade without a grade$"):
        trace([broken])


@given(logs())
def test_replay_is_the_same_as_step_by_step(log: list[Review]) -> None:
    progress = Progress()
    for entry in in_force(log):
        progress = progress.after(entry)
    assert trace(log) == progress
    assert replay(log) == progress.schedule


@given(logs(), st.randoms(use_true_random=False), st.data())
def test_any_order_of_arrival_and_any_duplicates_give_the_same_progress(
    log: list[Review], random: Random, data: st.DataObject
) -> None:
    arrived = log + data.draw(st.lists(st.sampled_from(log), max_size=6))
    random.shuffle(arrived)
    assert trace(arrived) == trace(log)


@given(logs(), st.data())
def test_what_was_undone_never_happened(log: list[Review], data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([entry for entry in log if entry.kind is not Kind.UNDO]))
    moment = log[-1].answered_at + timedelta(days=1)
    undo = Review(UUID(int=2**100), Kind.UNDO, moment, moment.date(), undoes=target.id)
    assert trace([*log, undo]) == trace([entry for entry in log if entry.id != target.id])


@given(logs())
def test_progress_holds_together(log: list[Review]) -> None:
    progress = trace(log)
    assert progress.schedule.repeat_today is (progress.repeat_on is not None)
    assert progress.schedule.is_new is (progress.introduced_on is None) is (progress.reviewed_on is None)
    assert progress.schedule.is_new or progress.schedule.interval >= 1
    if progress.introduced_on and progress.reviewed_on:
        assert progress.introduced_on <= progress.reviewed_on
        assert progress.repeat_on is None or progress.repeat_on <= progress.reviewed_on


@given(logs())
def test_drills_given_to_a_log_before_the_card_is_due_move_nothing(log: list[Review]) -> None:
    before = trace(log)
    moment = log[-1].answered_at + timedelta(seconds=1)
    if before.schedule.is_due(moment.date()):
        return
    drill = Review(UUID(int=2**100), Kind.GRADE, moment, moment.date(), grade=Grade.BLACKOUT)
    after = trace([*log, drill])
    assert (after.schedule, after.lapses, after.introduced_on) == (
        before.schedule,
        before.lapses,
        before.introduced_on,
    )
