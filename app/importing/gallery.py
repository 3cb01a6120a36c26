"""The rows of pictures and sounds: what each deck shows, and the bytes, kept while anything needs them."""

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from app import media
from app.errors import StaleError
from app.importing.beside import Links, Seen
from app.importing.sources import Sources
from app.models import Deck, DeckMedium, ImportChange, ImportMedium, Medium
from app.owners import of_owner


def links(session: Session, owner_id: int | None) -> dict[int, dict[str, bytes | None]]:
    """What every deck of an owner shows, by the deck's id."""
    query = select(DeckMedium.deck_id, DeckMedium.name, DeckMedium.sha256)
    found: defaultdict[int, dict[str, bytes | None]] = defaultdict(dict)
    for row in session.execute(query.join(Deck, Deck.id == DeckMedium.deck_id).where(of_owner(owner_id))):
        found[row.deck_id][row.name] = row.sha256
    return dict(found)


def changed(before: Links, wanted: Mapping[str, Seen]) -> int:
    """How many names would show something else than before, or nothing any more, or something for the first time."""
    names = before.keys() | wanted.keys()
    return sum(before.get(name) != _digest(wanted.get(name)) for name in names)


class Gallery:
    """Hangs the pictures and sounds of one import."""

    def __init__(
        self, session: Session, sources: Sources, import_id: int, before: Mapping[int, Mapping[str, bytes | None]]
    ) -> None:
        self._session = session
        self._sources = sources
        self._import_id = import_id
        self._shown: dict[int, dict[str, bytes | None]] = {deck: dict(names) for deck, names in before.items()}
        self._hung: set[int] = set()

    def hang(self, deck_id: int, wanted: Mapping[str, Seen]) -> None:
        """Let a deck show just this; what it showed before is kept for the import's undo."""
        self._hung.add(deck_id)
        before = self._shown.get(deck_id, {})
        after = {name: seen.digest for name, seen in wanted.items()}
        if after == before:
            return
        for seen in wanted.values():
            self._store(seen)
        was = {name: digest for name, digest in before.items() if name not in after or after[name] != digest}
        new = [name for name, digest in after.items() if name not in before or before[name] != digest]
        _replace(self._session, deck_id, [*was, *new], {name: after[name] for name in new})
        self._remember(deck_id, was, new)
        self._shown[deck_id] = after

    def take_down(self, deck_id: int) -> None:
        """Let a deck show nothing any more, unless another file hung something there in this import."""
        if deck_id not in self._hung:
            self.hang(deck_id, {})

    def _store(self, seen: Seen) -> None:
        if seen.digest is None or media.is_stored(self._session, seen.digest):
            return
        data = self._sources.medium(seen.path)
        if not isinstance(data, bytes) or sha256(data).digest() != seen.digest:
            raise StaleError("%(file)s: the file changed while it was imported; import again", file=seen.path)
        self._session.execute(insert(Medium).values(sha256=seen.digest, type=seen.type, bytes=data))

    def _remember(self, deck_id: int, was: Links, new: list[str]) -> None:
        shown = {name: None if digest is None else digest.hex() for name, digest in was.items()}
        before = {"media": {"was": shown, "new": new}}
        change = {"import_id": self._import_id, "deck_id": deck_id, "note_id": None, "before": before}
        self._session.execute(insert(ImportChange).values(change))
        of_import = select(ImportMedium.sha256).where(ImportMedium.import_id == self._import_id)
        kept = set(self._session.execute(of_import).scalars())
        for digest in {digest for digest in was.values() if digest is not None} - kept:
            self._session.execute(insert(ImportMedium).values(import_id=self._import_id, sha256=digest))


def put_back(session: Session, deck_id: int, before: Mapping[str, Any]) -> None:
    """Let a deck show what it showed before an import; `before` is what the import remembered."""
    was = {name: None if digest is None else bytes.fromhex(digest) for name, digest in before["was"].items()}
    _replace(session, deck_id, [*was, *before["new"]], was)


def _replace(session: Session, deck_id: int, names: list[str], shown: Links) -> None:
    if names:
        session.connection().execute(_TAKE_DOWN, [{"deck": deck_id, "gone": name} for name in {*names}])
    rows = [{"deck_id": deck_id, "name": name, "sha256": digest} for name, digest in shown.items()]
    if rows:
        session.execute(insert(DeckMedium), rows)


_TAKE_DOWN = delete(DeckMedium.__table__).where(  # type: ignore[arg-type]
    DeckMedium.deck_id == bindparam("deck"), DeckMedium.name == bindparam("gone")
)


def _digest(seen: Seen | None) -> bytes | None:
    return None if seen is None else seen.digest
