"""Colours of code, by class."""

import re
from pathlib import Path

import app
from app.markup.code import _CLASSES, _LANGUAGES, _lexer, code_block


def test_every_class_of_a_word_has_a_colour_in_the_style_sheet() -> None:
    css = (Path(app.__file__).parent / "web/static/code.css").read_text(encoding="utf-8")
    assert {f"tok-{name}" for name in _CLASSES.values()} <= set(re.findall(r"\.(tok-\w+)", css))


def test_every_listed_language_has_a_lexer() -> None:
    assert [name for name in sorted(_LANGUAGES) if _lexer(name) is None] == []


def test_long_code_is_shown_without_colours() -> None:
    assert "tok-" in code_block("if x: pass\n", "python")
    assert "tok-" not in code_block("if x: pass\n" * 500, "python")
