"""Promises of code blocks: closed ones protect their lines, open ones protect nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.fences import find_fences, find_tagged_fences, hide_code, is_fence, lines_at


def inside(text: str) -> list[str]:
    return [text[start:end] for start, end in find_fences(text).closed]


@pytest.mark.parametrize(
    "block",
    ["```\na\n```", "~~~py\na\n~~~", "````\n```\n````", "```\na\n`````", "```\n~~~\n```", "``` a b\n```js\n```  "],
)
def test_a_block_is_closed_by_the_same_mark_at_least_as_long_and_alone_on_its_line(block: str) -> None:
    assert [each.rstrip() for each in inside(f"x\n{block}\ny\n")] == [block.rstrip()]


def test_a_block_may_be_indented_and_may_open_behind_bullets() -> None:
    assert inside("    ```\n  a\n```\n- 1. ```sh\nb\n   ```\n") == ["```\n  a\n```", "```sh\nb\n   ```"]


@pytest.mark.parametrize("text", ["```\nQ: a", "```a`b\n", "~~\na\n~~", "````\n```", "```\n~~~", "```\n- ```"])
def test_what_is_never_closed_protects_nothing(text: str) -> None:
    assert find_fences(text).closed == []


def test_an_open_fence_is_told_and_the_block_after_it_still_found() -> None:
    text = "````\na\n```\nb\n```\n"
    fences = find_fences(text)
    assert fences.unclosed == [0]
    assert inside(text) == ["```\nb\n```"]


def test_only_a_tagged_text_opens_a_block_behind_a_marker() -> None:
    text = "A: ```sh\nls\n```\n"
    assert find_tagged_fences(text).closed == [(3, 15)]
    assert find_fences(text).closed == []


def test_the_inside_is_hidden_and_the_opening_line_is_not() -> None:
    text = "A: ```\nQ: x\n```\nQ: y"
    hidden = hide_code(text, find_tagged_fences(text))
    assert hidden == "A: ```" + " " * 9 + "\nQ: y"
    assert len(hidden) == len(text)


def test_lines_are_counted_from_nought() -> None:
    text = "a\nb\nc"
    assert list(lines_at(text, [0, 2, 4])) == [0, 1, 2]


@pytest.mark.parametrize(("line", "is_one"), [("```", True), ("- ~~~sh", True), ("a ```", False), ("``` `", False)])
def test_a_line_is_told_apart_from_a_fence(line: str, is_one: bool) -> None:
    assert is_fence(line) is is_one


@given(st.lists(st.sampled_from(["```", "````", "~~~", "```x", "a", "", "Q: b"]), max_size=12).map("\n".join))
def test_every_fence_line_is_in_a_block_or_told_as_open(text: str) -> None:
    fences = find_fences(text)
    covered = [range(start, end) for start, end in fences.closed]
    assert all(one.stop <= other.start for one, other in pairwise(covered))
    offset = 0
    for line in text.split("\n"):
        if is_fence(line):
            assert offset in fences.unclosed or any(offset in block for block in covered)
        offset += len(line) + 1
