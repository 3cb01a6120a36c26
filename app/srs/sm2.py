"""SM-2 in whole numbers.

Sources: P. A. Wozniak, "Optimization of learning" (1990), section 3.2, and the SM-2 source in Delphi, both on
super-memory.com. Fractions of a day are rounded up; the easiness before a review multiplies the interval;
easiness changes at every grade, a fail too; lateness is ignored. Easiness is kept in hundredths because every
change is a whole number of them: with floats the rounding up goes wrong (grades 0,0,5,5,5 give 9 days, not 10).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum

FIRST_EASINESS = 250
LEAST_EASINESS = 130
LONGEST_INTERVAL = 36_500
"""Days. The published text has no cap; a history of fives leaves the calendar at its 14th review."""

_EASINESS_CHANGE = (-80, -54, -32, -14, 0, +10)


class Grade(IntEnum):
    """Quality of recall, 0 to 5; under 3 is a fail. The four buttons are AGAIN, HARD, GOOD and EASY."""

    BLACKOUT = 0
    WRONG = 1
    AGAIN = 2
    HARD = 3
    GOOD = 4
    EASY = 5

    @property
    def passed(self) -> bool:
        """Whether the card counts as remembered (3 or better)."""
        return self >= Grade.HARD

    @property
    def repeats_today(self) -> bool:
        """Whether the card comes again on the same study day (below 4)."""
        return self < Grade.GOOD


@dataclass(frozen=True, slots=True)
class Schedule:
    """What SM-2 knows of a card: interval in days, easiness in hundredths, due as a study day (None: new)."""

    repetitions: int = 0
    interval: int = 0
    easiness: int = FIRST_EASINESS
    due: date | None = None
    repeat_today: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the card was never reviewed, or was reset."""
        return self.due is None

    def is_due(self, today: date) -> bool:
        """Whether a review on the study day `today` moves the schedule; otherwise it is a drill."""
        return self.due is None or self.due <= today

    def after(self, grade: Grade, today: date) -> "Schedule":
        """The schedule after a scheduled review with `grade` on the study day `today`."""
        repetitions = self.repetitions + 1 if grade.passed else 0
        interval = self._next_interval(repetitions)
        return Schedule(
            repetitions=repetitions,
            interval=interval,
            easiness=max(LEAST_EASINESS, self.easiness + _EASINESS_CHANGE[grade]),
            due=_days_later(today, interval),
            repeat_today=grade.repeats_today,
        )

    def drilled(self, grade: Grade) -> "Schedule":
        """The schedule after a same-day repeat: a grade of 4 or better ends the repeats, nothing else changes."""
        return self if grade.repeats_today else replace(self, repeat_today=False)

    def answered(self, grade: Grade, today: date) -> "Schedule":
        """The schedule after an answer on `today`, whether that is a scheduled review or a drill."""
        return self.after(grade, today) if self.is_due(today) else self.drilled(grade)

    def _next_interval(self, repetitions: int) -> int:
        if repetitions <= 1:
            return 1
        if repetitions == 2:
            return 6
        return min(LONGEST_INTERVAL, -(-self.interval * self.easiness // 100))


def _days_later(today: date, days: int) -> date:
    """`today` plus `days`, or the calendar's last day where there is no such date."""
    return today + timedelta(days=min(days, (date.max - today).days))
