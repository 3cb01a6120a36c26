"""Notes as rows: what is stored of a text, and which cards a note has."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from app.decks.deletions import match_cards
from app.decks.note import Deletion, Note, NoteKind

_ONE = (1,)
_TWO = (1, 2)


class NoteRow(NamedTuple):
    """The columns of a note that follow from its text, in the order of the table."""

    kind: str
    front: str
    back: str
    deletions: list[Any] | None
    gone_deletions: list[Any] | None
    tags: str
    heading: str
    line: int
    text_key: int


class Ordinals(NamedTuple):
    """Which card of a note is which: the ordinals in file order, by the number that the file gives the card."""

    by_number: dict[int, int]
    gone: list[tuple[str, int]]
    """Deletions that are no longer in the text, with the ordinals of their cards."""


def text_key(note: Note) -> int:
    """A 64-bit hash of a note's text, signed as databases want it."""
    text = f"{note.kind}\0{note.front}\0{note.back}"
    if note.deletions:
        text = "\0".join((text, *(f"{one.start} {one.answer}" for one in note.deletions)))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def new_note(note: Note) -> tuple[tuple[Any, ...], int, int, Sequence[int]]:
    """A note that was not known before: its columns from `kind` to `heading` as a driver takes them, its line, its
    key, and the ordinals of its cards in the order of study.
    """
    if note.kind is NoteKind.CLOZE:
        ordinals = first_ordinals(note)
        row = note_row(note, ordinals)
        cloze = (*row[:3], json.dumps(row.deletions), None, row.tags, row.heading)
        return cloze, row.line, row.text_key, list(ordinals.by_number.values())
    texts = (note.kind.value, note.front, note.back, None, None, _tags(note), note.heading)
    return texts, note.line, text_key(note), _TWO if note.kind is NoteKind.REVERSED else _ONE


def note_row(note: Note, ordinals: Ordinals) -> NoteRow:
    """A note as it is stored; its deletions name their cards by ordinal."""
    numbered = [deletion._replace(card=ordinals.by_number[deletion.card]) for deletion in note.deletions]
    stored = note._replace(deletions=tuple(numbered))
    return NoteRow(
        kind=note.kind.value,
        front=note.front,
        back=note.back,
        deletions=[list(deletion) for deletion in numbered] or None,
        gone_deletions=[list(deletion) for deletion in ordinals.gone] or None,
        tags=_tags(note),
        heading=note.heading,
        line=note.line,
        text_key=text_key(stored),
    )


def numbers_of(note: Note) -> list[int]:
    """The numbers that the file gives the note's cards, in the order in which they are studied."""
    if note.kind is NoteKind.CLOZE:
        return sorted({deletion.card for deletion in note.deletions})
    return list(range(1, note.cards + 1))


def first_ordinals(note: Note) -> Ordinals:
    """The ordinals of a note that was not known before: 1, 2, ... in the order of its cards."""
    return Ordinals({number: ordinal for ordinal, number in enumerate(numbers_of(note), 1)}, [])


def kept_ordinals(old: Note, ordinals: dict[int, int], new: Note, gone: Sequence[Any], used: Sequence[int]) -> Ordinals:
    """The ordinals of a known note after an edit: each card keeps its own, a deletion that is back finds its card.

    `ordinals` are those of the old cloze's numbered cards, `gone` holds deletions taken out earlier with their
    ordinals, `used` all ordinals ever given in the note.
    """
    was_cloze = old.kind is NoteKind.CLOZE
    lost = [(answer_of(old.deletions, number), ordinal) for number, ordinal in ordinals.items()] if was_cloze else []
    waiting: list[tuple[str, int]] = [(answer, ordinal) for answer, ordinal in gone]
    if new.kind is not NoteKind.CLOZE:
        return Ordinals({number: number for number in numbers_of(new)}, _remembered((*waiting, *lost)))
    kept = {number: ordinals[was] for number, was in match_cards(old, new).items()} if was_cloze else {}
    by_number = dict(kept)
    for number in numbers_of(new):
        if number not in kept and (ordinal := _waits(waiting, answer_of(new.deletions, number))) is not None:
            by_number[number] = ordinal
    if not was_cloze:
        _take_over(by_number, match_cards(old, new))
    following = max(used, default=0)
    for number in numbers_of(new):
        if number not in by_number:
            following += 1
            by_number[number] = following
    live = set(by_number.values())
    in_order = {number: by_number[number] for number in numbers_of(new)}
    return Ordinals(in_order, [one for one in _remembered((*waiting, *lost)) if one[1] not in live])


def _take_over(by_number: dict[int, int], matched: dict[int, int]) -> None:
    """Let the card of a note that was no cloze go on as the card that asks for its answer, where both are free."""
    for number, ordinal in matched.items():
        if number not in by_number and ordinal not in by_number.values():
            by_number[number] = ordinal


def _remembered(gone: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """What each card asked for last that no deletion asks for now, in the order of the cards."""
    last = {ordinal: answer for answer, ordinal in gone}
    return [(last[ordinal], ordinal) for ordinal in sorted(last)]


def _waits(waiting: list[tuple[str, int]], answer: str) -> int | None:
    """The first card that waits for this answer, which then waits no more; None where none does."""
    found = next((one for one in waiting if one[0] == answer), None)
    if found is None:
        return None
    waiting.remove(found)
    return found[1]


def _tags(note: Note) -> str:
    return " ".join([tag.replace(" ", "_") for tag in note.tags]) if note.tags else ""


def answer_of(deletions: Sequence[Deletion], card: int) -> str:
    """What a cloze's card asks for."""
    return " … ".join(deletion.answer for deletion in deletions if deletion.card == card)
