"""Promises of the dialect qa: its notes, and that a bad block is told while the others stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.note import Note, NoteKind, Problem
from app.decks.qa import parse


def notes(text: str) -> list[Note]:
    return [each for each in parse(text) if isinstance(each, Note)]


def sides(text: str) -> list[tuple[str, str]]:
    return [(note.front, note.back) for note in notes(text)]


def problems(text: str) -> list[Problem]:
    return [each for each in parse(text) if isinstance(each, Problem)]


def told(text: str) -> list[tuple[int, str]]:
    return [(each.line, str(each)) for each in problems(text)]


def test_a_question_with_its_answer_is_a_note_with_its_line() -> None:
    found = list(parse("\nQ: Which port?\nA: 80\n"))
    assert found == [Note(NoteKind.BASIC, "Which port?", "80", line=2)]


def test_a_new_question_ends_the_answer_with_or_without_a_blank_line() -> None:
    assert sides("Q: a\nA: b\nQ: c\nA: d\n\n\nQ:e\nA:f") == [("a", "b"), ("c", "d"), ("e", "f")]


def test_a_separator_ends_a_note_and_may_be_repeated() -> None:
    assert sides("---\nQ: a\nA: b\n\n  --- \n---\nQ: c\nA: d\n---") == [("a", "b"), ("c", "d")]
    assert problems("---\nQ: a\nA: b\n\n  --- \n---\nQ: c\nA: d\n---") == []


@pytest.mark.parametrize("line", ["----", "***", "- - -", " Q: x", "q: x", "Q : x", "## Q:", "> A: x", "Ｑ: x"])
def test_what_only_looks_like_a_marker_is_text(line: str) -> None:
    assert sides(f"Q: a\nA: b\n{line}\nc") == [("a", f"b\n{line}\nc")]


def test_later_lines_keep_their_spaces_and_the_line_of_the_marker_does_not() -> None:
    assert sides("Q: a \nA:  b  \n\tc  \nd   \n\n") == [("a", "b\n\tc  \nd")]


def test_markers_in_a_closed_code_block_are_text() -> None:
    text = "Q: a\nA:\n```\nQ: x\n---\nA: y\n```\nQ: c\nA: ```sh\nC: z\n```\n"
    assert sides(text) == [("a", "```\nQ: x\n---\nA: y\n```"), ("c", "```sh\nC: z\n```")]


def test_a_code_block_without_an_end_swallows_no_note() -> None:
    text = "Q: a\nA: b\n```sh\nQ: c\nA: d\n"
    assert sides(text) == [("a", "b\n```sh"), ("c", "d")]
    assert told(text) == [
        (3, "code block without an end; close it with a line of the same marks, as many as at its start")
    ]
    assert problems(text)[0].warning


def test_a_code_block_that_ends_in_the_next_note_is_told() -> None:
    text = "Q: a\nA:\n```sh\nls\nQ: c\nA:\n```sh\npwd\n```\nQ: e\nA: f"
    assert sides(text)[1:] == [("e", "f")]
    assert told(text) == [
        (
            3,
            "a code block begins here and runs over the start of another note, which is read as code; "
            "close it with a line of the same marks, or begin it with more marks than any block inside it",
        )
    ]


def test_a_code_block_about_decks_with_more_marks_than_its_inside_is_no_doubt() -> None:
    assert problems("Q: a\nA:\n````\nQ: c\nA:\n```sh\npwd\n```\n````\n") == []


def test_a_cloze_ends_at_the_next_marker() -> None:
    found = notes("C: a [b]\nc\nC: [d]")
    assert [(note.kind, note.front, note.line) for note in found] == [
        (NoteKind.CLOZE, "a b\nc", 1),
        (NoteKind.CLOZE, "d", 3),
    ]


def test_a_term_and_its_definition_are_a_reversed_note() -> None:
    assert list(parse("T: volume\nD: data outside\nthe container\n\nT: image\nD: what a container starts from\n")) == [
        Note(NoteKind.REVERSED, "volume", "data outside\nthe container", line=1),
        Note(NoteKind.REVERSED, "image", "what a container starts from", line=5),
    ]


def test_a_term_may_follow_an_answer_or_a_cloze_as_a_question_may() -> None:
    found = notes("Q: a\nA: b\nT: c\nD: d\nC: [e]\nT: f\nD: g")
    assert [(note.kind.value, note.front, note.back) for note in found] == [
        ("basic", "a", "b"),
        ("reversed", "c", "d"),
        ("cloze", "e", ""),
        ("reversed", "f", "g"),
    ]


@pytest.mark.parametrize("answer", ["b\nT: c", "b\nD: c", "b\nD: c\nT: d", "b\nT: c\nT: d", "b\nT: c\n```\nD: d\n```"])
def test_a_term_without_a_definition_before_the_next_marker_is_text(answer: str) -> None:
    text = f"Q: a\nA: {answer}\nQ: x\nA: y"
    assert sides(text) == [("a", answer), ("x", "y")]
    assert problems(text) == []


def test_terms_and_definitions_in_a_question_that_goes_on_to_its_answer_are_text() -> None:
    question = "True or false?\nT: yes\nD: no\nT: perhaps\nD: never"
    assert list(parse(f"Q: {question}\nA: T")) == [Note(NoteKind.BASIC, question, "T", line=1)]


def test_a_term_after_a_question_without_an_answer_is_still_a_note() -> None:
    text = "Q: a\nT: b\nD: c\nQ: d\nA: e"
    assert sides(text) == [("b", "c"), ("d", "e")]
    assert [(each.line, each.code) for each in problems(text)] == [(2, "question-without-answer")]


def test_a_definition_in_a_code_block_stays_in_the_definition() -> None:
    assert list(parse("T: a\nD: b\n```\nD: c\nT: d\nD: e\n```\n")) == [
        Note(NoteKind.REVERSED, "a", "b\n```\nD: c\nT: d\nD: e\n```", line=1)
    ]


def test_a_second_definition_is_text_of_the_first_and_told() -> None:
    text = "T: a\nD: b\nmore\nD: c"
    assert sides(text) == [("a", "b\nmore\nD: c")]
    assert told(text) == [
        (
            4,
            'second "D:" for the term in line 1: it is read as text of the definition; '
            'take "D:" out, or write "T:" above it',
        )
    ]


@pytest.mark.parametrize(
    ("text", "line", "sentence", "kept"),
    [
        (
            "A: b\nQ: x\nA: y",
            1,
            'answer without a question; start the note with "Q:"',
            [("x", "y")],
        ),
        (
            "Q: a\nA: b\nA: c\nQ: x\nA: y",
            3,
            'second answer, left out; the first one is in line 2; keep one "A:", or start the next note with "Q:"',
            [("a", "b"), ("x", "y")],
        ),
        (
            "C: [a]\nA: c\nQ: x\nA: y",
            2,
            "answer after the cloze in line 1, left out; "
            'a cloze has no "A:": take it out, or start the note with "Q:" instead of "C:"',
            [("a", ""), ("x", "y")],
        ),
        (
            "T: a\nD: b\nA: c\nQ: x\nA: y",
            3,
            'answer after the definition in line 2, left out; take "A:" out, or start a note of its own with "Q:"',
            [("a", "b"), ("x", "y")],
        ),
        (
            "Q: a\nQ: x\nA: y",
            2,
            "a new note starts while the question in line 1 has no answer; "
            'write its answer above this line, beginning with "A:"',
            [("x", "y")],
        ),
        (
            "Q: a\nC: [x]",
            2,
            "a new note starts while the question in line 1 has no answer; "
            'write its answer above this line, beginning with "A:"',
            [("x", "")],
        ),
        (
            "Q: a\n\n---\nQ: x\nA: y",
            3,
            'separator "---" inside the question in line 1, which has no answer; '
            'write its answer above the separator, beginning with "A:"',
            [("x", "y")],
        ),
        (
            "Q: x\nA: y\nQ: a\nb\n\n",
            5,
            'the file ends inside the question in line 3, which has no answer; write its answer, beginning with "A:"',
            [("x", "y")],
        ),
        (
            "\n## Ports\n\nand more\nQ: x\nA: y",
            2,
            'text outside a card: "## Ports"; start the note with "Q:", "C:" or "T:", or take the text out',
            [("x", "y")],
        ),
        (
            "Q: x\nA: y\n---\n\nafter the separator",
            5,
            'text outside a card: "after the separator"; start the note with "Q:", "C:" or "T:", or take the text out',
            [("x", "y")],
        ),
        (
            "T: port\n\nQ: x\nA: y",
            1,
            'term without a definition: "T: port"; write its definition below it, beginning with "D:"',
            [("x", "y")],
        ),
        (
            "D: door\n\nQ: x\nA: y",
            1,
            'definition without a term: "D: door"; write the term above it, beginning with "T:"',
            [("x", "y")],
        ),
        (
            "C: none\nQ: x\nA: y",
            1,
            "cloze without a deletion; put what is to be asked for in [square brackets]",
            [("x", "y")],
        ),
    ],
)
def test_a_bad_block_is_told_and_the_others_stay(
    text: str, line: int, sentence: str, kept: list[tuple[str, str]]
) -> None:
    assert told(text) == [(line, sentence)]
    assert not problems(text)[0].warning
    assert sides(text) == kept


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("Q:\nA: b", 1, 'empty question; write it after "Q:"'),
        ("Q: a\nA:", 2, 'empty answer; write it after "A:"'),
        ("T:\nD: b", 1, 'empty term; write it after "T:"'),
        ("T: a\nD: \n\n", 2, 'empty definition; write it after "D:"'),
    ],
)
def test_an_empty_side_is_kept_and_told(text: str, line: int, sentence: str) -> None:
    assert told(text) == [(line, sentence)]
    assert problems(text)[0].warning
    assert len(notes(text)) == 1


@pytest.mark.parametrize("taken_in", ["# A heading", "T: a term", "Q：full-width"])
def test_lines_below_a_code_block_are_those_of_the_file(taken_in: str) -> None:
    text = f"Q: a\nA: b\n```\none\ntwo\nthree\n```\n\n{taken_in}\n"
    assert [each.line for each in parse(text, 1) if isinstance(each, Problem)] == [9]


def test_lines_are_counted_from_the_line_the_text_begins_in() -> None:
    found = list(parse("x\nQ: a\nA: b", 5))
    assert [each.line for each in found] == [5, 6]


LINES = ["Q: q", "A: a", "C: [c]", "C: c", "T: t", "D: d", "---", "text", "", "```", "```sh", "Q:", "A:", "  "]


@given(st.lists(st.sampled_from(LINES), max_size=14).map("\n".join))
def test_every_line_of_text_is_in_a_note_or_in_a_block_that_is_told(text: str) -> None:
    """Blocks start at markers: a line belongs to the last note or problem at or above it, and none starts nowhere."""
    found = list(parse(text))
    starts = {each.line for each in found}
    ends = [each for each in found if isinstance(each, Problem) and "start" in each.details]
    starts |= {int(each.details["start"]) for each in ends}
    content = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() and line.strip() != "---"]
    assert all(any(start <= number for start in starts) for number in content)


@given(st.lists(st.tuples(st.text("abT:D \n#", min_size=1), st.text("ab-*` \n")), min_size=1, max_size=6))
def test_sides_without_markers_come_back_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    def harmless(side: str) -> str:
        lines = (f"x{line}" if line else "" for line in side.split("\n"))
        return "\n".join(line.rstrip() for line in lines).strip()

    written = [(harmless(front), harmless(back)) for front, back in pairs]
    text = "\n".join(f"Q: {front}\nA: {back}\n" for front, back in written)
    assert sides(text) == written


_HEADING = "take it out: a deck has none; what stands below it may be a file of its own"
_PLAIN = 'write it with a plain letter and a plain colon, as "Q:", "A:" or "C:"'
_DEFINITION = 'write its definition below it, beginning with "D:"'


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "Q: a\nA: b\n\n## Maths\n\nQ: c\nA: d",
            4,
            f'heading at the end of a note, read as its text: "## Maths"; {_HEADING}',
        ),
        ("C: [a] b\n# Maths\n", 2, f'heading at the end of a note, read as its text: "# Maths"; {_HEADING}'),
        ("T: a\nD: b\n\n### Maths", 4, f'heading at the end of a note, read as its text: "### Maths"; {_HEADING}'),
        (
            "Q: a\nA: b\n\nT: lonely\n\nQ: c\nA: d",
            4,
            f'term without a definition, read as text of the note above it: "T: lonely"; {_DEFINITION}',
        ),
        ("Q: a\nA: b\n\nQ：次\nA：答え\n", 4, f'marker in full-width characters, read as text: "Q：次"; {_PLAIN}'),
        ("Q: a\nA: b\nＱ: c\nＡ: d", 3, f'marker in full-width characters, read as text: "Ｑ: c"; {_PLAIN}'),
        ("Q: a\nA: b\n\nC：[x]と[y]", 4, f'marker in full-width characters, read as text: "C：[x]と[y]"; {_PLAIN}'),
    ],
)
def test_what_was_most_likely_meant_to_stand_outside_a_note_is_told(text: str, line: int, sentence: str) -> None:
    """By the rules of the dialect it is the note's text, and stays there; nothing is taken in without a word."""
    assert told(text) == [(line, sentence)]
    assert all(problem.warning for problem in problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "Q: a\nA: b\n\n## Part\n\ntext\n",
        "Q: a\nA:\n# The whole answer\n",
        "Q: a\nA: b\n```sh\n# a comment\n```\n",
        "Q: a\nA: b\n#tag\n",
        "Q: a\nA: b\nT: right below\n",
        "Q: a\nA: b\n```\n\nT: x\n```\n",
        "Q: a\n\nT: x\nD: y\nA: b",
        "Q: a\nA:\nA：こんにちは\nC：はい\n文中のQ：とは",
        "Q: a\nA:\n```\nQ：x\n```\n",
    ],
)
def test_headings_and_speakers_inside_a_note_and_code_are_no_problem(text: str) -> None:
    assert problems(text) == []
