"""Which backups are kept."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.backups import kept
from app.backups.keeping import DAYS, LAST_DAY, MONTHS, WEEKS

BEGIN = datetime(2026, 1, 1, 3, tzinfo=UTC)
MOMENTS = st.lists(
    st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes)), min_size=1, max_size=120
)


def every_day(days: int) -> list[datetime]:
    return [BEGIN + timedelta(days=day) for day in range(days)]


def test_of_a_year_and_a_half_of_nights_seven_days_four_weeks_and_twelve_months_are_left() -> None:
    found = sorted(kept(every_day(545)), reverse=True)
    assert [at.date().isoformat() for at in found] == [
        *("2027-06-29", "2027-06-28", "2027-06-27", "2027-06-26", "2027-06-25", "2027-06-24", "2027-06-23"),
        *("2027-06-20", "2027-06-13"),
        *("2027-05-31", "2027-04-30", "2027-03-31", "2027-02-28", "2027-01-31", "2026-12-31", "2026-11-30"),
        *("2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31"),
    ]


def test_thinned_out_night_by_night_it_comes_to_the_same() -> None:
    left: set[datetime] = set()
    for night in every_day(545):
        left = kept({*left, night})
    assert left == kept(every_day(545))


def test_after_a_long_rest_nothing_that_was_kept_is_lost_by_the_first_new_one() -> None:
    before = [BEGIN + timedelta(days=day) for day in range(3)]
    assert kept([*before, BEGIN + timedelta(days=400)]) == {*before, BEGIN + timedelta(days=400)}


def test_all_of_the_last_day_are_kept_so_that_one_made_after_a_mishap_drives_out_none() -> None:
    before_upgrade, after = BEGIN, [BEGIN + timedelta(minutes=minute) for minute in range(1, 50)]
    assert kept([before_upgrade, *after]) == {before_upgrade, *after}


def test_none_are_none() -> None:
    assert kept([]) == set()


@given(MOMENTS)
def test_the_newest_is_always_kept(moments: list[datetime]) -> None:
    assert max(moments) in kept(moments)


@given(MOMENTS)
def test_what_is_kept_stays_kept_when_asked_again(moments: list[datetime]) -> None:
    assert kept(kept(moments)) == kept(moments) <= set(moments)


@given(MOMENTS)
def test_beyond_the_last_day_no_more_are_kept_than_promised(moments: list[datetime]) -> None:
    older = [at for at in kept(moments) if max(moments) - at >= LAST_DAY]
    assert len(older) <= DAYS + WEEKS + MONTHS


@given(MOMENTS, st.randoms())
def test_their_order_says_nothing(moments: list[datetime], random: Random) -> None:
    shuffled = list(moments)
    random.shuffle(shuffled)
    assert kept(shuffled) == kept(moments)


@given(MOMENTS)
def test_each_of_the_last_twelve_months_with_a_backup_keeps_its_newest(moments: list[datetime]) -> None:
    months = sorted({(at.year, at.month) for at in moments}, reverse=True)[:MONTHS]
    for month in months:
        assert max(at for at in moments if (at.year, at.month) == month) in kept(moments)
