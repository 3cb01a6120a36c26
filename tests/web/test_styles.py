"""Every class that the text of a card can have has a rule, so that nothing a note holds is shown bare."""

import re
from pathlib import Path

import pytest

from app.decks.note import Deletion
from app.markup import Images, render, render_cloze_back, render_cloze_front
from app.markup.code import _CLASSES

STATIC = Path(__file__).resolve().parents[2] / "app" / "web" / "static"
STYLES = "".join((STATIC / name).read_text() for name in ("app.css", "code.css"))
DELETION = (Deletion("a", 0, 1),)
EVERYTHING = {
    "code": "```\nx\n```",
    "table": "| a |\n|---|\n| b |",
    "unread": "x" * 70_000,
    "remote-image": "![x](https://images.example/x.png)",
    "missing-image": "![x](x.png)",
    "math-error": "$\\frac{$",
}


def classes_of(html: str) -> set[str]:
    """The classes that stand in a piece of HTML."""
    return {name for written in re.findall(r'class="([^"]+)"', html) for name in written.split()}


def test_every_class_of_a_text_has_a_rule() -> None:
    shown = [render(text, Images()) for text in EVERYTHING.values()]
    shown += [render_cloze_front("a b", DELETION, 1), render_cloze_back("a b", DELETION, 1)]
    classes = classes_of("".join(shown)) | {f"tok-{name}" for name in _CLASSES.values()}
    assert {*EVERYTHING, "deletion", "asked", "filled"} <= classes
    assert sorted(name for name in classes if not re.search(rf"\.{name}\b(?!-)", STYLES)) == []


@pytest.mark.parametrize(("name", "text"), EVERYTHING.items())
def test_each_of_them_comes_from_a_text(name: str, text: str) -> None:
    assert name in classes_of(render(text, Images()))
