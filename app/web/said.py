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
_OVERTAKEN = ("404", "409")
"""With these the answer of a page was refused that is older than the card."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line, and the review that its "Undo" takes back."""

    text: str
    undo: UUID | None = None
    is_undone: bool = False
    """Whether it tells of an answer taken back, so that its "Undo" takes back one more."""


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
        return gettext("%(grade)s: comes back today", grade=grade)
    if interval <= 1:
        return gettext("%(grade)s: back tomorrow", grade=grade)
    return gettext("%(grade)s: back in %(interval)s", grade=grade, interval=days(interval))


def before_a_card(session: Session, learner: Learner, today: date) -> Said:
    """What the address says; where it says nothing, the day's last answer can still be taken back."""
    return from_address(session, learner, today) or Said("", study.last_review(session, learner, since=today))


def from_address(session: Session, learner: Learner, today: date) -> Said | None:
    """What the address says was done before this page: an answer given, one refused, or one undone."""
    refused = request.args.get("refused")
    if refused in _OVERTAKEN:
        return Said(gettext("That answer was not recorded: the card had been answered or changed in the meantime."))
    if refused:
        return Said(gettext("This answer was not recorded"))
    if request.args.get("undone"):
        return Said(gettext("Undone: the card is back."), study.last_review(session, learner), is_undone=True)
    review_id = request.args.get("after", type=UUID)
    if review_id is None:
        return None
    try:
        outcome = study.recorded(session, learner, review_id)
    except NotFoundError:
        return None
    return Said(after_answer(outcome, today), review_id)
