"""The rows of decks: which one a file makes, the decks on the way to it, and the order in which decks are studied."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.importing import known
from app.importing.known import KnownDeck
from app.importing.plan import ABSENT, FilePlan, Plan
from app.importing.report import State, problems_as_json
from app.importing.sources import natural_order
from app.models import Deck, ImportChange

_JAPANESE = ("\u3040", "\u30ff")
_SAMPLE = 50
_EMPTY: dict[str, Any] = {
    "language": "",
    "dialect": None,
    "file": None,
    "digest": None,
    "held": None,
    "problems": [],
    "retired_at": None,
}
_OWN_FROM = 1_000_000
"""Where the numbers of own decks begin: they are studied when the library's are."""
_PLAIN = {"synchronize_session": False}
_STANDING = (State.UNCHANGED, State.HELD, State.UNREADABLE)


class Shelf:
    """The decks of one owner during an import."""

    def __init__(self, session: Session, plan: Plan, import_id: int, now: datetime) -> None:
        self._session = session
        self._owner_id = plan.owner_id
        self._import_id = import_id
        self._now = now
        self._by_path = {deck.path: deck for deck in plan.decks}
        self._made: set[int] = set()
        self._claimed = {file.was.id for file in plan.files if file.was and file.state in _STANDING}

    def deck_of(self, file: FilePlan) -> int:
        """The deck that a file makes, brought up to the file; made where there is none."""
        values = {
            "language": file.deck.language or _language(file),
            "dialect": file.deck.dialect,
            "file": file.file,
            "digest": file.digest,
            "held": None,
            "problems": problems_as_json(file.deck.problems),
            "retired_at": None,
        }
        path, was = file.deck.deck, self._own(file)
        found = self._by_path.get(path)
        if found is not None:
            if was is not None and was.id != found.id:
                self._change(was, {"file": None})
            self._change(found, values)
        elif was is not None:
            self._rename(was, path, values)
            found = was
        else:
            found = self._make(path, values)
        self._claimed.add(found.id)
        return found.id

    def _own(self, file: FilePlan) -> KnownDeck | None:
        """The deck that the file made before, unless another file makes it now."""
        return None if file.was is None or file.was.id in self._claimed else file.was

    def _rename(self, deck: KnownDeck, path: str, values: dict[str, Any]) -> None:
        self._change(deck, values | {"path": path, "title": _title(path)})
        self._by_path.pop(deck.path, None)
        self._by_path[path] = deck

    def note(self, file: FilePlan) -> None:
        """Keep what is wrong with a file that could not be read; let one that is there again go when it goes again.

        The notes of both stay. That a file is there again is nothing to undo.
        """
        if file.state is State.UNREADABLE and file.was is not None:
            self._change(file.was, {"problems": problems_as_json(file.deck.problems)})
        elif file.returned and file.was is not None:
            self._session.execute(update(Deck).where(Deck.id == file.was.id).values(held=None))

    def tell(self, deck_id: int, file: FilePlan) -> None:
        """Keep with a deck of this import what is wrong with its file, which was not known when the deck was made."""
        problems = problems_as_json(file.deck.problems)
        self._session.execute(update(Deck).where(Deck.id == deck_id).values(problems=problems))

    def retire(self, deck: KnownDeck) -> None:
        """Put away a deck whose file is gone; it waits for the file's return."""
        if deck.id not in self._claimed:
            self._change(deck, {"retired_at": self._now, "digest": ABSENT, "held": None})

    def arrange(self) -> None:
        """Make the decks above the others, put away those that nothing is below of, and number all for study."""
        decks = known.decks(self._session, self._owner_id)
        filed = [deck for deck in decks if deck.file is not None and deck.retired_at is None and deck.digest != ABSENT]
        filed.sort(key=lambda deck: natural_order(deck.file or ""))
        positions: dict[str, int] = {}
        for number, deck in enumerate(filed, 1 if self._owner_id is None else _OWN_FROM):
            positions[deck.path] = number
        for deck in filed:
            for path in _above(deck.path):
                positions.setdefault(path, positions[deck.path])
        by_path = {deck.path: deck for deck in decks}
        for path, position in positions.items():
            self._place(path, position, by_path.get(path))
        for deck in decks:
            if deck.path not in positions and deck.retired_at is None:
                self._change(deck, {"retired_at": self._now})

    def _place(self, path: str, position: int, deck: KnownDeck | None) -> None:
        if deck is None:
            self._make(path, _EMPTY | {"position": position})
        elif (deck.position, deck.retired_at) != (position, None):
            self._change(deck, {"position": position, "retired_at": None})

    def _make(self, path: str, values: dict[str, Any]) -> KnownDeck:
        row = {"position": 0} | values | {"owner_id": self._owner_id, "path": path, "title": _title(path)}
        deck_id = self._session.execute(insert(Deck).values(row).returning(Deck.id)).scalar_one()
        self._made.add(deck_id)
        self._note_change(deck_id, None)
        fields = {name: row[name] for name in KnownDeck._fields if name != "id"}
        self._by_path[path] = KnownDeck(id=deck_id, **fields)
        return self._by_path[path]

    def _change(self, deck: KnownDeck, values: dict[str, Any]) -> None:
        """Change a deck's columns, keeping what they were before this import where the deck was there."""
        if deck.id in self._made:
            self._session.execute(update(Deck).where(Deck.id == deck.id).values(values), execution_options=_PLAIN)
            return
        now = self._session.execute(select(*(getattr(Deck, name) for name in values)).where(Deck.id == deck.id)).one()
        before = {name: value for (name, wanted), value in zip(values.items(), now, strict=True) if value != wanted}
        if not before:
            return
        self._session.execute(update(Deck).where(Deck.id == deck.id).values({name: values[name] for name in before}))
        self._note_change(deck.id, {name: _storable(value) for name, value in before.items()})

    def _note_change(self, deck_id: int, before: dict[str, Any] | None) -> None:
        values = {"import_id": self._import_id, "deck_id": deck_id, "note_id": None, "before": before}
        self._session.execute(insert(ImportChange).values(values))


def _above(path: str) -> list[str]:
    """The paths of the decks that hold the deck `path`."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _title(path: str) -> str:
    return path.rpartition("/")[2]


def _storable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _language(file: FilePlan) -> str:
    """Japanese where the first notes hold kana; otherwise nobody knows."""
    sample = "".join(note.front + note.back for note in file.notes[:_SAMPLE])
    return "ja" if any(_JAPANESE[0] <= char <= _JAPANESE[1] for char in sample) else ""
