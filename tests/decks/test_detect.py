"""Promises of detection: a dialect is taken only where nothing else fits."""

import pytest

from app.decks.detect import DIALECTS, READERS, detect
from app.decks.front_matter import read_front_matter

MEMO = "# Memo\n- a\n    - b\n\n<br></br>\n\n- c\n"


def candidates(text: str) -> tuple[str, ...]:
    return detect(read_front_matter(text)).candidates


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("Q: a\nA: b == c\n## d\n{{c1::e}}\n", "qa"),
        ("\n---\n  \nC: [a]\n", "qa"),
        ("---\nname: x\n---\n\nQ: a\nA: b", "qa"),
        ("---\nQ: a\nA: b\n---\nQ: c\nA: d {1}\n1. x\n---\n", "qa"),
        ("a::b\n\n#flashcards/x\n", "obsidian"),
        ("---\ntags: [flashcards]\n---\na::b\n", "obsidian"),
        ("text\n\n---\nDeck: x\n1. a\n> b\n---\n", "inka"),
        ("---\n1. a {b}\n---\n", "inka"),
        ("A {{c1::b}} c\n", "anki-cloze"),
        ("# a\n\n## b\nc\n", "heading"),
        ("## a\n- b\n- c\n", "heading"),
        (MEMO, "outline"),
        (MEMO + "## Commands\n- d\n    - e\n", "outline"),
        ("* a\n\t* b\n", "outline"),
        ("1. a\n  - b\n", "outline"),
    ],
)
def test_one_mark_speaks_for_one_dialect(text: str, dialect: str) -> None:
    assert candidates(text) == (dialect,)
    assert detect(read_front_matter(text)).dialect == dialect


@pytest.mark.parametrize(
    ("text", "dialects"),
    [
        ("Q: a\nA: b\n\n#flashcards\n", ("qa", "obsidian")),
        ("Q: a\nA: b\n---\n1. c\n> d\n---\n", ("qa", "inka")),
        ("## a\n{{c1::b}}\n", ("anki-cloze", "heading")),
        ("## a\n- b\n    - c\n", ("heading", "outline")),
    ],
)
def test_two_marks_are_not_guessed_between(text: str, dialects: tuple[str, ...]) -> None:
    assert candidates(text) == dialects
    assert detect(read_front_matter(text)).dialect is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words\n",
        "a::b\n==c==\n?\n",
        "- a\n- b\n",
        "1. a\n2. b\n",
        "- a : b\n- c : d #tag\n",
        "Words, words.\n\nMore words.\n\nStill more.\n\n- a\n    - b\n",
        "```\nQ: a\nA: b\n```\n",
        "```\n## a\n```\n",
        "`{{c1::a}}`\n",
        "#flashcard #flashcards-old\n",
        "A: b\n",
    ],
)
def test_what_anybody_may_write_speaks_for_none(text: str) -> None:
    assert candidates(text) == ()


def test_every_dialect_with_a_module_is_one_that_may_be_named() -> None:
    assert set(READERS) == {"qa", "outline"}
    assert DIALECTS == ("qa", "outline", "obsidian", "heading", "anki-cloze", "inka")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("T: a\nD: b\n", ("qa",)),
        ("\n---\nT: a\nmore\nD: b\n\nT: c\nD: d\n", ("qa",)),
        ("T: a\n", ()),
        ("T: a\nA: b\n", ()),
        ("text\nT: a\nD: b\n", ()),
        ("T: a\n```\nD: b\n```\n", ()),
    ],
)
def test_a_term_with_its_definition_speaks_for_qa_where_it_comes_first(text: str, found: tuple[str, ...]) -> None:
    assert candidates(text) == found
