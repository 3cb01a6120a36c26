"""Promises of the limits: what would be slow to show is told, and ordinary notes never meet them."""

import pytest

from app.decks.limits import DEEPEST, LONGEST_RUN, SIDE_BYTES, over_limit
from app.decks.note import Note, NoteKind


def sentence(side: str) -> str | None:
    found = over_limit(Note(NoteKind.BASIC, "front", side, line=4))
    assert found is None or found.line == 4
    return str(found) if found else None


def test_a_side_may_hold_64_kibibytes_of_utf8_and_no_more() -> None:
    word = "海 "
    assert sentence(word * (SIDE_BYTES // 4)) is None
    assert sentence(word * (SIDE_BYTES // 4) + "a") == (
        "a side of this note is longer than 65536 bytes; split it into several notes"
    )


@pytest.mark.parametrize("mark", ["*", "`", "_", "=", "\\"])
def test_a_run_of_one_mark_has_an_end(mark: str) -> None:
    assert sentence(f"a {mark * LONGEST_RUN} b") is None
    assert sentence(f"a {mark * (LONGEST_RUN + 1)} b") == (
        f'a side of this note repeats "{mark}" more than 500 times in a row; shorten the run'
    )


@pytest.mark.parametrize(
    ("allowed", "deeper"),
    [
        ("[" * DEEPEST + "]" * DEEPEST + "a", "[" * (DEEPEST + 1) + "a" * DEEPEST),
        ("f(" * DEEPEST, "f(" * (DEEPEST + 1)),
        ("> " * DEEPEST + "a", "> " * (DEEPEST + 1) + "a"),
        ("- " * DEEPEST + "a", "- " * (DEEPEST + 1) + "a"),
        ("    " * DEEPEST + "- a", "    " * (DEEPEST + 1) + "- a"),
        ("[a](b) " * 500, "{" * (DEEPEST + 1) + "a" * 600),
    ],
)
def test_brackets_quotes_and_lists_nest_thirty_levels_deep(allowed: str, deeper: str) -> None:
    assert sentence(allowed) is None
    assert sentence(deeper) == (
        "a side of this note nests brackets, quotes or lists deeper than 30 levels; use fewer levels"
    )


def test_the_front_is_looked_at_as_well() -> None:
    found = over_limit(Note(NoteKind.BASIC, "[" * 70, "b", line=1))
    assert found is not None
    assert found.code == "nested-too-deep"


def test_a_short_side_may_hold_anything() -> None:
    assert sentence("[" * 2 * DEEPEST) is None
