"""Promises of reading a memo: what stands below what, however it was indented."""

import pytest

from app.decks.memo import DEEPEST, Block, Bullet, columns, dedent, heading_text, joined, literal, read_memo, tidy


def drawn(text: str) -> list[object]:
    """The memo as nested lists: a bullet is its text and what is below it, a block its lines, a section its way."""

    def draw(item: Bullet | Block) -> object:
        return "\n".join(item.lines) if isinstance(item, Block) else [item.text, *map(draw, item.below)]

    sections, _ = read_memo(text)
    return [
        [" / ".join(section.way), *map(draw, section.items)] for section in sections if section.way or section.items
    ]


@pytest.mark.parametrize("step", ["\t", "  ", "    ", "   ", "     "])
def test_tabs_and_two_columns_or_more_are_a_level(step: str) -> None:
    text = f"- a\n{step}- b\n{step}{step}- c\n{step}- d\n- e"
    assert drawn(text) == [["", ["a", ["b", ["c"]], ["d"]], ["e"]]]


def test_one_column_is_no_level() -> None:
    assert drawn("- a\n - b\n- c") == [["", ["a"], ["b"], ["c"]]]


def test_every_mark_makes_a_bullet_and_emphasis_none() -> None:
    assert drawn("- a\n* b\n+ c\n1. d\n23) e") == [["", ["a"], ["b"], ["c"], ["d"], ["e"]]]
    assert drawn("**a** b\n-c\n1.5 d") == [["", "**a** b\n-c\n1.5 d"]]


def test_headings_lead_by_level() -> None:
    text = "# a\n## b ##\n#### c\n## d\n# e\n#f"
    assert [section.way for section in read_memo(text)[0][1:]] == [
        ("a",),
        ("a", "b"),
        ("a", "b", "c"),
        ("a", "d"),
        ("e",),
    ]
    assert drawn("#f") == [["", "#f"]]


def test_breaks_and_rules_are_decoration() -> None:
    text = "- a\n\n<br></br>\n<BR/> <br>\n\n---\n* * *\n___\n    - b<br></br>\n- c <br> d<br></br>e"
    assert drawn(text) == [["", ["a", ["b"]], ["c <br> d<br>e"]]]


def test_code_below_a_list_belongs_to_the_last_bullet_of_the_first_level() -> None:
    assert drawn("- a\n    - b\n\n```\nc\n```\n- d") == [["", ["a", ["b"], "```\nc\n```"], ["d"]]]


def test_code_behind_a_break_belongs_to_the_heading() -> None:
    assert drawn("# h\n- a\n\n<br></br>\n\n```\nc\n```") == [["h", ["a"], "```\nc\n```"]]


def test_indented_code_belongs_to_the_bullet_it_is_indented_below() -> None:
    text = "- a\n    - b\n        - c\n\n        ```\n        d\n          e\n        ```\n    - f"
    assert drawn(text) == [["", ["a", ["b", ["c"], "```\nd\n  e\n```"], ["f"]]]]


def test_code_may_open_in_a_bullet() -> None:
    assert drawn("- a\n    - ```sh\n      b\n      ```\n    - c") == [["", ["a", "```sh\nb\n```", ["c"]]]]


def test_code_without_an_end_is_ended_at_once_and_told() -> None:
    text = "- a\n    ~~~sh\n    - b"
    assert drawn(text) == [["", ["a", "~~~sh\n~~~", ["b"]]]]
    _, problems = read_memo(text)
    assert [(each.line, str(each)) for each in problems] == [
        (2, "code block without an end; close it with a line of the same marks, as many as at its start")
    ]


def test_text_belongs_to_the_bullet_it_is_indented_below() -> None:
    assert drawn("- a\n    - b\n    ![c](d)\n      e\n    f\n- g") == [["", ["a", ["b"], "![c](d)\n  e\nf"], ["g"]]]


def test_text_right_below_goes_on_and_text_after_a_blank_line_is_the_headings() -> None:
    assert drawn("# h\n- a\nb\n\nc\nd") == [["h", ["a", "b"], "c\nd"]]


def test_a_sentence_wrapped_by_hand_is_one() -> None:
    long = "a sentence that is so long that it was wrapped at sixty columns"
    assert drawn(f"- {long}\n  or a little more\n    - b") == [["", [f"{long} or a little more", ["b"]]]]
    assert drawn("- short\n  or a little more") == [["", ["short", "or a little more"]]]
    assert drawn(f"- {long}  \n  after a line break") == [["", [long, "after a line break"]]]
    assert drawn(f"- {long}\n  ![a](b)") == [["", [long, "![a](b)"]]]


def test_japanese_wrapped_by_hand_is_joined_without_a_gap() -> None:
    line = "あ" * 30
    assert drawn(f"- {line}\n  続き") == [["", [line + "続き"]]]
    assert joined("語", "word") == "語 word"
    assert joined("", "語") == " 語"


def test_an_empty_bullet_is_told() -> None:
    _, problems = read_memo("- a\n    - \n-\n1.\n", 11)
    assert [each.line for each in problems] == [12, 13, 14]
    assert str(problems[0]) == "empty bullet; finish it or take it out"
    assert problems[0].warning


def test_too_many_levels_are_read_as_the_deepest_and_told_once() -> None:
    text = "".join(f"{'  ' * depth}- {depth}\n" for depth in range(DEEPEST + 3))
    sections, problems = read_memo(text)
    assert [(each.line, str(each)) for each in problems] == [
        (
            DEEPEST + 1,
            "bullets nested deeper than 20 levels are read as if they stood on that level; use fewer levels",
        )
    ]
    item: Bullet | Block = sections[0].items[0]
    for _ in range(DEEPEST - 2):
        assert isinstance(item, Bullet)
        item = item.below[0]
    assert isinstance(item, Bullet)
    assert [each.text for each in item.below if isinstance(each, Bullet)] == ["19", "20", "21", "22"]


def test_lines_know_where_they_stand() -> None:
    sections, _ = read_memo("# h\n- a\n\n  ```\n  b\n  ```\n", 4)
    bullet = sections[1].items[0]
    assert isinstance(bullet, Bullet)
    block = bullet.below[0]
    assert isinstance(block, Block)
    assert (sections[1].line, bullet.line, block.line, block.last) == (4, 5, 7, 9)


@pytest.mark.parametrize(("line", "count"), [("a", 0), ("  a", 2), ("\ta", 4), ("  \ta", 4), ("\t  a", 6), ("", 0)])
def test_a_tab_goes_to_the_next_multiple_of_four(line: str, count: int) -> None:
    assert columns(line) == count


def test_white_space_is_taken_away_by_columns() -> None:
    assert dedent("\t  a", 2) == "    a"
    assert dedent(" a", 4) == "a"


@pytest.mark.parametrize(
    ("line", "text"), [("## a", "a"), ("# a ##", "a"), ("# C#", "C#"), ("##", ""), ("# #", ""), ("# a<br></br>", "a")]
)
def test_the_text_of_a_heading_has_no_marks(line: str, text: str) -> None:
    assert heading_text(line) == text


def test_text_that_would_start_code_or_a_rule_is_taken_literally() -> None:
    assert literal("``` a") == "\\``` a"
    assert literal("---") == "\\---"
    assert literal("a ```") == "a ```"
    assert tidy(" a <br></br><br> ") == "a"
