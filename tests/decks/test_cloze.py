"""Promises of clozes: what is a deletion, what is text, and which doubts are spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.cloze import MOST_DELETIONS, read_cloze
from app.decks.note import Deletion, Note, NoteKind, Problem


def note(raw: str) -> Note:
    found = [each for each in read_cloze(raw, 1) if isinstance(each, Note)]
    assert len(found) == 1, list(read_cloze(raw, 1))
    return found[0]


def problems(raw: str) -> list[Problem]:
    return [each for each in read_cloze(raw, 7) if isinstance(each, Problem)]


def test_each_deletion_is_a_card_in_the_order_of_the_text() -> None:
    found = note("The [bridge] joins\n[two networks].")
    assert found.kind is NoteKind.CLOZE
    assert found.front == "The bridge joins\ntwo networks."
    assert found.deletions == (Deletion("bridge", 4, 1), Deletion("two networks", 17, 2))
    assert found.cards == 2


@pytest.mark.parametrize(
    ("raw", "text", "answers"),
    [
        (r"\[0\] is [first]", "[0] is first", ["first"]),
        (r"a \n [b]", r"a \n b", ["b"]),
        ("![a map](m.png) of [Kobe]", "![a map](m.png) of Kobe", ["Kobe"]),
        ("[an ![icon](i.png) here]", "an ![icon](i.png) here", ["an ![icon](i.png) here"]),
        ("f([x[i]])", "f(xi)", ["i"]),
        ("] a [b] [", " a b ", ["b"]),
        ("5! is [120]", "5! is 120", ["120"]),
        ("`xs[0]`", "`xs0`", ["0"]),
        ("🐋 is [鯨]", "🐋 is 鯨", ["鯨"]),
    ],
)
def test_brackets_are_read_as_hashcards_reads_them(raw: str, text: str, answers: list[str]) -> None:
    found = note(raw)
    assert found.front == text
    assert [deletion.answer for deletion in found.deletions] == answers


def test_a_cloze_without_a_deletion_is_a_problem() -> None:
    assert str(problems("nothing")[0]) == "cloze without a deletion; put what is to be asked for in [square brackets]"


def test_an_empty_deletion_is_a_problem_in_its_own_line() -> None:
    found = problems("a [b]\nc []")
    assert [(each.line, each.code) for each in found] == [(8, "empty-deletion")]
    assert str(found[0]) == (
        'empty deletion "[]" in a cloze; write the answer between the brackets, or "\\[\\]" for brackets as text'
    )


def test_more_deletions_than_a_note_can_hold_are_a_problem() -> None:
    assert note("[a]" * MOST_DELETIONS).cards == MOST_DELETIONS
    assert str(problems("[a]" * (MOST_DELETIONS + 1))[0]) == (
        "cloze with 501 deletions; 500 is the limit; split it into several notes"
    )


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            "a\n[docs](https://x) [b]",
            'link in a cloze: its text "docs" is read as a deletion; '
            'write "\\[" and "\\]" for brackets as text, or the bare address',
        ),
        (
            "a\nb[^1]",
            'footnote in a cloze: "^1" is read as a deletion; write "\\[" and "\\]" for brackets as text',
        ),
        (
            "a\n- [x] done",
            'task box in a cloze: it is read as a deletion; write "\\[" and "\\]" for brackets as text',
        ),
    ],
)
def test_brackets_that_markdown_reads_otherwise_keep_their_meaning_and_are_told(raw: str, sentence: str) -> None:
    found = problems(raw)
    assert [str(each) for each in found] == [sentence]
    assert found[0].warning
    assert found[0].line == 8
    assert note(raw).deletions


def test_an_image_and_brackets_as_text_raise_no_doubt() -> None:
    assert problems(r"![a](b) \[c\](d) [e]") == []


@given(st.text(alphabet="[]!\\ab(\n", max_size=40))
def test_every_deletion_stands_where_it_says(raw: str) -> None:
    for each in read_cloze(raw, 1):
        if isinstance(each, Note):
            for deletion in each.deletions:
                assert each.front[deletion.start :].startswith(deletion.answer)
            assert [deletion.card for deletion in each.deletions] == list(range(1, each.cards + 1))
