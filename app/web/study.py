"""Study: the card, the answer, the buttons; the end of a study session.

A page holds the card it shows and the one after it. A script shows the next one at once and sends the answer
behind it; without a script the answer is a form and the next card a page.
"""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app import cards, stats, study
from app.errors import OboegakiError
from app.learner import Learner
from app.srs.sm2 import Grade
from app.study import Answer, Outcome
from app.web import said
from app.web.context import connection, database, learner, now, number_field, reading, renderings
from app.web.context import uuid_field as uuid
from app.web.desk import lead_to, sit_down, stay
from app.web.errors import wants_json
from app.web.fragments import fragment
from app.web.look import count
from app.web.numbers import whole_number

blueprint = Blueprint("study", __name__)

_DONE = ("after", "undone", "refused", "aside", "of")
"""Arguments that say what was done before a page."""
_MOST_HELD = 10
"""Cards that a page may say it holds; ours hold one."""


@blueprint.get("/study")
def show() -> ResponseReturnValue:
    """The next card of the sitting, or first the one that is asked for; when none is left, the end."""
    desk = sit_down()
    wanted = [card_id for card_id in [request.args.get("card", type=whole_number)] if card_id is not None]
    if wanted and _is_answered_since(desk.learner, wanted[0]):
        return redirect(desk.page())
    shown = desk.next_cards(2 - len(wanted), first=wanted)
    if not shown:
        return redirect(desk.end(**{name: request.args[name] for name in _DONE if name in request.args}))
    return render_template(
        "study/show.html",
        shown=shown[0],
        upcoming=shown[1] if len(shown) > 1 else None,
        left=desk.left(),
        said=said.before_a_card(desk),
        place=desk.place,
    )


def _is_answered_since(me: Learner, card_id: int) -> bool:
    """Whether the address is that of an undo, and its card has had another answer since: somebody went back to it."""
    undone = request.args.get("undone", type=UUID)
    return undone is not None and not study.is_last_undone(connection(), me, card_id, undone)


@blueprint.post("/cards/<int:card_id>/reviews")
def answer(card_id: int) -> ResponseReturnValue:
    """Record an answer; the reply brings the card after the one the page already shows."""
    given = Answer(
        id=uuid("review"),
        card_id=card_id,
        grade=_grade(),
        took_ms=number_field("took_ms", 0),
        revision=number_field("revision"),
    )
    me, at = learner(), now()
    with database().writing_on(connection(), me.id):
        outcome = study.answer(connection(), me, given, at)
        renderings().store(connection())
    # The first reply may have been lost on its way: the same answer sent again is told the same again.
    return _reply(replace(outcome, again=outcome.again and outcome.grade != given.grade))


def _grade() -> Grade:
    number = number_field("grade")
    if number not in set(Grade):
        raise OboegakiError("There is no grade %(grade)s; grades are 0 to 5. Nothing was recorded", grade=number)
    return Grade(number)


def _reply(outcome: Outcome) -> ResponseReturnValue:
    desk = stay()
    if not wants_json():
        return redirect(desk.page(after=outcome.review_id))
    following = desk.next_cards(1, holding=request.form.getlist("holding", type=whole_number)[:_MOST_HELD])
    return jsonify(
        said=said.after_answer(outcome, desk.today),
        undo=outcome.review_id,
        left={name: count(number) for name, number in desk.left()._asdict().items()},
        next=fragment(following[0], desk.place) if following else None,
        end=desk.end(after=outcome.review_id),
    )


@blueprint.get("/study/end")
def end() -> ResponseReturnValue:
    """How the day went, what failed twice, what tomorrow brings."""
    desk, session = sit_down(), reading()
    summary = stats.day_summary(session, desk.learner, desk.today)
    return render_template(
        "study/end.html",
        summary=summary,
        failed_often=cards.load(session, desk.learner, summary.failed_often),
        tomorrow=stats.forecast(session, desk.learner, desk.today)[0],
        left=desk.left(),
        last_review=study.last_review(session, desk.learner),
        said=said.from_address(desk),
        place=desk.place,
    )


@blueprint.post("/reviews/<uuid:review_id>/undo")
def undo(review_id: UUID) -> ResponseReturnValue:
    """Take an answer back and show its card again."""
    me, at, undo_id = learner(), now(), uuid("undo")
    with database().writing_on(connection(), me.id):
        outcome = study.undo(connection(), me, review_id, undo_id, at)
    return lead_to(stay().page(card=outcome.card_id, undone=review_id))
