"""Which study day a moment belongs to: a date in the learner's time zone that begins at the learner's day start."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

DEFAULT_DAY_START = 4


def study_day(moment: datetime, time_zone: ZoneInfo, day_start: int = DEFAULT_DAY_START) -> date:
    """The study day of `moment` (aware), for days that begin at `day_start` o'clock (0-23) by the wall clock.

    Defined by when each day begins, so study days never go back, even where clocks are set back over the day
    start; a day may last 23 or 25 hours.
    """
    days = _around(_wall_date(moment, time_zone))
    begun = (day for day in days if day_begins(day, time_zone, day_start) <= moment)
    return next(begun, days[-1])


def day_begins(day: date, time_zone: ZoneInfo, day_start: int = DEFAULT_DAY_START) -> datetime:
    """The first moment (UTC) of the study day `day`; where clocks skip that hour, the moment they skip it."""
    try:
        return datetime.combine(day, time(day_start), tzinfo=time_zone).astimezone(UTC)
    except OverflowError:  # the first and last day of the calendar lie outside it in some zones
        return datetime.combine(day, time(day_start), tzinfo=UTC)


def _wall_date(moment: datetime, time_zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(time_zone).date()
    except OverflowError:  # within a day of the calendar's ends
        return moment.date()


def _around(day: date) -> list[date]:
    """The days that may have begun last, as far as the calendar has them, latest first.

    Two days back, because a night may follow a date that the zone left out (Samoa, 30 December 2011).
    """
    first, last = max(day.toordinal() - 2, date.min.toordinal()), min(day.toordinal() + 1, date.max.toordinal())
    return [date.fromordinal(ordinal) for ordinal in range(last, first - 1, -1)]
