"""A card's log of reviews, and what it says the schedule is.

The log is the truth and the stored schedule is derived: `trace` of the same entries gives the same progress, in
whatever order they arrived. Entries count in the order of the moments they were given at, ties by their id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.srs.sm2 import Grade, Schedule


class Kind(StrEnum):
    """What an entry of the log says: a grade was given, an entry was undone, the card was made new again."""

    GRADE = "grade"
    UNDO = "undo"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Review:
    """One entry of the log, never changed. `undoes` names the entry that an undo takes back."""

    id: UUID
    kind: Kind
    answered_at: datetime
    study_day: date
    grade: Grade | None = None
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A schedule and what the queue needs beside it: all of it follows from the log."""

    schedule: Schedule = field(default_factory=Schedule)
    lapses: int = 0
    introduced_on: date | None = None
    """The study day of the first review since the card was new."""
    reviewed_on: date | None = None
    """The study day of the last review, drills included."""
    repeat_on: date | None = None
    """The study day on which the card comes again because it was graded below 4."""
    answered_at: datetime | None = None
    """The moment of the last entry that counts."""

    def after(self, review: Review) -> "Progress":
        """The progress after one more grade or reset, given after all entries that count so far."""
        if review.kind is Kind.RESET:
            return Progress(answered_at=review.answered_at)
        if review.grade is None:
            raise ValueError(f"review {review.id} is a grade without a grade")
        if self.schedule.is_due(review.study_day):
            return self._scheduled(review.grade, review)
        return self._drilled(review.grade, review)

    def _scheduled(self, grade: Grade, review: Review) -> "Progress":
        schedule = self.schedule.after(grade, review.study_day)
        return Progress(
            schedule=schedule,
            lapses=self.lapses + (not grade.passed and self.schedule.repetitions > 0),
            introduced_on=self.introduced_on or review.study_day,
            reviewed_on=review.study_day,
            repeat_on=review.study_day if schedule.repeat_today else None,
            answered_at=review.answered_at,
        )

    def _drilled(self, grade: Grade, review: Review) -> "Progress":
        schedule = self.schedule.drilled(grade)
        return replace(
            self,
            schedule=schedule,
            reviewed_on=review.study_day,
            repeat_on=self.repeat_on if schedule.repeat_today else None,
            answered_at=review.answered_at,
        )


def trace(reviews: Iterable[Review]) -> Progress:
    """The progress that the log of one card adds up to; the entries may come in any order and more than once."""
    progress = Progress()
    for review in in_force(reviews):
        progress = progress.after(review)
    return progress


def replay(reviews: Iterable[Review]) -> Schedule:
    """The schedule that the log of one card adds up to."""
    return trace(reviews).schedule


def in_force(reviews: Iterable[Review]) -> list[Review]:
    """The grades and resets that were not undone, in the order in which they were given."""
    log = list({review.id: review for review in reviews}.values())
    undone = {review.undoes for review in log if review.kind is Kind.UNDO}
    counting = [review for review in log if review.kind is not Kind.UNDO and review.id not in undone]
    return sorted(counting, key=lambda review: (review.answered_at, review.id))
