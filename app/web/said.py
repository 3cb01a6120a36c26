"""The quiet line that says what just happened: "Good: back in 6 days"."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext

from app import cards, study
from app.errors import NotFoundError
from app.srs.sm2 import Grade
from app.study import Outcome
from app.web.aside import ASIDES
from app.web.context import reading
from app.web.desk import Desk
from app.web.language import page_language
from app.web.look import GRADE_NAMES, days
from app.web.numbers import whole_number

_MOST_LINES = 5_000
_OVERTAKEN = ("404", "409")
"""With these the answer of a page was refused that is older than the card."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line, the address of what takes back what it tells of, and the words of the button for that."""

    text: str
    undo: str | None = None
    words: str = ""
    is_aside: bool = False
    """Whether it tells of a card set aside, and of no answer."""


def after_answer(outcome: Outcome, today: date) -> str:
    """What an answer led to, in one short line."""
    if outcome.grade is None:
        return gettext("Undone.")
    due = outcome.progress.schedule.due
    interval = 0 if due is None or outcome.progress.repeat_on == today else (due - today).days
    return _after_grade(page_language(), outcome.grade, interval, outcome.again)


@lru_cache(_MOST_LINES)
def _after_grade(_page_language: str, given: Grade, interval: int, again: bool) -> str:
    """The line in the language of the page that asks for it; no days at all: the card comes again today."""
    grade = GRADE_NAMES[given]
    if again:
        return gettext("This card was answered before: %(grade)s. Nothing was recorded now.", grade=grade)
    if interval <= 0:
        return gettext("%(grade)s: comes back today", grade=grade)
    if interval == 1:
        return gettext("%(grade)s: back tomorrow", grade=grade)
    return gettext("%(grade)s: back in %(interval)s", grade=grade, interval=days(interval))


def before_a_card(desk: Desk) -> Said:
    """What the address says; where it says nothing, the day's last answer can still be taken back."""
    return from_address(desk) or _undoing(desk, "", _last(desk, since=desk.today), gettext("Undo the last answer"))


def from_address(desk: Desk) -> Said | None:
    """What the address says was done before this page: an answer given, refused or undone, or a card set aside."""
    refused = request.args.get("refused")
    if refused in _OVERTAKEN:
        return Said(gettext("That answer was not recorded: the card had been answered or changed in the meantime."))
    if refused:
        return Said(gettext("This answer was not recorded"))
    if request.args.get("undone"):
        return _undoing(desk, gettext("Undone: the card is back."), _last(desk), gettext("Undo one more"))
    if "aside" in request.args:
        return _after_an_aside(desk)
    return _after_the_answer(desk)


def _after_the_answer(desk: Desk) -> Said | None:
    review_id = request.args.get("after", type=UUID)
    if review_id is None:
        return None
    try:
        outcome = study.recorded(reading(), desk.learner, review_id)
    except NotFoundError:
        return None
    return _undoing(desk, after_answer(outcome, desk.today), review_id, gettext("Undo"))


def _after_an_aside(desk: Desk) -> Said | None:
    """Nothing where the card is no longer as the act left it: somebody went back to an address."""
    act = ASIDES.get(request.args["aside"])
    if act is None:
        return None
    try:
        card = cards.load_one(reading(), desk.learner, request.args.get("of", 0, type=whole_number))
    except NotFoundError:
        return None
    if not act.holds(card, desk.today):
        return None
    undo = url_for(act.undone_by, card_id=card.id, back=card.id, **desk.place)
    return Said(gettext(act.text), undo, gettext("Undo"), is_aside=True)


def _last(desk: Desk, since: date | None = None) -> UUID | None:
    return study.last_review(reading(), desk.learner, since=since)


def _undoing(desk: Desk, text: str, review_id: UUID | None, words: str) -> Said:
    undo = None if review_id is None else url_for("study.undo", review_id=review_id, **desk.place)
    return Said(text, undo, words)
