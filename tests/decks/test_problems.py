"""Promises of the sentences: each is whole, can be filled in, and can be found for translation."""

import ast
import re
from pathlib import Path

import pytest

from app.decks import problems
from app.decks.problems import CODES, excerpt, problem

# Every detail that a template may ask for.
NAMES = (
    "byte count deck dialect dialects file first key known language last limit mark name other reason start text levels"
)
DETAILS = dict.fromkeys(NAMES.split(), "x")


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_sentence_is_filled_in_and_has_no_full_stop(code: str) -> None:
    found = problem(3, code, **DETAILS)
    sentence = str(found)
    assert (found.line, found.code) == (3, code)
    assert not re.search(r"%\(|\\\\|\.$", sentence)
    assert found.message
    assert found.remedy


def test_details_are_texts_and_the_template_stays_for_translation() -> None:
    found = problem(1, "too-many-deletions", count=501, limit=500)
    assert found.details == {"count": "501", "limit": "500"}
    assert found.message == "cloze with %(count)s deletions; %(limit)s is the limit"


def test_every_sentence_is_marked_for_translation() -> None:
    tree = ast.parse(Path(problems.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    marked = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "N_" and isinstance(call.args[0], ast.Constant)
    }
    for code in CODES:
        found = problem(1, code)
        assert {found.message, found.remedy} <= marked


def test_an_excerpt_is_the_first_line_and_short() -> None:
    assert excerpt("  a b  \nc") == "a b"
    assert excerpt("x" * 50) == "x" * 39 + "…"
