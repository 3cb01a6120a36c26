"""A card's part of the study page, for the replies to a script: the template is rendered once for each kind of card.

What differs from card to card is filled in afterwards. There is one template, `study/_card.html`; for a fragment it
is rendered with a card that stands in for all of its kind, with marks where texts, numbers and forms belong.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from flask import render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app.cards import CardView
from app.decks.note import NoteKind
from app.srs.sm2 import Grade
from app.web.language import page_language
from app.web.look import heading_above

_MOST_KINDS = 200
_MOST_BUTTONS = 5_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A grade that may be given, the days until the card then comes back, and whether it comes again today."""

    grade: Grade
    interval: int
    again_today: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A card ready to be shown: its sides as HTML, its buttons, and the id its review will have."""

    card: CardView
    question: Markup
    answer: Markup
    choices: tuple[Choice, ...]
    is_drill: bool
    review_id: UUID

    @property
    def deck_name(self) -> str:
        """The way to the card's deck, as it is read."""
        return self.card.deck_path.replace("/", " › ")

    @property
    def heading(self) -> str:
        """The headings above the card; "" where its question begins with them."""
        return heading_above(self.card)

    @property
    def buttons(self) -> Markup:
        """The buttons with what each of them leads to."""
        return Markup("").join(_button(page_language(), choice, self.is_drill) for choice in self.choices)


class _Kind(NamedTuple):
    """Everything the template makes a difference for, other than what is filled in."""

    page_language: str
    root: str
    place: tuple[tuple[str, Any], ...]
    kind: NoteKind
    marked: bool
    has_heading: bool
    language: str
    buttons: int


def fragment(shown: Shown, place: Mapping[str, Any]) -> str:
    """The card as `study/_card.html` shows it; `place` leads back to the sitting.

    Its form holds the token with which the page asked for it: that one is good for as long as the log-in.
    """
    card = shown.card
    kind = _Kind(
        page_language(),
        request.root_path,
        tuple(place.items()),
        card.kind,
        card.marked,
        bool(shown.heading),
        card.language,
        len(shown.choices),
    )
    values = {
        _CARD: str(card.id),
        _DECK: str(card.deck_id),
        _REVISION: str(card.revision),
        _REVIEW: str(shown.review_id),
        _NAME: escape(shown.deck_name),
        _HEADING: escape(shown.heading),
        _QUESTION: shown.question,
        _ANSWER: shown.answer,
        _BUTTONS: shown.buttons,
        _TOKEN: escape(request.form.get("csrf_token") or generate_csrf()),
    }
    return "".join([values.get(piece, piece) for piece in _pieces(kind)])


@lru_cache(_MOST_KINDS)
def _pieces(kind: _Kind) -> tuple[str, ...]:
    """The template around the marks, and the marks, in turn."""
    card = SimpleNamespace(
        id=int(_CARD),
        deck_id=int(_DECK),
        revision=int(_REVISION),
        kind=kind.kind,
        marked=kind.marked,
        language=kind.language,
    )
    shown = SimpleNamespace(
        card=card,
        heading=_HEADING if kind.has_heading else "",
        review_id=_REVIEW,
        deck_name=_NAME,
        question=Markup(_QUESTION),  # noqa: S704 - our own mark
        answer=Markup(_ANSWER),  # noqa: S704
        buttons=Markup(_BUTTONS),  # noqa: S704
        choices=range(kind.buttons),
    )
    html = render_template("study/_card.html", shown=shown, place=dict(kind.place))
    return tuple(_ANY_MARK.split(html.replace(generate_csrf(), _TOKEN)))


@lru_cache(_MOST_BUTTONS)
def _button(_page_language: str, choice: Choice, is_drill: bool) -> Markup:
    """One button, in the language of the page that asks for it."""
    html = render_template("study/_button.html", choice=choice, is_drill=is_drill)
    return Markup(html)  # noqa: S704 - a template of our own, escaped like all


def _mark() -> str:
    return f"mark{secrets.token_hex(16)}"


def _number() -> str:
    return str(10**15 + secrets.randbelow(10**15))


# Secret, so that no text can pass for a mark.
_CARD, _DECK, _REVISION = _number(), _number(), _number()
_REVIEW, _NAME, _HEADING, _QUESTION, _ANSWER, _BUTTONS, _TOKEN = (_mark() for _ in range(7))
_MARKS = (_CARD, _DECK, _REVISION, _REVIEW, _NAME, _HEADING, _QUESTION, _ANSWER, _BUTTONS, _TOKEN)
_ANY_MARK = re.compile(f"({'|'.join(_MARKS)})")
