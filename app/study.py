"""Answering and undoing: the only writer of reviews and schedules.

An answer is inserted under the id it was given where it was made, folded into the schedule and committed: then it
is acknowledged, and not before. A second delivery returns the first result; out of order is fine, the card is then
replayed from its log. Undo and reset append to the log.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app import cursor
from app import study_statements as statements
from app.errors import NotFoundError, StaleError
from app.learner import Learner
from app.prepared import Handle
from app.srs import history
from app.srs.history import Kind, Progress
from app.srs.sm2 import Grade
from app.srs.sm2 import Schedule as Sm2Schedule

LONGEST_ANSWER_MS = 120_000
"""A card left open for longer says nothing about the learner's pace."""

_MOST_DAYS_BACK = 3
"""Another time zone (26 hours at most) and another day start (23) put a later moment that many study days back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a learner gave: `id` makes a second delivery harmless.

    `revision` is how many reviews the card had when the page was made; None takes the answer whatever happened
    since. `answered_at` is None for an answer given now.
    """

    id: UUID
    card_id: int
    grade: Grade
    took_ms: int = 0
    revision: int | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer, an undo or a reset: the card's progress after it.

    `again` tells that the same review had been recorded before and that nothing was done now.
    """

    review_id: UUID
    card_id: int
    grade: Grade | None
    progress: Progress
    revision: int
    again: bool = False


def answer(session: Handle, learner: Learner, given: Answer, now: datetime) -> Outcome:
    """Record one graded answer and move the card's schedule.

    Raises NotFoundError for a card the learner may not see, StaleError when the page was made before the card's
    last review: then nothing is recorded.
    """
    row = _load(session, learner, given.card_id, given.id)
    if row.known:
        return _first_result(session, learner, given.card_id, given.id)
    if given.revision is not None and given.revision != (row.revision or 0):
        raise StaleError(
            "This card was answered in the meantime: this answer was not recorded; go on with the next card"
        )
    review = _review(learner, given, row, now)
    _append(session, learner, given.card_id, review, now, given.took_ms)
    progress = _fold(session, learner, row, review)
    _store(session, learner, row, progress)
    if row.due is None:
        cursor.advance(session, learner.id, row.deck_id)
    return Outcome(review.id, given.card_id, given.grade, progress, (row.revision or 0) + 1)


def undo(session: Handle, learner: Learner, review_id: UUID, undo_id: UUID, now: datetime) -> Outcome:
    """Take back the review `review_id` as if it had never been given; a second time tells the progress as it is.

    Raises NotFoundError when the learner gave no such review.
    """
    target = statements.OWN_REVIEW.first(session, {"user": learner.id, "review": review_id})
    if target is None or target.kind == Kind.UNDO:
        raise NotFoundError("There is no such answer to undo; nothing was changed")
    row = _load(session, learner, target.card_id, undo_id)
    if target.undone or row.known:
        log = log_of(session, learner, target.card_id)
        return Outcome(review_id, target.card_id, None, history.trace(log), len(log), again=True)
    review = history.Review(undo_id, Kind.UNDO, now, learner.study_day(now), undoes=review_id)
    _append(session, learner, target.card_id, review, now)
    return _replayed(session, learner, row, review_id)


def reset(session: Handle, learner: Learner, card_id: int, reset_id: UUID, now: datetime) -> Outcome:
    """Make a card new again; its log is kept. Raises NotFoundError for a card the learner may not see."""
    row = _load(session, learner, card_id, reset_id)
    if row.known:
        return _first_result(session, learner, card_id, reset_id)
    review = history.Review(reset_id, Kind.RESET, _after_last(row, now), learner.study_day(now))
    _append(session, learner, card_id, review, now)
    return _replayed(session, learner, row, reset_id)


def recorded(session: Handle, learner: Learner, review_id: UUID) -> Outcome:
    """What a review led to when it was recorded; raises NotFoundError when the learner gave no such review."""
    row = statements.OWN_REVIEW.first(session, {"user": learner.id, "review": review_id})
    if row is None:
        raise NotFoundError("There is no such answer")
    return replace(_first_result(session, learner, row.card_id, review_id), again=False)


def last_review(session: Handle, learner: Learner, since: date | None = None) -> UUID | None:
    """The newest grade or reset that was not undone, of the study day `since` or later: what "undo" takes back next.

    The newest of the last study day, unless the learner's days began later since: then it may lie in a day before.
    """
    last = session.execute(statements.LAST_REVIEW, {"user": learner.id}).first()
    if last is None or (since is not None and last.study_day < since):
        return None
    newest = last.study_day.toordinal()
    before = [date.fromordinal(day) for day in range(max(1, newest - _MOST_DAYS_BACK), newest)]
    given_later = {"user": learner.id, "days": before, "moment": last.answered_at}
    later: UUID | None = session.execute(statements.GIVEN_LATER, given_later).scalar()
    return later or last.id


def is_last_undone(session: Handle, learner: Learner, card_id: int, review_id: UUID) -> bool:
    """Whether the last that happened to a card is that this review was taken back."""
    log = log_of(session, learner, card_id)
    return bool(log) and log[-1].undoes == review_id


def log_of(session: Handle, learner: Learner, card_id: int) -> list[history.Review]:
    """Everything the log holds of one card of a learner, oldest first."""
    rows = statements.LOG.all(session, {"user": learner.id, "card": card_id})
    return [as_review(row) for row in rows]


def _load(session: Handle, learner: Learner, card_id: int, review_id: UUID) -> Any:
    """The card with its schedule, and whether the log already knows the review."""
    parameters = {"user": learner.id, "card": card_id, "review": review_id}
    row = statements.CARD.first(session, parameters)
    if row is None or (row.known and not row.known_here):
        raise NotFoundError("There is no such card; nothing was recorded. Go back to Today and start from there")
    return row


def _review(learner: Learner, given: Answer, row: Any, now: datetime) -> history.Review:
    moment = _after_last(row, now) if given.answered_at is None else min(given.answered_at, now)
    day = learner.study_day(min(moment, now))
    return history.Review(given.id, Kind.GRADE, moment, day, grade=given.grade)


def _after_last(row: Any, now: datetime) -> datetime:
    """Now, but after the card's last review, should the clock have been set back: order of arrival counts."""
    return now if row.answered_at is None else max(now, row.answered_at + timedelta(microseconds=1))


def _append(
    session: Handle, learner: Learner, card_id: int, review: history.Review, now: datetime, took_ms: int = 0
) -> None:
    values = {
        "id": review.id,
        "user_id": learner.id,
        "card_id": card_id,
        "kind": review.kind.value,
        "grade": review.grade,
        "undoes": review.undoes,
        "answered_at": review.answered_at,
        "study_day": review.study_day,
        "took_ms": max(0, min(took_ms, LONGEST_ANSWER_MS)),
        "received_at": now,
    }
    statements.INSERT_REVIEW.run(session, values)


def _fold(session: Handle, learner: Learner, row: Any, review: history.Review) -> Progress:
    """The progress with one review more: a step where it came last, else the whole log again."""
    late = row.answered_at is not None and review.answered_at <= row.answered_at
    if late or row.undone_before:
        return history.trace(log_of(session, learner, row.card_id))
    return _progress(row).after(review)


def _replayed(session: Handle, learner: Learner, row: Any, review_id: UUID) -> Outcome:
    progress = history.trace(log_of(session, learner, row.card_id))
    _store(session, learner, row, progress)
    if progress.schedule.is_new:
        cursor.lower(session, learner.id, row.deck_id, row.position)
    return Outcome(review_id, row.card_id, None, progress, (row.revision or 0) + 1)


def _first_result(session: Handle, learner: Learner, card_id: int, review_id: UUID) -> Outcome:
    """What the first delivery of a review led to: the log as it had arrived then, less what was undone since."""
    rows = statements.LOG.all(session, {"user": learner.id, "card": card_id})
    place = next(place for place, row in enumerate(rows) if row.id == review_id)
    first = rows[place]
    had_arrived = (first.received_at, place)
    upto = [
        as_review(row) for at, row in enumerate(rows) if (row.received_at, at) <= had_arrived or row.kind == Kind.UNDO
    ]
    return Outcome(review_id, card_id, as_review(first).grade, history.trace(upto), len(rows), again=True)


def _store(session: Handle, learner: Learner, row: Any, progress: Progress) -> None:
    """Write the schedule that follows from the log; the learner's own flags stay as they are."""
    values = derived(progress) | {"revision": (row.revision or 0) + 1}
    if row.revision is not None:
        keys = {"key_user": learner.id, "key_card": row.card_id}
        statements.UPDATE_SCHEDULE.run(session, values | keys)
        return
    keys = {"user_id": learner.id, "card_id": row.card_id, "deck_id": row.deck_id if row.position is not None else None}
    statements.INSERT_SCHEDULE.run(session, values | keys)


def derived(progress: Progress) -> dict[str, Any]:
    """The columns of a schedule that follow from the log."""
    schedule = progress.schedule
    return {
        "repetitions": schedule.repetitions,
        "interval": schedule.interval,
        "easiness": schedule.easiness,
        "due": schedule.due,
        "repeat_on": progress.repeat_on,
        "lapses": progress.lapses,
        "introduced_on": progress.introduced_on,
        "reviewed_on": progress.reviewed_on,
        "answered_at": progress.answered_at,
    }


def _progress(row: Any) -> Progress:
    if row.revision is None:
        return Progress()
    schedule = Sm2Schedule(row.repetitions, row.interval, row.easiness, row.due, row.repeat_on is not None)
    return Progress(schedule, row.lapses, row.introduced_on, row.reviewed_on, row.repeat_on, row.answered_at)


def as_review(row: Any) -> history.Review:
    """A row of the log as a value."""
    grade = None if row.grade is None else Grade(row.grade)
    return history.Review(row.id, Kind(row.kind), row.answered_at, row.study_day, grade, row.undoes)
