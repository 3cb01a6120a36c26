"""Today: what is due at a glance, and one button."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import importing, queue, stats
from app.web.context import learner, reading, study_day
from app.web.desk import beyond

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
def show() -> ResponseReturnValue:
    """The day's work, the decks, the next days' load and the last import."""
    session, today = reading(), study_day()
    left = queue.left(session, queue.sit_down(session, learner(), today))
    pace = stats.pace_ms(session, learner())
    return render_template(
        "today/show.html",
        today=today,
        left=left,
        beyond=None if left.total else beyond(),
        minutes=max(1, round(left.total * pace / 60_000)),
        decks=stats.deck_tree(session, learner(), today),
        forecast=stats.forecast(session, learner(), today),
        summary=stats.day_summary(session, learner(), today),
        last_import=importing.last_import(session, learner().id),
    )
