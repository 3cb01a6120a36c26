"""Study days in every time zone there is: they never go back, and each begins when it says it begins."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.srs.study_day import DEFAULT_DAY_START, day_begins, study_day

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ONE = timedelta(microseconds=1)

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
day_starts = st.integers(0, 23)
moments = st.datetimes(timezones=st.just(UTC))
modern_moments = st.integers(-2_840_000_000, 2_200_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
"""From 1880 to 2039: as long as there have been time zones."""
spans = st.timedeltas(timedelta(0), timedelta(days=3))


@st.composite
def near_a_change_of_the_clocks(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and a moment up to two days from one at which its clocks were changed, where there is one nearby."""
    zone = draw(zones)
    begins = draw(modern_moments)
    offset = begins.astimezone(zone).utcoffset()
    steps = (begins + timedelta(hours=12 * step) for step in range(800))
    change = next((moment for moment in steps if moment.astimezone(zone).utcoffset() != offset), begins)
    return zone, change + draw(st.timedeltas(timedelta(days=-2), timedelta(days=2)))


def wall(
    zone: ZoneInfo, year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0, fold: int = 0
) -> datetime:
    """The moment at which the clocks of a zone show this."""
    return datetime(year, month, day, hour, minute, second, tzinfo=zone, fold=fold).astimezone(UTC)


def test_a_day_begins_at_four_unless_told_otherwise() -> None:
    assert DEFAULT_DAY_START == 4
    assert study_day(wall(TOKYO, 2026, 3, 2, 3, 59, 59), TOKYO) == date(2026, 3, 1)
    assert study_day(wall(TOKYO, 2026, 3, 2, 4), TOKYO) == date(2026, 3, 2)


@pytest.mark.parametrize("day_start", range(24))
def test_a_day_begins_at_the_hour_the_learner_chose(day_start: int) -> None:
    begins = wall(BERLIN, 2026, 7, 1, day_start)
    assert day_begins(date(2026, 7, 1), BERLIN, day_start) == begins
    assert study_day(begins, BERLIN, day_start) == date(2026, 7, 1)
    assert study_day(begins - ONE, BERLIN, day_start) == date(2026, 6, 30)


def test_the_same_moment_is_another_day_elsewhere() -> None:
    moment = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    assert study_day(moment, TOKYO) == date(2026, 3, 2)
    assert study_day(moment, BERLIN) == date(2026, 3, 1)


def test_a_moment_counts_in_whatever_zone_it_is_written() -> None:
    moment = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    assert study_day(moment.astimezone(APIA), TOKYO) == study_day(moment, TOKYO)


def test_where_clocks_skip_the_day_start_the_day_begins_when_they_skip_it() -> None:
    """Berlin, 29 March 2026: 02:00 becomes 03:00."""
    begins = day_begins(date(2026, 3, 29), BERLIN, 2)
    assert begins == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert study_day(begins, BERLIN, 2) == date(2026, 3, 29)
    assert study_day(begins - ONE, BERLIN, 2) == date(2026, 3, 28)


def test_where_clocks_show_the_day_start_twice_the_first_time_counts() -> None:
    """Berlin, 25 October 2026: 03:00 becomes 02:00; once begun, the day goes on."""
    begins = day_begins(date(2026, 10, 25), BERLIN, 2)
    assert begins == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    again_before_two = wall(BERLIN, 2026, 10, 25, 2, 30, fold=1)
    assert study_day(again_before_two, BERLIN, 2) == date(2026, 10, 25)


def test_clocks_set_back_over_midnight_do_not_bring_yesterday_back() -> None:
    """Havana, 1 November 2026: 01:00 becomes 00:00, so a day that begins at 00:00 begins once."""
    havana = ZoneInfo("America/Havana")
    first, second = (wall(havana, 2026, 11, 1, 0, 0, fold=fold) for fold in (0, 1))
    assert second - first == timedelta(hours=1)
    assert study_day(first - ONE, havana, 0) == date(2026, 10, 31)
    assert study_day(first, havana, 0) == study_day(second, havana, 0) == date(2026, 11, 1)


def test_clocks_set_back_into_a_day_that_was_over_do_not_bring_it_back() -> None:
    """Alaska, 1867: the day of the purchase was lived twice, and the second time the next study day had begun."""
    juneau = ZoneInfo("America/Juneau")
    change = next(
        moment
        for moment in (datetime(1867, 10, 17, tzinfo=UTC) + timedelta(minutes=step) for step in range(5000))
        if moment.astimezone(juneau).utcoffset() == timedelta(hours=-8, minutes=-57, seconds=-41)
    )
    assert change.astimezone(juneau).date() < (change - timedelta(minutes=1)).astimezone(juneau).date()
    assert study_day(change, juneau, 0) == study_day(change - timedelta(minutes=1), juneau, 0)


def test_days_last_23_and_25_hours_where_clocks_change() -> None:
    def hours(day: date) -> float:
        return (day_begins(day + timedelta(days=1), BERLIN) - day_begins(day, BERLIN)) / timedelta(hours=1)

    assert (hours(date(2026, 3, 28)), hours(date(2026, 10, 24)), hours(date(2026, 5, 1))) == (23, 25, 24)


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    """4 October 2026: 02:00 becomes 02:30; 5 April 2026: 02:00 becomes 01:30."""
    spring = day_begins(date(2026, 10, 4), LORD_HOWE, 2)
    assert spring == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    assert study_day(spring, LORD_HOWE, 2) == date(2026, 10, 4)
    assert study_day(spring - ONE, LORD_HOWE, 2) == date(2026, 10, 3)
    autumn = day_begins(date(2026, 4, 5), LORD_HOWE, 2)
    assert autumn == datetime(2026, 4, 4, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("day_start", range(1, 24))
def test_the_day_that_samoa_left_out_is_no_study_day(day_start: int) -> None:
    """After 29 December 2011 came 31 December: the night before it belongs to the 29th, as every night does."""
    change = datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    begins = day_begins(date(2011, 12, 31), APIA, day_start)
    assert study_day(change - ONE, APIA, day_start) == date(2011, 12, 29)
    assert study_day(change, APIA, day_start) == date(2011, 12, 29)
    assert study_day(begins - ONE, APIA, day_start) == date(2011, 12, 29)
    assert study_day(begins, APIA, day_start) == date(2011, 12, 31)


def test_samoa_goes_from_the_29th_to_the_31st_at_midnight() -> None:
    change = datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    assert study_day(change - ONE, APIA, 0) == date(2011, 12, 29)
    assert study_day(change, APIA, 0) == date(2011, 12, 31)


@given(zones, day_starts, moments, spans)
def test_study_days_never_go_back(zone: ZoneInfo, day_start: int, moment: datetime, span: timedelta) -> None:
    later = moment + min(span, datetime.max.replace(tzinfo=UTC) - moment)
    assert study_day(moment, zone, day_start) <= study_day(later, zone, day_start)


@given(near_a_change_of_the_clocks(), day_starts, spans)
def test_study_days_never_go_back_where_clocks_change(
    near: tuple[ZoneInfo, datetime], day_start: int, span: timedelta
) -> None:
    zone, moment = near
    assert study_day(moment, zone, day_start) <= study_day(moment + span, zone, day_start)


@given(near_a_change_of_the_clocks(), day_starts)
def test_a_moment_belongs_to_the_last_day_that_has_begun(near: tuple[ZoneInfo, datetime], day_start: int) -> None:
    zone, moment = near
    day = study_day(moment, zone, day_start)
    assert day_begins(day, zone, day_start) <= moment
    assert day_begins(day + timedelta(days=1), zone, day_start) > moment


@given(near_a_change_of_the_clocks(), day_starts)
def test_a_day_begins_with_itself_and_the_moment_before_is_an_earlier_day(
    near: tuple[ZoneInfo, datetime], day_start: int
) -> None:
    zone, moment = near
    day = moment.date()
    begins = day_begins(day, zone, day_start)
    assert study_day(begins, zone, day_start) >= day
    assert study_day(begins - ONE, zone, day_start) < day


@given(zones, day_starts, st.dates())
@example(TOKYO, 0, date.min)
@example(TOKYO, 23, date.max)
@example(ZoneInfo("America/New_York"), 0, date.min)
@example(ZoneInfo("America/New_York"), 23, date.max)
def test_every_day_of_the_calendar_has_a_beginning_in_utc(zone: ZoneInfo, day_start: int, day: date) -> None:
    begins = day_begins(day, zone, day_start)
    assert begins.utcoffset() == timedelta(0)
    assert abs(begins - datetime.combine(day, time(day_start), tzinfo=UTC)) < timedelta(hours=26)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("day_start", [0, 4, 23])
def test_the_ends_of_the_calendar_have_study_days(zone: str, day_start: int) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert study_day(first, ZoneInfo(zone), day_start) == date.min
    assert study_day(last, ZoneInfo(zone), day_start) in (date.max, date.max - timedelta(days=1))
