"""The desk of a sitting: its next cards, ready to be shown, and where its pages are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import uuid4

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from app import cards, queue
from app.cards import CardView
from app.errors import NotFoundError
from app.learner import Learner
from app.prepared import Handle
from app.queue import Left, Sitting
from app.renderings import Renderings
from app.srs.sm2 import Grade, Schedule
from app.web.context import connection, learner, renderings, study_day
from app.web.errors import wants_json
from app.web.fragments import Choice, Shown
from app.web.numbers import number_argument, whole_number

_MOST_MORE_NEW = 1000
_SOME_MORE = 10
"""New cards offered at a time to a learner who is done for today."""
_BUTTONS = (Grade.AGAIN, Grade.HARD, Grade.GOOD, Grade.EASY)
_MOST_SCHEDULES = 5_000


@dataclass(frozen=True, slots=True)
class Desk:
    """A learner's sitting and what its cards are shown with."""

    handle: Handle
    sitting: Sitting
    renderings: Renderings

    @property
    def learner(self) -> Learner:
        """Who sits here."""
        return self.sitting.learner

    @property
    def today(self) -> date:
        """The learner's study day."""
        return self.sitting.today

    @property
    def place(self) -> dict[str, Any]:
        """The arguments of an address that lead back to the same sitting."""
        sitting = self.sitting
        found = {"deck": sitting.deck_id, "ahead": int(sitting.ahead) or None, "more": sitting.more_new or None}
        return {name: value for name, value in found.items() if value is not None}

    def page(self, **said: Any) -> str:
        """The address of the next card."""
        return url_for("study.show", **self.place, **said)

    def end(self, **said: Any) -> str:
        """The address of the sitting's end."""
        return url_for("study.end", **self.place, **said)

    def left(self) -> Left:
        """How many cards are left today."""
        return queue.left(self.handle, self.sitting)

    def next_cards(self, limit: int, first: Sequence[int] = (), holding: Collection[int] = ()) -> list[Shown]:
        """The cards asked for first, then those of the queue that the page does not hold yet."""
        following = queue.upcoming(self.handle, self.sitting, limit, holding=[*first, *holding])
        return [self._shown(card) for card in cards.load(self.handle, self.learner, [*first, *following])]

    def _shown(self, card: CardView) -> Shown:
        grades = tuple(Grade) if self.learner.full_scale else _BUTTONS
        schedule = replace(card.schedule, repeat_today=card.comes_again(self.today))
        return Shown(
            card=card,
            question=self.renderings.question(self.handle, card),
            answer=self.renderings.answer(self.handle, card),
            choices=_choices(schedule, grades, self.today),
            is_drill=not card.schedule.is_due(self.today),
            review_id=uuid4(),
        )


class Beyond(NamedTuple):
    """What is there for a learner who is done for today: cards ahead, new cards, and the `more` that asks for those."""

    ahead: int
    new: int
    more: int


def beyond(deck_id: int | None = None) -> Beyond:
    """What can still be studied today of everything, or of one deck; nothing is offered that would show no card."""
    sitting = queue.sit_down(connection(), learner(), study_day(), deck_id)
    over = queue.beyond_the_limit(connection(), sitting, _SOME_MORE)
    ahead = queue.left(connection(), replace(sitting, ahead=True))
    return Beyond(ahead.due, queue.left(connection(), over).new, over.more_new)


def sit_down() -> Desk:
    """The desk of the sitting that the address asks for; raises NotFoundError where there is no such deck."""
    return _desk(queue.sit_down(connection(), learner(), study_day(), number_argument("deck")))


def stay() -> Desk:
    """The desk of the page that sent something: should its deck be gone since, there is everything else to study."""
    try:
        return sit_down()
    except (NotFoundError, NotFound):
        return _desk(queue.sit_down(connection(), learner(), study_day()))


def lead_to(address: str) -> ResponseReturnValue:
    """Lead a browser to a page of its sitting; a script is told the address and goes there itself."""
    return jsonify(location=address) if wants_json() else redirect(address)


def _desk(sitting: Sitting) -> Desk:
    if request.args:
        more_new = min(request.args.get("more", 0, type=whole_number), _MOST_MORE_NEW)
        sitting = replace(sitting, ahead="ahead" in request.args, more_new=more_new)
    return Desk(connection(), sitting, renderings())


@lru_cache(_MOST_SCHEDULES)
def _choices(schedule: Schedule, grades: tuple[Grade, ...], today: date) -> tuple[Choice, ...]:
    """What each grade would lead to: many cards have the same schedule."""
    return tuple(_choice(schedule, grade, today) for grade in grades)


def _choice(schedule: Schedule, grade: Grade, today: date) -> Choice:
    after = schedule.answered(grade, today)
    days = (after.due - today).days if after.due else after.interval
    return Choice(grade, max(days, 0), after.repeat_today)
