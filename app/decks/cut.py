"""Cut a memo: its notes as the text of a deck file in `qa`, ready for editing."""

import re
from typing import NamedTuple

from app.decks.front_matter import read_front_matter, write_front_matter
from app.decks.note import Note, Problem
from app.decks.reading import read_deck_file

_MARKER = re.compile(r"[QACTD]:")


class Cut(NamedTuple):
    """The deck file's text, the notes in it, and what was left out or looked unfinished, with line and reason."""

    text: str
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]


def cut(memo: str, file: str) -> Cut:
    """Cut the text of the memo `file`, read as an outline. Reading `text` gives the same fronts and backs again."""
    data = memo.encode("utf-8", "replace")
    read = read_deck_file(data, file, "outline")
    tags = read_front_matter(memo).tags
    cards = "\n".join(_card(note) for note in read.notes)
    return Cut(f"{write_front_matter(read.deck, tags, read.language)}\n{cards}", read.notes, read.problems)


def _card(note: Note) -> str:
    """Question and answer; an answer of several lines begins below its marker, where the first line keeps its place.

    A first line that looks like a marker goes one column in, which reading takes away again.
    """
    if "\n" not in note.back:
        return f"Q: {note.front}\nA: {note.back}\n"
    space = " " if _MARKER.match(note.back) else ""
    return f"Q: {note.front}\nA:\n{space}{note.back}\n"
