"""Study: the card, the answer, the buttons; the end of a study session.

A page holds the card it shows and the one after it. A script shows the next one at once and sends the answer
behind it; without a script the answer is a form and the next card a page.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import cards, queue, stats, study
from app.cards import CardView
from app.queue import Sitting
from app.srs.sm2 import Grade
from app.study import Answer, Outcome
from app.web import said
from app.web.context import database, done_reading, learner, now, number_field, reading, renderings, study_day
from app.web.context import uuid_field as uuid
from app.web.errors import wants_json
from app.web.fragments import Choice, Shown, fragment

blueprint = Blueprint("study", __name__)

_MOST_MORE_NEW = 1000
_BUTTONS = (Grade.AGAIN, Grade.HARD, Grade.GOOD, Grade.EASY)


@blueprint.get("/study")
def show() -> ResponseReturnValue:
    """The next card of the sitting, or first the one that is asked for; when none is left, the end."""
    session, sitting = reading(), _sitting()
    wanted = [card_id for card_id in [request.args.get("card", type=int)] if card_id is not None]
    shown = _next_cards(sitting, 2 - len(wanted), first=wanted)
    message = said.from_address(session, learner(), study_day())
    if not shown:
        return redirect(_end(sitting))
    return render_template(
        "study/show.html",
        shown=shown[0],
        upcoming=shown[1] if len(shown) > 1 else None,
        left=queue.left(session, sitting),
        said=message,
        place=place(sitting),
    )


@blueprint.post("/cards/<int:card_id>/reviews")
def answer(card_id: int) -> ResponseReturnValue:
    """Record an answer; the reply brings the card after the one the page already shows."""
    given = Answer(
        id=uuid("review"),
        card_id=card_id,
        grade=Grade(number_field("grade")),
        took_ms=number_field("took_ms", 0),
        revision=number_field("revision"),
    )
    done_reading()
    with database().writing() as session:
        outcome = study.answer(session, learner(), given, now())
        renderings().store(session)
    return _reply(outcome)


def _reply(outcome: Outcome) -> ResponseReturnValue:
    sitting = _sitting()
    if not wants_json():
        return redirect(url_for("study.show", **place(sitting), after=outcome.review_id))
    holding = request.form.getlist("holding", type=int)
    following = _next_cards(sitting, 1, holding=holding)
    return jsonify(
        said=said.after_answer(outcome, study_day()),
        undo=outcome.review_id,
        left=queue.left(reading(), sitting)._asdict(),
        next=fragment(following[0], place(sitting)) if following else None,
        end=url_for("study.end", **place(sitting), after=outcome.review_id),
    )


@blueprint.get("/study/end")
def end() -> ResponseReturnValue:
    """How the day went, what failed twice, what tomorrow brings."""
    session, sitting, today = reading(), _sitting(), study_day()
    summary = stats.day_summary(session, learner(), today)
    return render_template(
        "study/end.html",
        summary=summary,
        failed_often=cards.load(session, learner(), summary.failed_often),
        tomorrow=stats.forecast(session, learner(), today)[0],
        left=queue.left(session, sitting),
        last_review=study.last_review(session, learner()),
        said=said.from_address(session, learner(), study_day()),
        place=place(sitting),
    )


@blueprint.post("/reviews/<uuid:review_id>/undo")
def undo(review_id: UUID) -> ResponseReturnValue:
    """Take an answer back and show its card again."""
    done_reading()
    with database().writing() as session:
        outcome = study.undo(session, learner(), review_id, uuid("undo"), now())
    sitting = _sitting()
    address = url_for("study.show", **place(sitting), card=outcome.card_id, undone=review_id)
    return jsonify(location=address) if wants_json() else redirect(address)


def place(sitting: Sitting) -> dict[str, Any]:
    """The arguments of an address that lead back to the same sitting."""
    found = {"deck": sitting.deck_id, "ahead": int(sitting.ahead) or None, "more": sitting.more_new or None}
    return {name: value for name, value in found.items() if value is not None}


def _end(sitting: Sitting) -> str:
    """Where a sitting ends, with what this request says was done before."""
    done = {name: request.args[name] for name in ("after", "undone") if name in request.args}
    return url_for("study.end", **place(sitting), **done)  # type: ignore[arg-type]


def _sitting() -> Sitting:
    """The sitting that the address asks for."""
    sitting = queue.sit_down(reading(), learner(), study_day(), request.args.get("deck", type=int))
    more_new = request.args.get("more", 0, type=int)
    return replace(sitting, ahead="ahead" in request.args, more_new=max(0, min(more_new, _MOST_MORE_NEW)))


def _next_cards(sitting: Sitting, limit: int, first: list[int] = [], holding: list[int] = []) -> list[Shown]:  # noqa: B006 - never changed
    """The cards asked for first, then those of the queue that the page does not hold yet."""
    card_ids = first + queue.upcoming(reading(), sitting, limit, holding=first + holding)
    return [_shown(card) for card in cards.load(reading(), learner(), card_ids)]


def _shown(card: CardView) -> Shown:
    session, today = reading(), study_day()
    grades = tuple(Grade) if learner().full_scale else _BUTTONS
    return Shown(
        card=card,
        question=renderings().question(session, card),
        answer=renderings().answer(session, card),
        choices=tuple(_choice(card, grade) for grade in grades),
        is_drill=not card.schedule.is_due(today),
        review_id=uuid4(),
    )


def _choice(card: CardView, grade: Grade) -> Choice:
    after = card.schedule.answered(grade, study_day())
    days = (after.due - study_day()).days if after.due else after.interval
    return Choice(grade, max(days, 0), grade.repeats_today)
