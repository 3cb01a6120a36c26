"""The quiet line that says what just happened: "Good: back in 6 days"."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session

from app import study
from app.errors import NotFoundError
from app.learner import Learner
from app.srs.sm2 import Grade
from app.study import Outcome
from app.web.language import page_language
from app.web.look import GRADE_NAMES, days

_MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Said:
    """A line, and the review that its "Undo" takes back."""

    text: str
    undo: UUID | None = None


def after_answer(outcome: Outcome, today: date) -> str:
    """What an answer led to, in one short line."""
    if outcome.grade is None:
        return gettext("Undone.")
    due = outcome.progress.schedule.due
    interval = 0 if due is None else (due - today).days
    return _after_grade(page_language(), outcome.grade, interval, outcome.again)


@lru_cache(_MOST_LINES)
def _after_grade(_page_language: str, given: Grade, interval: int, again: bool) -> str:
    """The line in the language of the page that asks for it."""
    grade = GRADE_NAMES[given]
    if again:
        return gettext("This card was answered before: %(grade)s. Nothing was recorded now.", grade=grade)
    if given.repeats_today:
        return gettext("%(grade)s: again today", grade=grade)
    if interval <= 1:
        return gettext("%(grade)s: back tomorrow", grade=grade)
    return gettext("%(grade)s: back in %(interval)s", grade=grade, interval=days(interval))


def from_address(session: Session, learner: Learner, today: date) -> Said | None:
    """What the address says was done before this page: an answer given, one refused, or one undone."""
    if request.args.get("refused"):
        return Said(gettext("That answer was not recorded: the card had been answered or changed in the meantime."))
    if request.args.get("undone"):
        return Said(gettext("Undone: the card is back."), study.last_review(session, learner))
    review_id = request.args.get("after", type=UUID)
    if review_id is None:
        return None
    try:
        outcome = study.recorded(session, learner, review_id)
    except NotFoundError:
        return None
    return Said(after_answer(outcome, today), review_id)
