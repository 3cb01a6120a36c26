"""Which backups are kept: all of the last day, then the newest of 7 days, of 4 weeks and of 12 months.

Days, weeks (from Monday) and months are those in UTC that hold a backup: a server that stood still loses none.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta

DAYS, WEEKS, MONTHS = 7, 4, 12
LAST_DAY = timedelta(hours=24)
"""So long before the newest, all are kept: one made after a mishap never drives out the one made before it."""


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """Those of the moments (UTC) whose backups are kept; the newest always is."""
    newest_first = sorted(set(moments), reverse=True)
    last_day = {at for at in newest_first if newest_first[0] - at < LAST_DAY}
    return last_day.union(
        _newest_of(newest_first, DAYS, lambda at: at.date()),
        _newest_of(newest_first, WEEKS, lambda at: at.isocalendar()[:2]),
        _newest_of(newest_first, MONTHS, lambda at: (at.year, at.month)),
    )


def _newest_of(newest_first: Sequence[datetime], most: int, span: Callable[[datetime], Hashable]) -> list[datetime]:
    """The newest moment of each of the last `most` spans that hold one."""
    found: dict[Hashable, datetime] = {}
    for at in newest_first:
        found.setdefault(span(at), at)
    return list(found.values())[:most]
