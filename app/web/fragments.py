"""A card's part of the study page, for the replies to a script: the template is rendered once for each kind of card.

What differs from card to card is filled in afterwards. There is one template, `study/_card.html`; for a fragment it
is rendered with a card that stands in for all of its kind, with marks where texts, numbers and forms belong.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app.cards import CardView
from app.srs.sm2 import Grade
from app.web.language import page_language

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
    def buttons(self) -> Markup:
        """The buttons with what each of them leads to."""
        return Markup("").join(_button(page_language(), choice, self.is_drill) for choice in self.choices)


class _Kind(NamedTuple):
    """Everything the template makes a difference for, other than what is filled in."""

    page_language: str
    root: str
    place: tuple[tuple[str, Any], ...]
    card: str
    marked: bool
    has_heading: bool
    language: str
    buttons: int


@dataclass(frozen=True, slots=True)
class _StandIn:
    """The card that is shown for all of a kind. Its marks are secret, so that no text can pass for one."""

    card: CardView
    review_id: UUID
    deck_name: str
    question: Markup
    answer: Markup
    buttons: Markup
    choices: range


def _mark() -> str:
    return f"mark{secrets.token_hex(16)}"


def _number() -> int:
    return 10**15 + secrets.randbelow(10**15)


_CARD, _DECK, _REVISION, _REVIEW = _number(), _number(), _number(), uuid4()
_NAME, _HEADING, _QUESTION, _ANSWER, _BUTTONS, _TOKEN = (_mark() for _ in range(6))
_MARKS = (str(_CARD), str(_DECK), str(_REVISION), str(_REVIEW), _NAME, _HEADING, _QUESTION, _ANSWER, _BUTTONS, _TOKEN)
_ANY_MARK = re.compile(f"({'|'.join(_MARKS)})")


def fragment(shown: Shown, place: Mapping[str, Any]) -> str:
    """The card as `study/_card.html` shows it; `place` leads back to the sitting."""
    card = shown.card
    kind = _Kind(
        page_language=page_language(),
        root=request.root_path,
        place=tuple(place.items()),
        card=card.kind,
        marked=card.marked,
        has_heading=bool(card.heading),
        language=card.language,
        buttons=len(shown.choices),
    )
    values = (
        *(str(card.id), str(card.deck_id), str(card.revision), str(shown.review_id)),
        *(escape(shown.deck_name), escape(card.heading), shown.question, shown.answer, shown.buttons, generate_csrf()),
    )
    pieces = _pieces(kind)
    filled: list[str] = [piece if number % 2 == 0 else values[int(piece)] for number, piece in enumerate(pieces)]
    return "".join(filled)
