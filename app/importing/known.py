"""What the database knows before an import: the decks of an owner, and notes as identity compares them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.decks.identity import Known
from app.decks.note import Deletion, NoteKind
from app.decks.note import Note as NoteText
from app.models import Card, Deck, Note, Schedule
from app.owners import of_owner

MOST_RETIRED = 5_000
"""So many retired notes, the last ones first, are looked through for likeness; exact texts are found among all."""
_AT_ONCE = 500


class KnownDeck(NamedTuple):
    """A deck's row, as far as an import needs it."""

    id: int
    path: str
    title: str
    language: str
    dialect: str | None
    file: str | None
    position: int
    digest: bytes | None
    held: bytes | None
    problems: list[Any]
    retired_at: Any


class KnownNote(NamedTuple):
    """A note's row, and its text as identity compares it: a cloze's cards are numbered in the order of the text."""

    row: Any
    text: NoteText
    ordinals: dict[int, int]
    """The ordinal of each of a cloze's numbered cards."""

    @property
    def known(self) -> Known:
        """The note for matching."""
        return Known(self.row.id, self.text)


_DECK_COLUMNS = [getattr(Deck, name) for name in KnownDeck._fields]
_NOTE_COLUMNS = list(Note.__table__.c)


def decks(session: Session, owner_id: int | None) -> list[KnownDeck]:
    """All decks of an owner, retired ones too."""
    return [KnownDeck(*row) for row in session.execute(select(*_DECK_COLUMNS).where(of_owner(owner_id)))]


def has_notes(session: Session, owner_id: int | None) -> bool:
    """Whether anything was ever imported for this owner."""
    query = select(Note.id).join(Deck, Deck.id == Note.deck_id).where(of_owner(owner_id)).limit(1)
    return session.execute(query).first() is not None


def count_of(session: Session, deck_id: int) -> int:
    """How many notes of a deck are in its file."""
    query = select(func.count()).where(Note.deck_id == deck_id, Note.retired_at.is_(None))
    return session.execute(query).scalar_one()


def of_deck(session: Session, deck_id: int) -> list[KnownNote]:
    """The notes of a deck that are in its file, in file order."""
    query = select(*_NOTE_COLUMNS).where(Note.deck_id == deck_id, Note.retired_at.is_(None)).order_by(Note.position)
    return [_known(row) for row in session.execute(query)]


def retired(session: Session, owner_id: int | None, text_keys: Sequence[int]) -> list[KnownNote]:
    """Retired notes that could be back: the last ones, and all whose text has one of the keys; the last first."""
    query = (
        select(*_NOTE_COLUMNS)
        .join(Deck, Deck.id == Note.deck_id)
        .where(Note.retired_at.is_not(None), of_owner(owner_id))
        .order_by(Note.retired_at.desc(), Note.id)
    )
    found = {row.id: _known(row) for row in session.execute(query.limit(MOST_RETIRED))}
    if len(found) == MOST_RETIRED:
        for keys in _chunks(text_keys):
            found |= {row.id: _known(row) for row in session.execute(query.where(Note.text_key.in_(keys)))}
    return list(found.values())


def standing(session: Session, owner_id: int | None, text_keys: Sequence[int]) -> list[KnownNote]:
    """The notes in an owner's decks whose text has one of the keys. No index leads to them: ask where it matters."""
    query = (
        select(*_NOTE_COLUMNS).join(Deck, Deck.id == Note.deck_id).where(Note.retired_at.is_(None), of_owner(owner_id))
    )
    rows = (session.execute(query.where(Note.text_key.in_(keys))) for keys in _chunks(text_keys))
    return [_known(row) for found in rows for row in found]


def learnt(session: Session, note_ids: Sequence[int]) -> set[int]:
    """Which of the notes a learner has progress in, or has set something aside of."""
    query = select(Card.note_id).join(Schedule, Schedule.card_id == Card.id).distinct()
    chunks = (query.where(Card.note_id.in_(ids)) for ids in _chunks(note_ids))
    return {note_id for chunk in chunks for note_id in session.scalars(chunk)}


def _chunks(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[begin : begin + _AT_ONCE] for begin in range(0, len(keys), _AT_ONCE))


def _known(row: Row[Any]) -> KnownNote:
    stored = [Deletion(*deletion) for deletion in row.deletions or ()]
    numbers: dict[int, int] = {}
    for deletion in stored:
        numbers.setdefault(deletion.card, len(numbers) + 1)
    deletions = tuple(deletion._replace(card=numbers[deletion.card]) for deletion in stored)
    tags = tuple(row.tags.split())
    text = NoteText(NoteKind(row.kind), row.front, row.back, deletions, tags, row.heading, row.line)
    return KnownNote(row, text, {number: ordinal for ordinal, number in numbers.items()})
