"""SM-2: golden rows for each rule and each place where the published text can be read in two ways."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.srs.sm2 import FIRST_EASINESS, LEAST_EASINESS, LONGEST_INTERVAL, Grade, Schedule

MONDAY = date(2026, 3, 2)
HISTORIES = Path(__file__).with_name("sm2_histories.csv")
DRILLS = Path(__file__).with_name("sm2_drills.csv")

grades = st.sampled_from(Grade)
histories = st.lists(grades, min_size=1, max_size=40)
days = st.dates(min_value=date(1990, 1, 1))


def after(*given_grades: int, start: date = MONDAY) -> Schedule:
    """The schedule after these grades, the first on `start`, each of the others on the day the card is due."""
    schedule = Schedule()
    for grade in given_grades:
        schedule = schedule.after(Grade(grade), schedule.due or start)
    return schedule


def rows_of(file: Path) -> list[list[str]]:
    """The rows of a data file without its comment and its header."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return [line.split(",") for line in lines[1:]]


def with_drills(reviews: str) -> Schedule:
    """The schedule after reviews such as "4 3/2/4": what follows a slash is a drill of the same day."""
    schedule = Schedule()
    for review in reviews.split():
        first, *drills = [Grade(int(grade)) for grade in review.split("/")]
        schedule = schedule.after(first, schedule.due or MONDAY)
        for grade in drills:
            schedule = schedule.drilled(grade)
    return schedule


def textbook(given_grades: Iterable[Grade]) -> tuple[int, int, Fraction]:
    """Repetitions, interval and easiness as the published text has them, in exact fractions and without a cap."""
    repetitions, interval, easiness = 0, 0, Fraction(5, 2)
    for grade in given_grades:
        repetitions = repetitions + 1 if grade >= 3 else 0
        interval = {0: 1, 1: 1, 2: 6}.get(repetitions) or ceil(interval * easiness)
        missing = 5 - grade
        change = Fraction(1, 10) - missing * (Fraction(8, 100) + missing * Fraction(2, 100))
        easiness = max(Fraction(13, 10), easiness + change)
    return repetitions, interval, easiness


def test_a_card_starts_new_with_easiness_two_and_a_half() -> None:
    assert Schedule() == Schedule(repetitions=0, interval=0, easiness=250, due=None, repeat_today=False)
    assert FIRST_EASINESS == 250
    assert Schedule().is_new


def test_a_reviewed_card_is_not_new_even_after_a_fail() -> None:
    assert not after(0).is_new


@pytest.mark.parametrize("grade", Grade)
def test_the_first_review_brings_the_card_back_tomorrow_whatever_its_grade(grade: Grade) -> None:
    schedule = Schedule().after(grade, MONDAY)
    assert (schedule.interval, schedule.due) == (1, date(2026, 3, 3))


@pytest.mark.parametrize("grade", [Grade.HARD, Grade.GOOD, Grade.EASY])
def test_the_second_pass_brings_the_card_back_in_six_days(grade: Grade) -> None:
    schedule = after(4, grade)
    assert (schedule.repetitions, schedule.interval, schedule.due) == (2, 6, date(2026, 3, 9))


def test_the_third_pass_multiplies_the_interval_by_the_easiness() -> None:
    assert after(4, 4, 4).interval == 15


def test_the_easiness_before_the_review_multiplies_the_interval() -> None:
    """6 x 2.70 is 16.2; with the easiness after the review (2.80) it would be 16.8, with that of 3 it would be 15.4."""
    assert [after(5, 5, grade).interval for grade in (3, 4, 5)] == [17, 17, 17]
    assert [after(4, 4, grade).interval for grade in (3, 4, 5)] == [15, 15, 15]


def test_hard_good_and_easy_differ_from_the_review_after_next_on() -> None:
    assert [after(4, 4, grade, 4).interval for grade in (3, 4, 5)] == [36, 38, 39]


@pytest.mark.parametrize(("grade", "easiness"), [(0, 170), (1, 196), (2, 218), (3, 236), (4, 250), (5, 260)])
def test_every_grade_changes_the_easiness_by_its_own_amount(grade: int, easiness: int) -> None:
    assert after(grade).easiness == easiness


def test_a_fail_lowers_the_easiness_and_does_not_put_it_back_to_the_first() -> None:
    assert after(5, 5, 0).easiness == 190
    assert after(5, 5, 0, 4).easiness == 190


def test_easiness_stops_at_its_floor() -> None:
    assert after(0, 0).easiness == LEAST_EASINESS == 130
    assert after(0, 0, 0, 3).easiness == 130


def test_easiness_rises_from_the_floor_by_whole_steps() -> None:
    assert after(0, 0, 0, 5).easiness == 140


def test_a_lapse_restarts_repetitions_and_is_due_tomorrow() -> None:
    learnt = after(4, 4, 4)
    assert learnt.due is not None
    lapsed = learnt.after(Grade.AGAIN, learnt.due)
    assert (lapsed.repetitions, lapsed.interval, lapsed.due) == (0, 1, learnt.due + timedelta(days=1))


def test_after_a_lapse_the_steps_begin_again_with_one_and_six_days() -> None:
    assert [after(4, 4, 4, 2, *passes).interval for passes in ((4,), (4, 4), (4, 4, 4))] == [1, 6, 14]


def test_fractions_of_a_day_are_rounded_up_and_exactly() -> None:
    """6 x 1.50 is 9 to the day; a float makes it a little more and 10 of it."""
    assert after(0, 0, 5, 5, 5).interval == 9


def test_a_fraction_however_small_is_a_day_more() -> None:
    assert after(4, 4, 5, 4).interval == 39  # 15 x 2.60 is 39 exactly
    assert after(4, 4, 4, 4).interval == 38  # 15 x 2.50 is 37.5
    assert after(3, 4, 4).interval == 15  # 6 x 2.36 is 14.16


@pytest.mark.parametrize(
    ("grade", "passed", "repeats"),
    [(0, False, True), (1, False, True), (2, False, True), (3, True, True), (4, True, False), (5, True, False)],
)
def test_three_passes_and_below_four_repeats_today(grade: int, passed: bool, repeats: bool) -> None:
    assert (Grade(grade).passed, Grade(grade).repeats_today) == (passed, repeats)
    assert after(grade).repeat_today is repeats


def test_the_four_buttons_are_the_grades_two_to_five() -> None:
    assert [Grade.AGAIN, Grade.HARD, Grade.GOOD, Grade.EASY] == [2, 3, 4, 5]


def test_lateness_is_ignored() -> None:
    """The stored interval counts: twenty days late, and still 6 x 2.50."""
    late = after(4, 4).after(Grade.GOOD, date(2026, 3, 29))
    assert (late.interval, late.due) == (15, date(2026, 4, 13))


@pytest.mark.parametrize("grade", [0, 1, 2, 3])
def test_a_drill_below_four_changes_nothing(grade: int) -> None:
    assert after(4, 3).drilled(Grade(grade)) == after(4, 3)


@pytest.mark.parametrize("grade", [4, 5])
def test_a_drill_of_four_or_better_ends_the_repeats_and_changes_nothing_else(grade: int) -> None:
    drilled = after(4, 3).drilled(Grade(grade))
    assert (drilled.repetitions, drilled.interval, drilled.easiness, drilled.due) == (2, 6, 236, date(2026, 3, 9))
    assert drilled.repeat_today is False


def test_a_new_card_is_due_on_any_day() -> None:
    assert Schedule().is_due(date.min)


def test_a_card_is_due_from_its_due_day_on_and_not_before() -> None:
    schedule = after(4, 4)
    days_around = (date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10))
    assert [schedule.is_due(day) for day in days_around] == [False, True, True]


def test_fives_for_ever_stop_at_the_longest_interval() -> None:
    assert after(*[5] * 9).interval == 13_752
    assert after(*[5] * 10).interval == LONGEST_INTERVAL == 36_500
    assert after(*[5] * 11).interval == 36_500


def test_a_due_day_behind_the_end_of_the_calendar_is_its_last_day() -> None:
    schedule = Schedule(repetitions=9, interval=30_000, easiness=250, due=date(9999, 1, 1))
    assert schedule.after(Grade.GOOD, date(9999, 1, 1)).due == date.max
    assert Schedule().after(Grade.GOOD, date.max).due == date.max


@pytest.mark.parametrize("row", rows_of(HISTORIES), ids=lambda row: str(row[0]))
def test_histories_of_scheduled_reviews(row: list[str]) -> None:
    reviews, repetitions, interval, easiness, repeats = row
    schedule = with_drills(reviews)
    assert schedule.repetitions == int(repetitions)
    assert schedule.interval == min(int(interval), LONGEST_INTERVAL)
    assert schedule.easiness == int(easiness)
    assert schedule.repeat_today is bool(int(repeats))


@pytest.mark.parametrize("row", rows_of(DRILLS), ids=lambda row: str(row[0]))
def test_histories_with_drills(row: list[str]) -> None:
    reviews, repetitions, interval, easiness, repeats = row
    schedule = with_drills(reviews)
    assert (schedule.repetitions, schedule.interval) == (int(repetitions), int(interval))
    assert (schedule.easiness, schedule.repeat_today) == (int(easiness), bool(int(repeats)))


def test_the_data_files_are_whole() -> None:
    assert (len(rows_of(HISTORIES)), len(rows_of(DRILLS))) == (210, 19)


@given(histories)
def test_whole_numbers_agree_with_exact_fractions(given_grades: list[Grade]) -> None:
    repetitions, interval, easiness = textbook(given_grades)
    schedule = after(*given_grades)
    assert (schedule.repetitions, Fraction(schedule.easiness, 100)) == (repetitions, easiness)
    if interval <= LONGEST_INTERVAL:
        assert schedule.interval == interval


@given(histories)
def test_interval_and_easiness_never_leave_their_bounds(given_grades: list[Grade]) -> None:
    schedule = Schedule()
    for grade in given_grades:
        schedule = schedule.after(grade, schedule.due or MONDAY)
        assert 1 <= schedule.interval <= 36_500
        assert schedule.easiness >= 130


@given(st.lists(st.tuples(grades, days), min_size=1, max_size=20))
def test_due_is_the_day_of_the_review_plus_the_interval_as_far_as_the_calendar_goes(
    reviews: list[tuple[Grade, date]],
) -> None:
    schedule = Schedule()
    for grade, day in reviews:
        schedule = schedule.after(grade, day)
        assert schedule.due == date.fromordinal(min(day.toordinal() + schedule.interval, date.max.toordinal()))


@given(histories, st.lists(grades, max_size=6))
def test_drills_never_move_a_schedule(given_grades: list[Grade], drills: list[Grade]) -> None:
    before = after(*given_grades)
    drilled = before
    for grade in drills:
        drilled = drilled.drilled(grade)
    still = before.repeat_today and all(grade < 4 for grade in drills)
    assert drilled == Schedule(before.repetitions, before.interval, before.easiness, before.due, still)


@given(histories)
def test_a_pass_never_shortens_the_interval_of_a_card_passed_twice(given_grades: list[Grade]) -> None:
    before = after(*given_grades)
    if before.repetitions >= 2 and before.due is not None:
        assert before.after(Grade.HARD, before.due).interval >= before.interval
