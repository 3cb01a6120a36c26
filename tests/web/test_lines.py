"""A text on one line, in titles and lists: short, and no dearer for a long text than for a short one."""

import pytest

from app import markup
from app.web.difference import difference
from app.web.look import plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("**a** `b`", "a b"),
        ("a" * 120, "a" * 120),
        ("a" * 121, "a" * 120 + "…"),
        ("a " + "*" * 5_000 + " b", "a…"),
    ],
)
def test_a_line_tells_when_it_is_not_all(text: str, line: str) -> None:
    assert plain(text) == line


def test_of_a_long_text_only_its_beginning_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report may list a hundred notes at the cap: to look through them all took 20 seconds a page."""
    looked_at, whole = [], markup.plain

    def counted(text: str) -> str:
        looked_at.append(len(text))
        return whole(text)

    monkeypatch.setattr(markup, "plain", counted)
    sides = ("`a` **b** $x$ " * 4_000, "c " * 30_000)
    assert plain(sides[0]).startswith("a b x a b x")
    assert difference(sides, (sides[1], sides[0])).startswith("<del>")
    assert max(looked_at) <= 4_000


def test_a_difference_of_a_cloze_ends_with_its_text() -> None:
    """It has no other side."""
    assert difference(("a [b] c", ""), ("a [b] d", "")) == "a [b] <del>c</del><ins>d</ins>"
    assert difference(("a", "b"), ("a", "")) == "a<del> — b</del>"
