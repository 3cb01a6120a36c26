"""A deck as the text of a deck file in `qa` that reads back to the same notes, one piece at a time.

What `qa` cannot say is left out: headings, hints, and deletions that share a card get cards of their own. A line of
another dialect's note that would be read as a marker goes one column in, and a line `---` gets a dash more: both
look the same when they are shown. A code block without an end gets one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.decks import qa
from app.decks.fences import find_tagged_fences, hide_code
from app.decks.front_matter import write_front_matter
from app.decks.note import Deletion, Note, NoteKind
from app.errors import NotFoundError
from app.library import DeckView
from app.models import Deck
from app.models import Note as NoteRow
from app.owners import of_owner

_AT_ONCE = 500
_MOST_NAMED = 20
_SEPARATOR = re.compile(r"[^\S\n]*---[^\S\n]*(?:\n|\Z)")
_GUARDED = re.compile(r"^(?:(?P<marker>[QACTD]:)|(?P<separator>[^\S\n]*---(?=[^\S\n]*$)))", re.MULTILINE)
_RUN = re.compile("`+|~+")
_BRACKET = re.compile(r"\\?\]|!?\[")


def deck_text(session: Session, deck: DeckView) -> Iterator[str]:
    """The notes of a deck that are in its file now, as the text of a deck file; `session` is read until the end."""
    yield write_front_matter(deck.path, _common_tags(session, deck.id), deck.language)
    rows = session.execute(_NOTES, {"deck": deck.id}, execution_options={"yield_per": _AT_ONCE})
    for row in rows:
        deletions = tuple(Deletion(*deletion) for deletion in row.deletions or ())
        yield f"\n{block(Note(NoteKind(row.kind), row.front, row.back, deletions))}"


def refuse_empty(session: Session, deck: DeckView) -> None:
    """Raise NotFoundError for a deck without notes in its file; the decks below it are named, which may have some."""
    if session.execute(_NOTES.limit(1), {"deck": deck.id}).first() is not None:
        return
    below = session.scalars(
        select(Deck.path)
        .where(of_owner(deck.owner_id), Deck.path.startswith(f"{deck.path}/", autoescape=True))
        .where(Deck.file.is_not(None), Deck.retired_at.is_(None))
        .order_by(Deck.position)
    ).all()
    if not below:
        raise NotFoundError('The deck "%(deck)s" has no notes; choose another', deck=deck.path)
    more = ["..."] if len(below) > _MOST_NAMED else []
    raise NotFoundError(
        'The deck "%(deck)s" has no notes of its own; choose one below it: %(below)s',
        deck=deck.path,
        below=", ".join([*below[:_MOST_NAMED], *more]),
    )


def block(note: Note) -> str:
    """One note in `qa`: as it is where that reads back to itself, else with its markers guarded."""
    sides = _sides(note)
    text = _joined(sides)
    if _says(text, note):
        return text
    return _joined([(mark, _guarded(side)) for mark, side in sides])


def _sides(note: Note) -> list[tuple[str, str]]:
    if note.kind is NoteKind.CLOZE:
        return [("C", cloze_text(note.front, note.deletions))]
    marks = "TD" if note.kind is NoteKind.REVERSED else "QA"
    return [(marks[0], note.front), (marks[1], note.back)]


def _joined(sides: Sequence[tuple[str, str]]) -> str:
    return "".join(f"{mark}:{_placed(side)}\n" for mark, side in sides)


def _placed(side: str) -> str:
    """A side behind its marker; one of several lines begins below it, where its first line keeps its end.

    A first line that looks like a marker goes one column in, which reading takes away again.
    """
    if "\n" not in side or _SEPARATOR.match(side):
        return f" {side}" if side else ""
    return f"\n {side}" if _GUARDED.match(side) else f"\n{side}"


def _says(text: str, note: Note) -> bool:
    found = [each for each in qa.parse(text) if isinstance(each, Note)]
    return [each._replace(line=0) for each in found] == [note]


def _guarded(side: str) -> str:
    """`side` with its code blocks closed, and nothing outside them that reads as a marker or a separator."""
    changed = _closed(_unmarked(side))
    return changed if changed == side else _guarded(changed)


def _unmarked(side: str) -> str:
    parts, done = [], 0
    for found in _GUARDED.finditer(hide_code(side, find_tagged_fences(side))):
        if found["marker"]:
            parts += [side[done : found.start()], " ", found["marker"]]
        else:
            parts += [side[done : found.end()], "-"]
        done = found.end()
    return "".join([*parts, side[done:]])


def _closed(side: str) -> str:
    for start in find_tagged_fences(side).unclosed[:1]:
        run = _RUN.match(side, start)
        side += f"\n{run[0]}" if run else ""
    return side


def cloze_text(text: str, deletions: Sequence[Deletion]) -> str:
    """The text of a cloze with its deletions in brackets and its own brackets escaped, those of images as they are.

    A bracket without its other half vanishes in reading: one stands where a space at an end would else be trimmed.
    """
    marks = {deletion.start: "[" for deletion in deletions}
    ends = {deletion.start + len(deletion.answer) for deletion in deletions}
    images = _images(text, {*marks, *ends})
    parts, at = [], 0
    while at <= len(text):
        parts.append("]" if at in ends else "")
        parts.append(_opening(text, at) if at in marks else "")
        step = images.get(at, at + 1)
        parts.append(text[at:step] if step > at + 1 or text[at:step] not in ("[", "]") else f"\\{text[at:step]}")
        at = step
    return _unstripped("".join(parts))


def _opening(text: str, at: int) -> str:
    """A deletion's opening bracket: behind a `!` it would open an image, were it not for one that vanishes."""
    return "][" if text.endswith("!", 0, at) else "["


def _images(text: str, boundaries: set[int]) -> dict[int, int]:
    """Where each `![…]` starts and ends, save those that a deletion begins or ends in."""
    found: dict[int, int] = {}
    start = -1
    for bracket in _BRACKET.finditer(text):
        if start < 0 and bracket[0] == "![":
            start = bracket.start()
        elif start >= 0 and bracket[0] == "]":
            if not any(start < boundary < bracket.end() for boundary in boundaries):
                found[start] = bracket.end()
            start = -1
    return found


def _unstripped(marked: str) -> str:
    head = "]" if marked[:1].isspace() else ""
    tail = "]" if marked[-1:].isspace() else ""
    return f"{head}{marked}{tail}"


def _common_tags(session: Session, deck_id: int) -> list[str]:
    """The tags that every note of a deck carries: `qa` knows only those of the file."""
    written: list[Any] = [tags.split() for tags in session.execute(_TAGS, {"deck": deck_id}).scalars()]
    first, *others = written or [[]]
    return [tag for tag in first if all(tag in tags for tags in others)]


_IN_FILE = (NoteRow.deck_id == bindparam("deck"), NoteRow.retired_at.is_(None))
_TAGS = select(NoteRow.tags).where(*_IN_FILE).distinct()
_NOTES = (
    select(NoteRow.kind, NoteRow.front, NoteRow.back, NoteRow.deletions).where(*_IN_FILE).order_by(NoteRow.position)
)
