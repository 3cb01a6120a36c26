"""Progress: every learner's schedules and reviews. The triggers that keep `reviews` append-only stand in migrations."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, where

_QUEUED = where(
    "due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended",
    sqlite="due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0",
)


class Schedule(Base):
    """A learner's schedule for a card. No row: the card is new. Replay of the reviews gives the same row.

    `deck_id` repeats the card's deck so that a queue is one range of an index; None while the card is retired.
    `suspended`, `buried_until` and `marked` are the learner's word and not derived.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("repetitions >= 0", name="repetitions"),
        CheckConstraint("interval BETWEEN 0 AND 36500", name="interval"),
        CheckConstraint("easiness >= 130", name="easiness"),
        CheckConstraint("lapses >= 0", name="lapses"),
        CheckConstraint("(due IS NULL) = (interval = 0)", name="new"),
        Index("ix_schedules_due", "user_id", "due", "card_id", "deck_id", "buried_until", **_QUEUED),
        Index("ix_schedules_deck_due", "user_id", "deck_id", "due", "card_id", "buried_until", **_QUEUED),
        Index("ix_schedules_repeat", "user_id", "repeat_on", "answered_at", **where("repeat_on IS NOT NULL")),
        Index("ix_schedules_introduced", "user_id", "introduced_on", **where("introduced_on IS NOT NULL")),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"), primary_key=True, index=True)
    deck_id: Mapped[int | None] = mapped_column(ForeignKey("decks.id"))
    repetitions: Mapped[int]
    interval: Mapped[int]
    easiness: Mapped[int]
    due: Mapped[date | None]
    repeat_on: Mapped[date | None]
    lapses: Mapped[int]
    introduced_on: Mapped[date | None]
    reviewed_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    revision: Mapped[int]
    """How many reviews of the card the log holds: a page made before the last one is stale."""
    suspended: Mapped[bool]
    buried_until: Mapped[date | None]
    marked: Mapped[bool]


class Review(Base):
    """One line of the log: a grade, an undo or a reset. Append-only by trigger."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("kind IN ('grade', 'undo', 'reset')", name="kind"),
        CheckConstraint("(kind = 'grade') = (grade IS NOT NULL)", name="grade_given"),
        CheckConstraint("grade BETWEEN 0 AND 5", name="grade"),
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undoes"),
        CheckConstraint("took_ms >= 0", name="took_ms"),
        Index("ix_reviews_card", "user_id", "card_id", "answered_at"),
        Index("ix_reviews_study_day", "user_id", "study_day", "answered_at"),
        Index("ix_reviews_undoes", "undoes", **where("undoes IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"))
    kind: Mapped[str]
    grade: Mapped[int | None]
    undoes: Mapped[UUID | None]
    answered_at: Mapped[datetime]
    study_day: Mapped[date]
    took_ms: Mapped[int]
    received_at: Mapped[datetime]


class NewCursor(Base):
    """Where a learner's new cards of a deck begin: no card before `position` is new. Derived; 0 is always right."""

    __tablename__ = "new_cursors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"), primary_key=True)
    position: Mapped[int]
