"""Who is who after an edit: the notes a deck file holds now, matched with the notes that are known.

An edit never costs progress. Evidence, strongest first: the same text; the same question; likeness, where standing in
the same place between notes that stayed counts in favour; the same answer; the same place alone. Text and question are
looked for in the file itself, then in other files and among retired notes, before anything weaker is asked; likeness in
the same order. So a note that was carried to another file keeps its progress, and what stands in its old place is new.

Where two readings are nearly as good the one that keeps progress is taken and the match is `doubtful`. Notes that name
different things (`-d`, then `-f`) are one note in the same place, doubtfully; elsewhere they are two.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.decks.evidence import (
    Pairing,
    by_answer,
    by_likeness,
    by_likeness_across,
    by_place,
    by_question,
    by_question_across,
    by_text,
    by_text_across,
    text,
)
from app.decks.likeness import question
from app.decks.note import Note

_Step = Callable[[Pairing], None]


class Change(StrEnum):
    """What an edit did to a note that is still there; a note that was rewritten and moved counts as rewritten.

    REWORDED: the question reads differently. ANSWER_CHANGED: only the answer, or only a cloze's deletions. MOVED: the
    same text in another order or another file. Tags, headings and lines do not count.
    """

    SAME = "same"
    REWORDED = "reworded"
    ANSWER_CHANGED = "answer changed"
    MOVED = "moved"


class Known(NamedTuple):
    """A note with the id it has in the database."""

    id: int
    note: Note


class FileEdit(NamedTuple):
    """A deck file's notes before an edit and after it, in file order; a file that came or went has one side empty."""

    old: Sequence[Known]
    new: Sequence[Note]


class Match(NamedTuple):
    """The new note at index `new` is the known note `id`."""

    id: int
    new: int
    change: Change
    doubtful: bool = False


class Matching(NamedTuple):
    """The result for a file: every new note is in `matches` or in `added` (indices), both in file order.

    `gone` holds the ids of known notes of the file that are nowhere any more, in their old order.
    """

    matches: tuple[Match, ...]
    added: tuple[int, ...]
    gone: tuple[int, ...]


def match(old: Sequence[Known], new: Sequence[Note]) -> Matching:
    """Match one file's notes with the known ones, both in file order; ids are unique. Near linear in the notes."""
    return match_files([FileEdit(old, new)])[0]


def match_across(old: Sequence[Known], new: Sequence[Note]) -> Matching:
    """Match notes left over in several files: text, then question, then likeness. What has the same text moved."""
    side = _side(FileEdit(old, new), moved=True)
    for step in (by_text_across, by_question_across, by_likeness_across):
        step(side.pairing)
    return _result(side)


def match_files(edits: Sequence[FileEdit], retired: Sequence[Known] = ()) -> list[Matching]:
    """Match the notes of all files that changed, each file with itself first; one result a file, in the same order.

    A match may name a note of another file, or of `retired` (of equal ones the first: pass the last retired first).
    A file that is gone and whose notes mostly stand in one new file was renamed: the new file's result has its `gone`.
    Ids are unique over everything passed in.
    """
    sides = [_side(edit, moved=renamed) for edit, renamed in _with_renamed(edits)]
    pool = _side(FileEdit(retired, ()))
    _within(sides, by_text, by_question)
    _across(sides, pool, by_text_across, by_question_across)
    _within(sides, by_likeness)
    _across(sides, pool, by_likeness_across)
    _within(sides, by_answer, by_place)
    return [_result(side) for side in sides]


@dataclass
class _Side:
    """A file on its way to its result; `came` are known notes of elsewhere and whether they are sure, by new index."""

    edit: FileEdit
    pairing: Pairing
    moved: bool
    came: dict[int, tuple[Known, bool]] = field(default_factory=dict)


def _side(edit: FileEdit, *, moved: bool = False) -> _Side:
    return _Side(edit, Pairing([known.note for known in edit.old], edit.new), moved)


def _within(sides: Sequence[_Side], *steps: _Step) -> None:
    for side in sides:
        for step in steps:
            step(side.pairing)


def _across(sides: Sequence[_Side], pool: _Side, *steps: _Step) -> None:
    """Pair what is left over in all files and in the pool of retired notes."""
    new = [(side, at) for side in sides for at in side.pairing.free_new()]
    if not new:
        return
    old = [(side, at) for side in (*sides, pool) for at in side.pairing.free_old()]
    pairing = Pairing([side.pairing.old[at] for side, at in old], [side.pairing.new[at] for side, at in new])
    for step in steps:
        step(pairing)
    for pair in pairing.found.values():
        (home, was), (side, at) = old[pair.old], new[pair.new]
        home.pairing.lost.add(was)
        side.pairing.foreign.add(at)
        side.came[at] = home.edit.old[was], pair.sure


def _with_renamed(edits: Sequence[FileEdit]) -> list[tuple[FileEdit, bool]]:
    """Each edit, and whether it is a rename: then it holds the old notes of the file that is gone."""
    gone = [at for at, edit in enumerate(edits) if edit.old and not edit.new]
    home = {text(known.note): at for at in gone for known in edits[at].old}
    joined = [(edit, False) for edit in edits]
    for at, edit in enumerate(edits):
        if not home or edit.old:
            continue
        shared = Counter(home[text(note)] for note in edit.new if text(note) in home)
        source, count = max(shared.items(), key=lambda item: (item[1], -item[0]), default=(at, 0))
        if joined[source][0].old and count * 2 >= len(edits[source].old) > 0:
            joined[at] = FileEdit(edits[source].old, edit.new), True
            joined[source] = FileEdit((), ()), False
    return joined


def _result(side: _Side) -> Matching:
    """What the pairing says, as ids and changes."""
    stayed = {new for _, new in side.pairing.anchors()}
    matches = []
    for at, note in enumerate(side.edit.new):
        if pair := side.pairing.found.get(at):
            moved = side.moved or at not in stayed
            matches.append(_matched(side.edit.old[pair.old], at, note, moved, pair.sure))
        elif at in side.came:
            known, sure = side.came[at]
            matches.append(_matched(known, at, note, True, sure))
    gone = tuple(side.edit.old[at].id for at in side.pairing.free_old())
    return Matching(tuple(matches), tuple(side.pairing.free_new()), gone)


def _matched(known: Known, at: int, note: Note, moved: bool, sure: bool) -> Match:
    change = _change(known.note, note)
    return Match(known.id, at, Change.MOVED if moved and change is Change.SAME else change, doubtful=not sure)


def _change(old: Note, new: Note) -> Change:
    """What became of the text."""
    if text(old) == text(new):
        return Change.SAME
    if question(old.front) == question(new.front) and (old.back, old.deletions) != (new.back, new.deletions):
        return Change.ANSWER_CHANGED
    return Change.REWORDED
