"""Boxes that scroll can be reached and have a name."""

import re

import pytest

from app.markup import render
from app.markup.boxes import CODE_NAME, TABLE_NAME

WIDE = "| a | b |\n|---|---|\n| 1 | 2 |\n"


@pytest.mark.parametrize(
    ("text", "tag", "name"),
    [
        ("```sh\nls\n```", "pre", CODE_NAME),
        ("a\n\n    ls\n", "pre", CODE_NAME),
        ("x" * 70_000, "pre", CODE_NAME),
        (WIDE, "div", TABLE_NAME),
    ],
    ids=["fence", "indented code", "too long to be read", "table"],
)
def test_a_box_is_a_group_with_a_name_that_the_keyboard_reaches(text: str, tag: str, name: str) -> None:
    (box,) = re.findall(rf"<{tag} [^>]*>", render(text))
    assert f'tabindex="0" role="group" aria-labelledby="{name}"' in box
