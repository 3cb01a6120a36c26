"""The decks that come along are sound, are as many as the README says, and ask nothing twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app.decks.note import NoteKind
from app.decks.reading import read_deck_file

PROJECT = Path(__file__).resolve().parent.parent
FILES = sorted((PROJECT / "cards").glob("*.md"))
DECKS = {file.name: read_deck_file(file.read_bytes(), file.name) for file in FILES}
NOTES = [note for deck in DECKS.values() for note in deck.notes]


@pytest.mark.parametrize("file", DECKS)
def test_all_of_a_deck_file_becomes_notes(file: str) -> None:
    assert DECKS[file].problems == ()


def test_the_readme_counts_decks_and_notes() -> None:
    told = re.search(r"\*\*Fifteen decks .*: (\d+) notes in `cards/`", (PROJECT / "README.md").read_text("utf-8"))
    assert told
    assert (len(DECKS), len(NOTES)) == (15, int(told[1]))


def test_nothing_is_asked_twice() -> None:
    asked = Counter(note.front for note in NOTES)
    asked += Counter(note.back for note in NOTES if note.kind is NoteKind.REVERSED)
    assert [question for question, times in asked.items() if times > 1] == []
