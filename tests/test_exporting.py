"""Exporting: a deck's notes as `qa`, which reads back to the same notes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.decks.front_matter import write_front_matter
from app.decks.note import Deletion, Note, NoteKind
from app.decks.reading import read_deck_file
from app.exporting import block, cloze_text

_PIECES = st.sampled_from(
    [
        "Q: ", "A: ", "C: ", "T: ", "D: ", "\nQ: ", "\nA: ", "\nC: ", "\nT: ", "\nD: ", "\n---\n", "\n", "\n\n", "  ",
        "[", "]", "![", "!", "\\[", "\\]", "\\", "[word]", "```", "\n```\n", "~~~~", "- ", "> ", "word", "語", "# x",
    ]
)  # fmt: skip
_FILES = st.lists(_PIECES, max_size=30).map("".join)


def _read(text: str) -> list[Note]:
    file = read_deck_file(text.encode(), "deck.md", "qa")
    return [note._replace(line=0) for note in file.notes]


def _exported(notes: list[Note]) -> str:
    return write_front_matter("Deck", (), "") + "".join(f"\n{block(note)}" for note in notes)


@given(_FILES)
@example("C: a [b] \\[c\\] ![d](e) [![f](g)]")
@example("C: ![a[b]")
@example("A: x\nQ: ---\nA: y\n")
@example("Q: a\nA:\n  indented  \n```\nQ: code\n```\n")
def test_an_exported_deck_reads_back_to_the_same_notes(text: str) -> None:
    notes = _read(text)
    assert _read(_exported(notes)) == notes


@given(st.lists(_PIECES, min_size=1, max_size=8).map("".join), st.lists(_PIECES, min_size=1, max_size=8).map("".join))
def test_a_note_of_another_dialect_stays_one_note_of_its_kind(front: str, back: str) -> None:
    note = Note(NoteKind.BASIC, front.strip(), back.strip())
    assert [read.kind for read in _read(_exported([note]))] == [NoteKind.BASIC]


def test_a_marker_in_the_text_of_another_dialect_goes_one_column_in() -> None:
    note = Note(NoteKind.BASIC, "What follows?", "first\nQ: second\n---\nthird")
    assert block(note) == "Q: What follows?\nA:\nfirst\n Q: second\n----\nthird\n"


def test_code_with_markers_is_exported_as_it_is() -> None:
    note = Note(NoteKind.BASIC, "Show a deck file", "```\nQ: one\n---\nA: two\n```")
    assert block(note) == "Q: Show a deck file\nA:\n```\nQ: one\n---\nA: two\n```\n"


def test_a_reversed_note_is_a_term_and_its_definition() -> None:
    assert block(Note(NoteKind.REVERSED, "`-d`", "detached")) == "T: `-d`\nD: detached\n"


def test_a_cloze_gets_its_brackets_back() -> None:
    text, deletions = "docker run -d [image]", (Deletion("run", 7, 1), Deletion("-d", 11, 2))
    assert cloze_text(text, deletions) == "docker [run] [-d] \\[image\\]"


def test_deletions_that_share_a_card_become_cards_of_their_own() -> None:
    note = Note(NoteKind.CLOZE, "a b", "", (Deletion("a", 0, 1, "hint"), Deletion("b", 2, 1)))
    (read,) = _read(_exported([note]))
    assert read.deletions == (Deletion("a", 0, 1), Deletion("b", 2, 2))


@pytest.mark.parametrize(("path", "tags", "language"), [("Docker/Network", ("a", "b"), "ja"), ('quoted "x"', (), "")])
def test_the_front_matter_names_deck_tags_and_language(path: str, tags: tuple[str, ...], language: str) -> None:
    text = write_front_matter(path, tags, language) + "\n" + block(Note(NoteKind.BASIC, "q", "a"))
    file = read_deck_file(text.encode(), "other.md")
    assert (file.deck, file.dialect, file.notes[0].tags, file.language) == (path, "qa", tags, language)
