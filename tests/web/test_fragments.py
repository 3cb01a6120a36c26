"""A fragment is what the template shows, whatever is in the card."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, g, render_template, session
from flask_wtf.csrf import generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from app import create_app
from app.cards import CardView
from app.config import Config
from app.decks.note import NoteKind
from app.srs.sm2 import Grade, Schedule
from app.web.fragments import Choice, Shown, fragment

FOUR = (Grade.AGAIN, Grade.HARD, Grade.GOOD, Grade.EASY)
CARD = CardView(
    id=11,
    note_id=12,
    ordinal=1,
    position=0,
    kind=NoteKind.BASIC,
    front="",
    back="",
    deletions=(),
    tags="",
    heading="",
    line=1,
    deck_id=13,
    deck_path="Docker/Network",
    language="",
    schedule=Schedule(),
    lapses=0,
    repeat_on=None,
    reviewed_on=None,
    revision=3,
    suspended=False,
    buried_until=None,
    marked=False,
)


@pytest.fixture
def request_context(config: Config) -> Iterator[Flask]:
    """A request of somebody who is not logged in: the template asks nothing of the learner."""
    app = create_app(config)
    with app.test_request_context("/study", headers={"Accept-Language": "en"}):
        yield app
    app.extensions["database"].close()


def shown(*, grades: tuple[Grade, ...] = FOUR, is_drill: bool = False, **card: Any) -> Shown:
    """The card with other contents, ready to be shown."""
    choices = tuple(Choice(grade, 6, grade.repeats_today) for grade in grades)
    sides = Markup("<p>question</p>"), Markup("<p>answer</p>")
    return Shown(replace(CARD, **card), *sides, choices, is_drill, UUID(int=5))


def from_template(card: Shown, place: dict[str, Any]) -> str:
    """The same through the template alone."""
    return render_template("study/_card.html", shown=card, place=place)


@pytest.mark.usefixtures("request_context")
@pytest.mark.parametrize(
    "card",
    [
        shown(),
        shown(heading="Bridges & <hosts>"),
        shown(heading="Docker › Network", front="Docker › Network › bridge"),
        shown(marked=True, language="ja", heading="図"),
        shown(kind=NoteKind.CLOZE, deck_path='A & <b>/"C"'),
        shown(grades=tuple(Grade), is_drill=True, id=987, deck_id=65, revision=0),
    ],
)
@pytest.mark.parametrize("place", [{}, {"deck": 13}, {"deck": 13, "ahead": 1, "more": 10}])
def test_a_fragment_is_what_the_template_shows(card: Shown, place: dict[str, Any]) -> None:
    """The first time, and once its kind is known."""
    assert fragment(card, place) == from_template(card, place)
    other = replace(card, card=replace(card.card, id=4711, revision=9), review_id=UUID(int=6))
    assert fragment(other, place) == from_template(other, place)


@pytest.mark.usefixtures("request_context")
@pytest.mark.parametrize(
    ("heading", "question", "above"),
    [
        ("Docker › Network", "Docker › Network › bridge", ""),
        ("Docker › Network", "Docker › Network", ""),
        ("Docker", "Dockerfile: what is it?", "Docker"),
        ("Network", "Docker › Network", "Network"),
    ],
)
def test_headings_stand_above_a_card_where_its_question_does_not_begin_with_them(
    heading: str, question: str, above: str
) -> None:
    card = shown(heading=heading, front=question)
    assert card.heading == above
    assert ("› Docker" in fragment(card, {})) == (above == "Docker")


@pytest.mark.usefixtures("request_context")
def test_a_token_belongs_to_one_browser() -> None:
    """What is kept of a kind holds no token of the one who asked first."""
    first = generate_csrf()
    assert first in fragment(shown(), {})
    session.clear()
    del g.csrf_token
    assert generate_csrf() != first
    assert first not in fragment(shown(), {})
    assert generate_csrf() in fragment(shown(), {})


@pytest.mark.usefixtures("request_context")
@given(path=st.text(min_size=1), heading=st.text(), language=st.text(max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_text_passes_for_markup(path: str, heading: str, language: str) -> None:
    """Names and headings are escaped as in the template."""
    card = shown(deck_path=path, heading=heading, language=language)
    assert fragment(card, {}) == from_template(card, {})
