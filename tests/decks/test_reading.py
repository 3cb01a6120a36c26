"""Promises of reading a deck file: bytes in, notes and problems out, and never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.note import Note, NoteKind, Problem
from app.decks.reading import decode, read_deck_file


def told(text: str | bytes, dialect: str | None = None) -> list[tuple[int, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(each.line, str(each)) for each in read_deck_file(data, "deck.md", dialect).problems]


def test_a_deck_file_is_read() -> None:
    found = read_deck_file(b'---\nname = "A::B"\ntags = ["t"]\nlang = "en"\n---\n\nQ: a\nA: b\n', "x.md")
    assert found == ("A/B", "qa", (Note(NoteKind.BASIC, "a", "b", tags=("t",), line=7),), (), "en")


@pytest.mark.parametrize(
    ("file", "deck"),
    [
        ("Docker/network.md", "Docker/network"),
        ("Lakes of Asia.md", "Lakes of Asia"),
        ("a\\b.markdown", "a/b"),
        ("./v1.2/notes.md", "v1.2/notes"),
        (".hidden", ".hidden"),
        ("noext", "noext"),
    ],
)
def test_without_a_name_the_deck_is_called_after_its_file(file: str, deck: str) -> None:
    assert read_deck_file(b"Q: a\nA: b", file).deck == deck


def test_one_byte_order_mark_goes_and_every_newline_is_one() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n\0") == "a\nb\nc\n\ufffd"
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfa") == "\ufeffa"


@pytest.mark.parametrize(
    ("data", "line", "byte"),
    [(b"Q: a\r\nA: \xff", 2, "FF"), (b"a\rb\r\n\nc\xe3\x81", 4, "E3"), (b"\xff\xfeQ\0", 1, "FF")],
)
def test_other_bytes_than_utf8_are_one_problem_and_no_notes(data: bytes, line: int, byte: str) -> None:
    assert told(data) == [(line, f"the file is not UTF-8 text (byte 0x{byte}); save it again as UTF-8")]
    assert read_deck_file(data, "a.md").notes == ()


def test_what_was_asked_for_wins_over_front_matter_and_that_over_the_text() -> None:
    data = b"---\ndialect: outline\n---\nQ: a\nA: b\n"
    assert read_deck_file(data, "a.md").dialect == "outline"
    assert read_deck_file(data, "a.md", "qa").dialect == "qa"
    assert len(read_deck_file(data, "a.md", "qa").notes) == 1


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "---\nname: a\ndialect: cards\n---\nQ: a\nA: b",
            3,
            'unknown dialect "cards"; choose one of: qa, outline',
        ),
        (
            "words",
            1,
            "no dialect recognised, so the file makes no cards; "
            'write "dialect: qa" or "dialect: outline" in the front matter, or start the first note with "Q:"',
        ),
        (
            "Q: a\nA: b\n#flashcards",
            1,
            "the file could be read in more than one dialect: qa, obsidian; "
            'write the one that you mean as "dialect:" in the front matter',
        ),
        (
            "a::b\n#flashcards",
            1,
            'the dialect "obsidian" is recognised but cannot be read yet, so the file makes no cards; '
            'write it as "qa" or "outline" and say so with "dialect:" in the front matter',
        ),
    ],
)
def test_a_file_without_a_dialect_that_can_be_read_says_so(text: str, line: int, sentence: str) -> None:
    assert told(text) == [(line, sentence)]
    assert read_deck_file(text.encode(), "a.md").notes == ()


_BELOW = 'take it out, or write "dialect: qa" in the front matter'


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("# Title\n\nQ: a\nA: b", [(1, f'no dialect recognised: "# Title" {{}} 3; {_BELOW}')]),
        ("---\nname: x\n---\n\nA word\nC: [a]", [(5, f'no dialect recognised: "A word" {{}} 6; {_BELOW}')]),
        ("A: b\nQ: a\nA: b", [(1, f'no dialect recognised: "A: b" {{}} 2; {_BELOW}')]),
        (
            "---\nname: x\n\nQ: a\nA: b",
            [(1, 'front matter without an end; close it with a line "---"')],
        ),
        ("```\nfoo\nbar\n```\nQ: a\nA: b", [(1, f'no dialect recognised: "```" {{}} 5; {_BELOW}')]),
    ],
)
def test_notes_below_something_else_are_not_recognised_and_it_is_named(
    text: str, problems: list[tuple[int, str]]
) -> None:
    where = "stands above the first note, which begins in line"
    assert told(text) == [(line, sentence.format(where)) for line, sentence in problems]
    assert read_deck_file(text.encode(), "a.md").dialect is None


@pytest.mark.parametrize("following", ["Q：", "Q:"])
def test_a_file_that_begins_with_full_width_markers_is_told_why_it_was_not_recognised(following: str) -> None:
    none, wide = told(f"---\nlang: ja\n---\nQ：問い\nA：答え\n\n{following}次\nA：答え\n")
    assert none[1].startswith("no dialect recognised")
    assert wide == (
        4,
        'marker in full-width characters, read as text: "Q：問い"; '
        'write it with a plain letter and a plain colon, as "Q:", "A:" or "C:"',
    )


def test_a_file_without_cards_says_so() -> None:
    assert told("", "qa") == [
        (
            1,
            'no cards in the file, read as "qa"; '
            'write a note, or choose another dialect with "dialect:" in the front matter',
        )
    ]


def test_a_file_whose_cards_are_all_bad_says_only_why() -> None:
    assert [line for line, _ in told("A: b", "qa")] == [1]


def test_front_matter_without_an_end_is_a_problem_in_qa_and_costs_no_note() -> None:
    text = '---\nname = "a"\n\nQ: a\nA: b\n'
    assert told(text, "qa") == [(1, 'front matter without an end; close it with a line "---"')]
    found = read_deck_file(text.encode(), "x.md", "qa")
    assert [(note.front, note.line) for note in found.notes] == [("a", 4)]


def test_front_matter_without_an_end_is_text_elsewhere() -> None:
    assert told("---\n- a\n  - b\n", "outline") == []


def test_problems_come_in_the_order_of_their_lines() -> None:
    text = "---\nname: [a]\n---\nQ: a\nQ: b\nA: [c\nstill\n\n---\nx\n```\n"
    lines = [line for line, _ in told(text, "qa")]
    assert lines == sorted(lines)
    assert lines == [2, 5, 10, 11]


def test_a_note_over_a_limit_is_told_and_the_others_stay() -> None:
    text = "Q: a\nA: b\nQ: long\nA: " + "[" * 100 + "\nQ: c\nA: d"
    assert told(text) == [
        (3, "a side of this note nests brackets, quotes or lists deeper than 30 levels; use fewer levels")
    ]
    assert [note.front for note in read_deck_file(text.encode(), "a.md").notes] == ["a", "c"]


@pytest.mark.parametrize("dialect", ["qa", "outline", None])
@pytest.mark.parametrize(
    "text",
    [
        "C: " + "[" * 65_536,
        "Q: a\nA: b\n" + "```\n" * 50_001,
        "Q: a\nA: b\n" + "```x\n" * 20_000,
        "".join(f"{'  ' * depth}- a\n" for depth in range(500)),
        "T: a\nD: b\n" * 20_000,
        "Q: a\n" + "T: b\nD: c\n" * 20_000 + "A: d",
        "- " + "1 : 1 " * 20_000,
        "- a" + "<br></br>" * 20_000 + "b",
        "# a" + " " * 100_000 + "b",
        "- " + "x" * 80 + "\n" + "more words\n" * 20_000,
        "`" * 100_000 + "a`",
    ],
    ids=lambda text: text[:8] if text else None,
)
def test_the_worst_texts_are_read_to_their_end(text: str, dialect: str | None) -> None:
    found = read_deck_file(text.encode(), "a.md", dialect)
    assert found.notes or found.problems


@given(st.binary(max_size=60), st.sampled_from(["qa", "outline", None]))
def test_no_bytes_raise(data: bytes, dialect: str | None) -> None:
    found = read_deck_file(data, "a.md", dialect)
    assert found.notes or found.problems


@given(st.lists(st.sampled_from(["---", "name: a", "a = [", "Q: b", "A: c", "- d", "  - e", "&x", ""]), max_size=9))
def test_every_file_says_something_with_lines_that_exist(lines: list[str]) -> None:
    found = read_deck_file("\n".join(lines).encode(), "a.md")
    said: list[Note | Problem] = [*found.notes, *found.problems]
    assert said
    assert all(1 <= each.line <= max(len(lines), 1) for each in said)
