"""Promises of the dialect outline: which lines of a memo become notes, and that every other one is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.limits import SIDE_BYTES
from app.decks.note import Note, NoteKind, Problem
from app.decks.outline import parse, split_term
from app.decks.reading import read_deck_file


def notes(text: str) -> list[Note]:
    return [each for each in parse(text) if isinstance(each, Note)]


def sides(text: str) -> list[tuple[str, str]]:
    return [(note.front, note.back) for note in notes(text)]


def told(text: str) -> list[tuple[int, str]]:
    return [(each.line, str(each)) for each in parse(text) if isinstance(each, Problem)]


def test_a_list_longer_than_a_side_may_be_is_not_repeated_in_every_bullet_above_it() -> None:
    """16 MB below 19 bullets took a worker half a gigabyte; now each refuses its side as soon as that is too long."""
    above = "".join(f"{'  ' * depth}- a\n" for depth in range(19))
    memo = above + f"{'  ' * 19}- {'x' * 98}\n" * 3_000
    found = notes(memo)
    assert [SIDE_BYTES < len(note.back) < 2 * SIDE_BYTES for note in found] == [True] * 19
    told_of = read_deck_file(f"---\ndialect: outline\n---\n{memo}".encode(), "a.md").problems
    assert [problem.code for problem in told_of] == ["side-too-long"] * 19 + ["no-cards"] * (len(told_of) - 19)


def test_a_bullet_with_something_below_is_a_note_and_so_is_its_child() -> None:
    assert sides("- a\n    - b\n        - c\n        - d\n    - e") == [
        ("a", "- b\n    - c\n    - d\n- e"),
        ("a › b", "- c\n- d"),
    ]


def test_the_front_is_the_way_and_the_heading_is_kept_beside_it() -> None:
    assert notes("# h\n## i\n- a\n  - b") == [
        Note(NoteKind.BASIC, "h › i › a", "- b", heading="h › i", line=3),
    ]


def test_a_term_and_its_meaning_on_one_line_are_a_note() -> None:
    text = "# h\n- port : a door\n- ports\n    - 「80:8080」 : in and out\n    - ポート ： 扉\n"
    assert sides(text) == [
        ("h › port", "a door"),
        ("h › ports", "- 「80:8080」 : in and out\n- ポート ： 扉"),
        ("h › ports › 「80:8080」", "in and out"),
        ("h › ports › ポート", "扉"),
    ]
    assert told(text) == []


def test_a_term_with_more_below_has_both_on_its_back_and_is_the_way_on() -> None:
    assert sides("- port : a door\n    - 80\n        - http") == [
        ("port", "a door\n\n- 80\n    - http"),
        ("port › 80", "- http"),
    ]


@pytest.mark.parametrize(
    ("text", "sides_of_it"),
    [
        ("a : b : c", ("a", "b : c")),
        ("a　：　b", ("a", "b")),
        ("`x : y` : z", ("`x : y`", "z")),
        ("`x : y`", ("`x : y`", "")),
        ("``a ` : b``", ("``a ` : b``", "")),
        ("at 10 : 30", ("at 10 : 30", "")),
        ("at 10 : 30 : lunch", ("at 10 : 30", "lunch")),
        ("https://a.b:80/c", ("https://a.b:80/c", "")),
        ("a: b", ("a: b", "")),
        (": b", (": b", "")),
        ("a :", ("a :", "")),
        ("x" * 2_000 + " : y", ("x" * 2_000 + " : y", "")),
    ],
)
def test_a_colon_between_spaces_splits_outside_code_and_times(text: str, sides_of_it: tuple[str, str]) -> None:
    assert split_term(text) == sides_of_it


def test_numbered_lists_keep_their_numbers_and_stand_apart_from_others() -> None:
    text = "- a\n    1. b\n        - c\n    2) d\n    - e"
    assert sides(text)[0] == ("a", "1. b\n    - c\n2. d\n\n- e")


def test_code_in_a_bullet_is_whole_and_keeps_its_place() -> None:
    text = "- a\n  - b\n\n    ```sh\n    c\n\n      d\n    ```\n  - e\n"
    code = "```sh\nc\n\n  d\n```"
    indented = "    ```sh\n    c\n\n      d\n    ```"
    assert sides(text) == [("a", f"- b\n\n{indented}\n\n- e"), ("a › b", code)]


def test_code_below_a_list_and_images_are_on_the_back() -> None:
    text = "- a\n    - b\n    ![c](d)\n\n```\ne\n```\n"
    assert sides(text) == [("a", "- b\n\n![c](d)\n\n```\ne\n```")]


def test_a_heading_with_text_or_code_is_a_note() -> None:
    assert sides("# h\n\ntext\n\n```\n- c\n```\n## i\n- a\n  - b\n") == [
        ("h", "text\n\n```\n- c\n```"),
        ("h › i › a", "- b"),
    ]


def test_an_empty_bullet_gives_its_place_to_what_is_below_it() -> None:
    text = "- a\n    - \n        - b\n- \n    - c\n        - d\n    - \n"
    assert sides(text) == [("a", "- b"), ("c", "- d")]
    assert [line for line, _ in told(text)] == [2, 4, 7]


def test_what_makes_no_note_is_told() -> None:
    text = "stray\ntext\n- alone\n# h\n- also\n## i\n"
    assert sorted(told(text)) == [
        (
            1,
            'text that stands below no heading and no bullet (lines 1 to 2): "stray"; '
            "put a heading above it, or indent it below a bullet",
        ),
        (
            3,
            'bullet with nothing below it: "alone"; '
            'write below it, indented, what is to be remembered, or "term : meaning" on one line',
        ),
        (4, 'heading without a card below it: "h"; put bullets or text below it, or take it out'),
        (
            5,
            'bullet with nothing below it: "also"; '
            'write below it, indented, what is to be remembered, or "term : meaning" on one line',
        ),
        (6, 'heading without a card below it: "i"; put bullets or text below it, or take it out'),
    ]


def test_no_break_is_left_on_a_card() -> None:
    text = "- a<br></br>\n    - b <br></br>\n\n<br></br>\n\n    c<br></br>d\n"
    assert sides(text) == [("a", "- b\n\nc<br>d")]


def test_text_that_looks_like_a_marker_of_qa_is_moved_by_one_column() -> None:
    assert sides("- a\n    b\n    Q: c\n    ```\n    Q: d\n    ```") == [("a", "b\n Q: c\n\n```\nQ: d\n```")]


MARKS = st.sampled_from(["", "", "- ", "* ", "+ ", "1. ", "2) ", "# ", "## "])
INDENTS = st.sampled_from(["", "", "  ", "    ", "\t", "      ", "\t\t"])
WORDS = st.sampled_from(
    [
        "a",
        "bb",
        "語",
        "c : d",
        "`e : f`",
        "![g](h)",
        "```",
        "```sh",
        "~~~",
        "<br></br>",
        "Q: i",
        "-",
        "1.",
        "",
        "j" * 60,
    ]
)
MEMOS = st.lists(st.builds(lambda indent, mark, word: indent + mark + word, INDENTS, MARKS, WORDS), max_size=16)


@given(MEMOS.map("\n".join))
def test_every_line_is_on_a_card_or_told(text: str) -> None:
    found = list(parse(text))
    cards = [f"{note.front}\n{note.back}\n{note.heading}" for note in found if isinstance(note, Note)]
    named: set[int] = set()
    for each in found:
        if isinstance(each, Problem):
            first, last = int(each.details.get("first", each.line)), int(each.details.get("last", each.line))
            named |= set(range(first, last + 1))
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in line.replace("<br></br>", " ").split() if not re.fullmatch(r"[-*+#:]+|\d+[.)]", word)]
        assert number in named or all(any(word in card for card in cards) for word in words), (number, line)


@given(MEMOS.map("\n".join))
def test_a_front_is_one_line_and_no_side_is_empty(text: str) -> None:
    for note in notes(text):
        assert note.front.strip() == note.front != ""
        assert "\n" not in note.front
        assert note.back.strip() == note.back != ""


def test_of_a_long_way_only_its_end_stands_in_front() -> None:
    text = "# " + "h" * 500 + "\n- a\n  - b\n    - c"
    assert [note.front for note in notes(text)] == ["…" + "h" * 400 + " › a", "…" + "h" * 396 + " › a › b"]
    assert {note.heading for note in notes(text)} == {"…" + "h" * 400}
