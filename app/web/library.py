"""Library: a deck with its notes, a card with its log, and what a learner sets aside."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app import cards, exporting, library, setaside, study
from app.cards import CardView
from app.web.aside import ASIDES
from app.web.context import database, done_reading, learner, now, reading, renderings, streamed, study_day
from app.web.context import uuid_field as uuid
from app.web.desk import beyond, lead_to
from app.web.look import heading_above
from app.web.numbers import whole_number
from app.web.schedule_words import due_words, easiness_words, standing_words

blueprint = Blueprint("library", __name__)

_LAST_POSITION = 2**31
_PLACE = ("deck", "ahead", "more")
"""What a study page's forms carry of the sitting."""
_SITTING = "sitting"
"""Says in the address of a card's page that somebody came there from a sitting."""


@blueprint.app_template_global()
def translated(template: str, details: Mapping[str, str]) -> str:
    """A sentence about a deck file in the language of the page, its details filled in."""
    return gettext(template) % details


@blueprint.get("/decks/<int:deck_id>")
def deck(deck_id: int) -> ResponseReturnValue:
    """A deck: its file and figures, the file's problems, its notes page by page, the decks below it."""
    session, today = reading(), study_day()
    found = library.deck(session, learner(), deck_id)
    begins = min(request.args.get("from", 0, type=whole_number), _LAST_POSITION)
    figures, below = library.shelf(session, learner(), found, today)
    return render_template(
        "library/deck.html",
        deck=found,
        begins=begins,
        stages=library.stages(session, learner(), deck_id),
        figures=figures,
        below=below,
        beyond=None if figures is None or figures.has_work else beyond(deck_id),
        page=library.page(session, learner(), deck_id, begins),
        question=_question,
        answer=_answer,
        filled=_filled,
        due=lambda card: due_words(card, today),
        today=today,
    )


@blueprint.get("/decks/<int:deck_id>/export")
def export(deck_id: int) -> ResponseReturnValue:
    """The deck as a deck file in `qa`; one without notes of its own says where some are."""
    found = library.deck(reading(), learner(), deck_id)
    exporting.refuse_empty(reading(), found)
    text = stream_with_context(streamed(lambda session: exporting.deck_text(session, found)))
    response = Response(text, mimetype="text/markdown")
    response.headers.set("Content-Disposition", "attachment", filename=_file_name(found.title))
    return response


@blueprint.get("/cards/<int:card_id>")
def card(card_id: int) -> ResponseReturnValue:
    """A card: both sides, its schedule, its log."""
    session, today = reading(), study_day()
    found = cards.load_one(session, learner(), card_id)
    is_buried = found.is_buried(today)
    is_away = is_buried or found.suspended or found.position is None
    return render_template(
        "library/card.html",
        card=found,
        deck=library.deck(session, learner(), found.deck_id),
        question=_question(found),
        answer=_answer(found),
        standing=standing_words(found, today),
        easiness=easiness_words(found),
        log=library.log_entries(session, learner(), card_id),
        is_buried=is_buried,
        heading=heading_above(found),
        sitting=_sitting(),
        back=url_for("study.show", **_place(), card=None if is_away else card_id),
        reset_id=uuid4(),
    )


@blueprint.post("/cards/<int:card_id>/mark")
def mark(card_id: int) -> ResponseReturnValue:
    """Mark a card to be found again."""
    _write(lambda session: setaside.mark(session, learner(), card_id))
    return _done(card_id, "marked")


@blueprint.post("/cards/<int:card_id>/mark/end")
def unmark(card_id: int) -> ResponseReturnValue:
    """Take the mark off."""
    _write(lambda session: setaside.unmark(session, learner(), card_id))
    return _done(card_id, "unmarked")


@blueprint.post("/cards/<int:card_id>/suspension")
def suspend(card_id: int) -> ResponseReturnValue:
    """Hide a card until it is called back."""
    _write(lambda session: setaside.suspend(session, learner(), card_id))
    return _done(card_id, "suspended")


@blueprint.post("/cards/<int:card_id>/suspension/end")
def call_back(card_id: int) -> ResponseReturnValue:
    """Put a suspended card back."""
    _write(lambda session: setaside.call_back(session, learner(), card_id))
    return _done(card_id, "called_back")


@blueprint.post("/cards/<int:card_id>/burial")
def bury(card_id: int) -> ResponseReturnValue:
    """Hide a card until tomorrow."""
    _write(lambda session: setaside.bury(session, learner(), card_id, study_day()))
    return _done(card_id, "hidden")


@blueprint.post("/cards/<int:card_id>/burial/end")
def unbury(card_id: int) -> ResponseReturnValue:
    """Show a card again that was hidden until tomorrow."""
    _write(lambda session: setaside.unbury(session, learner(), card_id))
    return _done(card_id, "unhidden")


@blueprint.post("/cards/<int:card_id>/resets")
def reset(card_id: int) -> ResponseReturnValue:
    """Make a card new again."""
    _write(lambda session: study.reset(session, learner(), card_id, uuid("reset"), now()))
    return _to_its_page(card_id, gettext("The card is new again. Its log is kept."))


@blueprint.post("/decks/<int:deck_id>/suspension")
def suspend_deck(deck_id: int) -> ResponseReturnValue:
    """Hide all cards of a deck until they are called back."""
    _write(lambda session: setaside.suspend_deck(session, learner(), deck_id))
    return _back_to_deck(deck_id, gettext("All cards of this deck are suspended."))


@blueprint.post("/decks/<int:deck_id>/suspension/end")
def call_back_deck(deck_id: int) -> ResponseReturnValue:
    """Put all suspended cards of a deck back."""
    _write(lambda session: setaside.call_back_deck(session, learner(), deck_id))
    return _back_to_deck(deck_id, gettext("All cards of this deck are called back."))


def _write(act: Callable[[Session], object]) -> None:
    done_reading()
    with database().writing() as session:
        act(session)


def _done(card_id: int, act: str) -> ResponseReturnValue:
    """To the card's page where the form stood there, else to the sitting: its line says what was done to which card."""
    if "page" in request.args:
        return _to_its_page(card_id, gettext(ASIDES[act].text))
    shown = request.args.get("back")
    return lead_to(url_for("study.show", **_place(), card=shown, aside=act, of=card_id))


def _to_its_page(card_id: int, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("library.card", card_id=card_id, **_sitting()))


def _place() -> dict[str, Any]:
    """The arguments of the address that lead back to the sitting."""
    return {name: request.args[name] for name in _PLACE if name in request.args}


def _sitting() -> dict[str, Any]:
    """What the addresses of a card's page carry on, so that it leads back to the sitting it was opened from."""
    return {_SITTING: 1, **_place()} if _SITTING in request.args else {}


def _back_to_deck(deck_id: int, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("library.deck", deck_id=deck_id))


def _question(found: CardView) -> str:
    return renderings().question(reading(), found)


def _answer(found: CardView) -> str:
    return renderings().answer(reading(), found)


def _filled(found: CardView) -> str:
    """A cloze with all its deletions filled in, whichever card asks for them."""
    deletions = tuple(deletion._replace(card=found.ordinal) for deletion in found.deletions)
    return renderings().answer(reading(), replace(found, deletions=deletions))


def _file_name(title: str) -> str:
    """The title as the name of a file, without what file systems refuse."""
    kept = "".join("-" if sign in '<>:"/\\|?*' or not sign.isprintable() else sign for sign in title)
    return f"{kept.strip('. ')[:80] or 'deck'}.md"
