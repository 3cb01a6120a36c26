"""Writing a plan: notes, cards, and what hangs on a card's place. Statements by the thousand, no ORM.

Every row that changes is noted as it was, so that the import can be undone as a whole. Ids are given out here: the
caller holds the only writing transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from app import cursor
from app.decks.note import Note as NoteText
from app.importing import rows
from app.importing.bulk import AT_ONCE, Bulk
from app.importing.known import KnownNote
from app.importing.layout import Layout
from app.importing.plan import FilePlan
from app.importing.rows import Ordinals
from app.models import Card, ImportChange, Note, Schedule

_AT_ONCE = 500
_SHIFTED = frozenset({"position", "line"})
"""Columns of a note that change when others come or go before it."""


class Writer:
    """Writes the notes of file after file into their decks, within one import and one transaction."""

    def __init__(self, session: Session, import_id: int, now: datetime) -> None:
        self._session = session
        self._import_id = import_id
        self._now = now
        self._next_note = _following(session, Note.id)
        self._next_card = _following(session, Card.id)
        self._new_notes = Bulk(session, Note)
        self._new_cards = Bulk(session, Card)
        self._clear()

    def _clear(self) -> None:
        self._moved_cards: list[dict[str, Any]] = []
        self._changes: list[dict[str, Any]] = []
        self._updates: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        self._shuffled: set[int] = set()
        self._layout = Layout(0)

    def write(self, file: FilePlan, deck_id: int, known: dict[int, KnownNote]) -> None:
        """Write one file's notes into its deck, and retire those that are nowhere any more."""
        matches = {match.new: known[match.id] for match in file.matches}
        self._layout = Layout(deck_id)
        ids = [note.row.id for note in matches.values()]
        cards = _cards_of(self._session, [*ids, *file.gone, *file.moved_on, *file.moved_on.values()])
        first, place = self._next_note, 0
        self._first_new = first, self._next_card
        for position, text in enumerate(file.notes):
            if (was := matches.get(position)) is None:
                place = self._add(text, deck_id, position, place)
            else:
                place = self._keep(was, text, cards[was.row.id], deck_id, position, place)
        for note_id in file.gone:
            self._retire(known[note_id], cards[note_id])
        for note_id, copy_id in file.moved_on.items():
            self._take_place(known[note_id], cards[note_id], known[copy_id], cards[copy_id])
        self._finish(deck_id, first)

    def write_new(self, notes: Iterable[NoteText], deck_id: int) -> int:
        """Write a file's notes, all of them new, into its deck while they come; answers how many they were."""
        first, place, position = self._next_note, 0, 0
        for position, text in enumerate(notes, 1):
            place = self._add(text, deck_id, position - 1, place)
        self._finish(deck_id, first)
        return position

    def _finish(self, deck_id: int, first_new: int) -> None:
        """Remember which notes a deck was given, and write what waits."""
        if self._next_note > first_new:
            self._change(deck_id, None, {"added": [first_new, self._next_note - 1]})
        self._flush()

    def _add(self, text: NoteText, deck_id: int, position: int, place: int) -> int:
        note_id = self._next_note
        self._next_note = note_id + 1
        texts, line, key, ordinals = rows.new_note(text)
        self._new_notes.waiting.append((note_id, deck_id, *texts, position, line, key, None))
        for ordinal in ordinals:
            self._add_card(note_id, deck_id, ordinal, place)
            place += 1
        if len(self._new_notes.waiting) >= AT_ONCE:
            self._write_new()
        return place

    def _add_card(self, note_id: int, deck_id: int, ordinal: int, place: int) -> None:
        self._new_cards.waiting.append((self._next_card, note_id, deck_id, ordinal, place))
        self._next_card += 1
        self._shuffled.add(deck_id)

    def _write_new(self) -> None:
        self._new_notes.write()
        self._new_cards.write()

    def _keep(
        self, was: KnownNote, text: NoteText, cards: Sequence[Any], deck_id: int, position: int, place: int
    ) -> int:
        used = [card.ordinal for card in cards]
        ordinals = rows.kept_ordinals(was.text, was.ordinals, text, was.row.gone_deletions or (), used)
        wanted = {"deck_id": deck_id, "position": position, "retired_at": None} | rows.note_row(
            text, ordinals
        )._asdict()
        before = {name: getattr(was.row, name) for name, value in wanted.items() if getattr(was.row, name) != value}
        count = len(ordinals.by_number)
        if before.keys() <= _SHIFTED and _stand_together(cards, ordinals):
            self._layout.shift(position, position - was.row.position, text.line - was.row.line)
            self._layout.shift_cards(place, count, place - _first_place(cards, place))
            return place + count
        if before:
            self._update(was.row.id, {name: wanted[name] for name in before})
        moved = self._place_cards(was.row.id, ordinals, cards, deck_id, place)
        if before or moved:
            self._change(was.row.deck_id, was.row.id, _storable(before) | ({"cards": moved} if moved else {}))
        return place + count

    def _place_cards(
        self, note_id: int, ordinals: Ordinals, cards: Sequence[Any], deck_id: int, place: int
    ) -> list[list[Any]]:
        """Give every card of a note its place; answers where those that were elsewhere, or nowhere, were before."""
        places = {ordinal: place + number for number, ordinal in enumerate(ordinals.by_number.values())}
        moved = []
        for card in cards:
            position = places.pop(card.ordinal, None)
            if (card.deck_id, card.position) != (deck_id, position):
                self._move_card(card, deck_id, position)
                moved.append([card.id, card.deck_id, card.position])
        for ordinal, position in places.items():
            moved.append([self._next_card, deck_id, None])
            self._add_card(note_id, deck_id, ordinal, position)
        return moved

    def _retire(self, was: KnownNote, cards: Sequence[Any]) -> None:
        before = {"retired_at": None, "cards": [[card.id, card.deck_id, card.position] for card in cards]}
        self._change(was.row.deck_id, was.row.id, before)
        self._update(was.row.id, {"retired_at": self._now})
        for card in cards:
            self._move_card(card, card.deck_id, None)

    def _take_place(self, was: KnownNote, cards: Sequence[Any], copy: KnownNote, copied: Sequence[Any]) -> None:
        """Put a note in the place of its copy, which is in another deck, and retire the copy."""
        place = _first_place(copied, 0)
        self._retire(copy, copied)
        self._keep(was, copy.text, cards, copy.row.deck_id, copy.row.position, place)

    def _update(self, note_id: int, values: dict[str, Any]) -> None:
        self._updates[tuple(values)].append(values | {"note": note_id})

    def _move_card(self, card: Any, deck_id: int, position: int | None) -> None:
        queue = deck_id if position is not None else None
        self._moved_cards.append({"card": card.id, "deck": deck_id, "place": position, "queue": queue})
        self._shuffled |= {card.deck_id, deck_id}

    def _change(self, deck_id: int, note_id: int | None, before: dict[str, Any]) -> None:
        change = {"import_id": self._import_id, "deck_id": deck_id, "note_id": note_id, "before": before}
        self._changes.append(change)

    def _flush(self) -> None:
        execute = self._session.connection().execute
        if (entry := self._layout.entry) is not None:
            self._layout.apply(self._session, *self._first_new)
            self._change(self._layout.deck_id, None, entry)
            self._shuffled.add(self._layout.deck_id)
        self._write_new()
        if self._changes:
            execute(insert(ImportChange.__table__), self._changes)  # type: ignore[arg-type]
        for names, values in self._updates.items():
            change = update(Note.__table__).where(Note.id == bindparam("note"))  # type: ignore[arg-type]
            execute(change.values({name: bindparam(name) for name in names}), values)
        move_cards(self._session, self._moved_cards)
        cursor.renew(self._session, self._shuffled)
        self._clear()


def _stand_together(cards: Sequence[Any], ordinals: Ordinals) -> bool:
    """Whether the cards of a note that are in the deck stand one behind the other, in the order they are to have."""
    standing = {card.ordinal: card.position for card in cards if card.position is not None}
    if standing.keys() != set(ordinals.by_number.values()):
        return False
    places = [standing[ordinal] for ordinal in ordinals.by_number.values()]
    return places == list(range(places[0], places[0] + len(places)))


def _first_place(cards: Sequence[Any], otherwise: int) -> int:
    """The first place at which a card of the note stands."""
    return min((card.position for card in cards if card.position is not None), default=otherwise)


def move_cards(session: Session, moves: Sequence[dict[str, Any]]) -> None:
    """Put cards into decks and places, and all learners' schedules of them into the decks' queues (None: into none).

    Each move has `card`, `deck`, `place` and `queue`.
    """
    if moves:
        session.connection().execute(_MOVE_CARD, moves)
        session.connection().execute(_MOVE_SCHEDULES, moves)


def _following(session: Session, column: Any) -> int:
    return int(session.execute(select(func.coalesce(func.max(column), 0) + 1)).scalar_one())


def _cards_of(session: Session, note_ids: Sequence[int]) -> defaultdict[int, list[Any]]:
    cards: defaultdict[int, list[Any]] = defaultdict(list)
    for begin in range(0, len(note_ids), _AT_ONCE):
        for card in session.execute(_CARDS, {"notes": list(note_ids[begin : begin + _AT_ONCE])}):
            cards[card.note_id].append(card)
    return cards


def _storable(before: dict[str, Any]) -> dict[str, Any]:
    """Columns as JSON keeps them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in before.items()}


_CARDS = (
    select(Card.id, Card.note_id, Card.deck_id, Card.ordinal, Card.position)
    .where(Card.note_id.in_(bindparam("notes", expanding=True)))
    .order_by(Card.ordinal)
)
_MOVE_CARD = (
    update(Card.__table__)  # type: ignore[arg-type]
    .where(Card.id == bindparam("card"))
    .values(deck_id=bindparam("deck"), position=bindparam("place"))
)
_MOVE_SCHEDULES = (
    update(Schedule.__table__).where(Schedule.card_id == bindparam("card")).values(deck_id=bindparam("queue"))  # type: ignore[arg-type]
)
