"""Notes that only change places within their deck: moved run by run, and one entry a deck to move them back.

A run is a stretch of neighbours that all go the same way: a note put in at the top of a deck moves all others down
by one, which is one run however many they are.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app.models import Card, Note

_Run = list[int]
"""First and last place after the import, and by how much the places grew; of notes also by how much the lines did."""


class Layout:
    """What changes places in one deck while its file is written: taken note by note, in file order."""

    def __init__(self, deck_id: int) -> None:
        self.deck_id = deck_id
        self._notes: list[_Run] = []
        self._cards: list[_Run] = []

    def shift(self, position: int, by: int, lines: int) -> None:
        """The note at `position` stood `by` places further up, and began so many `lines` further up."""
        if by or lines:
            _take(self._notes, position, [by, lines])

    def shift_cards(self, place: int, count: int, by: int) -> None:
        """So many cards from `place` on stood `by` places further up."""
        for at in range(place, place + count) if by else ():
            _take(self._cards, at, [by])

    @property
    def entry(self) -> dict[str, Any] | None:
        """What undo needs to know; None where nothing changed places."""
        return {"layout": {"notes": self._notes, "cards": self._cards}} if self._notes or self._cards else None

    def apply(self, session: Session, first_new_note: int, first_new_card: int) -> None:
        """Move what was there before the import; it must come before any other change of the deck's rows."""
        older = {"first_note": first_new_note, "first_card": first_new_card, "deck": self.deck_id}
        notes = [_moved(run, -run[2], run[2], run[3]) | older for run in self._notes]
        cards = [_moved(run, -run[2], run[2], 0) | older for run in self._cards]
        _move(session, notes, cards)


def put_back(session: Session, deck_id: int, layout: dict[str, list[_Run]]) -> None:
    """Move everything back; it must come before any other change of an import is undone."""
    newest = {"first_note": _ANY, "first_card": _ANY, "deck": deck_id}
    notes = [_moved(run, 0, -run[2], -run[3]) | newest for run in layout["notes"]]
    cards = [_moved(run, 0, -run[2], 0) | newest for run in layout["cards"]]
    _move(session, notes, cards)


def _take(runs: list[_Run], at: int, by: Sequence[int]) -> None:
    if runs and runs[-1][1] == at - 1 and runs[-1][2:] == list(by):
        runs[-1][1] = at
    else:
        runs.append([at, at, *by])


def _moved(run: _Run, offset: int, by: int, lines: int) -> dict[str, int]:
    """The places from which a run goes, and by how much."""
    return {"first": run[0] + offset, "last": run[1] + offset, "by": by, "lines": lines}


def _move(session: Session, notes: Sequence[dict[str, int]], cards: Sequence[dict[str, int]]) -> None:
    """Move runs at once, as one rearrangement: by way of places below 0, where nobody else stands."""
    execute = session.connection().execute
    for runs, away, home in ((notes, _NOTES_AWAY, _NOTES_HOME), (cards, _CARDS_AWAY, _CARDS_HOME)):
        if runs:
            execute(away, runs)
            execute(home, {"deck": runs[0]["deck"]})


_ANY = 2**31 - 1
_NOTES: Any = Note.__table__
_CARDS: Any = Card.__table__
_DECK: Any = bindparam("deck")
_RANGE: Any = (bindparam("first"), bindparam("last"))
_NOTES_AWAY = (
    update(_NOTES)
    .where(
        _NOTES.c.deck_id == _DECK,
        _NOTES.c.position.between(*_RANGE),
        _NOTES.c.retired_at.is_(None),
        _NOTES.c.id < bindparam("first_note"),
    )
    .values(position=-1 - _NOTES.c.position - bindparam("by"), line=_NOTES.c.line + bindparam("lines"))
)
_NOTES_HOME = (
    update(_NOTES).where(_NOTES.c.deck_id == _DECK, _NOTES.c.position < 0).values(position=-1 - _NOTES.c.position)
)
_CARDS_AWAY = (
    update(_CARDS)
    .where(
        _CARDS.c.deck_id == _DECK,
        _CARDS.c.position.between(*_RANGE),
        _CARDS.c.id < bindparam("first_card"),
    )
    .values(position=-1 - _CARDS.c.position - bindparam("by"))
)
_CARDS_HOME = (
    update(_CARDS).where(_CARDS.c.deck_id == _DECK, _CARDS.c.position < 0).values(position=-1 - _CARDS.c.position)
)
