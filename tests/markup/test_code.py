"""Colours of code, by class."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

import app
from app.markup import render
from app.markup.boxes import CODE
from app.markup.code import _CLASSES, _LANGUAGES, _lexer, code_block


def test_every_class_of_a_word_has_a_colour_in_the_style_sheet() -> None:
    css = (Path(app.__file__).parent / "web/static/code.css").read_text(encoding="utf-8")
    assert {f"tok-{name}" for name in _CLASSES.values()} <= set(re.findall(r"\.(tok-\w+)", css))


def test_every_listed_language_has_a_lexer() -> None:
    assert [name for name in sorted(_LANGUAGES) if _lexer(name) is None] == []


def test_long_code_is_shown_without_colours() -> None:
    assert "tok-" in code_block("if x: pass\n", "python")
    assert "tok-" not in code_block("if x: pass\n" * 500, "python")


@pytest.mark.parametrize(
    ("language", "size", "coloured"), [("python", 3000, 1), ("python", 1500, 4), ("python", 500, 18), ("c#", 1200, 1)]
)
def test_of_very_many_code_blocks_only_the_first_are_coloured(language: str, size: int, coloured: int) -> None:
    html = render((f"```{language}\nif x: " + "x" * size + "\n```\n") * 20)
    assert html.count("tok-keyword") == coloured


def test_code_that_is_not_coloured_takes_no_colour_from_what_follows() -> None:
    html = render("```\n" + "x" * 9000 + "\n```\n\n```python\nif x: pass\n```")
    assert html.count("tok-keyword") == 2


def test_the_last_line_of_a_console_is_not_lost() -> None:
    html = code_block("$ docker ps\nCONTAINER ID", "console")
    assert '<span class="tok-meta">$ </span>docker ps' in html
    assert "CONTAINER ID" in html


@pytest.mark.parametrize(
    ("language", "code", "whole"),
    [
        ("sh", "flask run --host=127.0.0.1", "127.0.0.1"),
        ("sh", "docker container run -p 8080:80 nginx", "8080:80"),
        ("dockerfile", "RUN pip install django==5.2", "5.2"),
        ("nginx", "resolver 127.0.0.11;", "127.0.0.11"),
    ],
)
def test_an_address_or_a_version_has_one_colour(language: str, code: str, whole: str) -> None:
    coloured = code_block(code, language)
    assert "tok-number" not in coloured
    assert whole in re.sub('</span><span class="tok-string">', "", coloured)


def test_a_number_has_its_colour() -> None:
    assert '<span class="tok-number">80</span>' in code_block("ENV PORT=80", "dockerfile")
    assert code_block("a[1:2] + 1.5", "python").count("tok-number") == 3


@given(st.sampled_from(sorted(_LANGUAGES)), st.text(max_size=40))
def test_colours_change_no_character(language: str, code: str) -> None:
    code = code.replace("\r", "").replace("\ufeff", "")
    coloured = code_block(code, language).removeprefix(f"{CODE}<code>")
    assert re.sub("</?span[^>]*>", "", coloured.removesuffix("</code></pre>")) == str(escape(code))
