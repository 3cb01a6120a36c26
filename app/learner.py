"""An account in its role of studying: what scheduling and queue need to know of it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from app.srs.study_day import DEFAULT_DAY_START, study_day

DEFAULT_NEW_PER_DAY = 20


@dataclass(frozen=True)
class Learner:
    """A learner's id and habits; `reviews_per_day` is None where every due card is shown on its day."""

    id: int
    time_zone: str = "UTC"
    day_start: int = DEFAULT_DAY_START
    new_per_day: int = DEFAULT_NEW_PER_DAY
    reviews_per_day: int | None = None
    language: str = ""
    theme: str = ""
    full_scale: bool = False
    is_admin: bool = False
    name: str = ""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The learner's time zone."""
        return ZoneInfo(self.time_zone)

    def study_day(self, moment: datetime) -> date:
        """The study day that `moment` belongs to for this learner."""
        return study_day(moment, self.zone, self.day_start)
