"""Taking back an import as a whole: every row it changed becomes what it was, what it made is retired.

Reviews are never touched: progress made since stays with its cards. The files still say what they say, so their
content is held: only an import that somebody asks for takes it again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, literal, select, update
from sqlalchemy.orm import Session

from app import cursor, media
from app.errors import NotFoundError, RefusedError
from app.importing import gallery, layout
from app.importing.plan import ABSENT
from app.importing.writing import move_cards
from app.models import Card, Deck, Import, ImportChange, ImportMedium, Note
from app.owners import of_owner

_MOMENTS = frozenset({"retired_at"})
_BYTES = frozenset({"digest", "held"})
_PLAIN = {"synchronize_session": False}


def undo(session: Session, import_id: int, owner_id: int | None, now: datetime) -> None:
    """Undo the import `import_id` of an owner's decks.

    Raises NotFoundError where the owner has no such import, RefusedError where it was undone before or is not the
    newest: imports are undone one by one, the newest first.
    """
    found = session.get(Import, import_id)
    if found is None or found.owner_id != owner_id:
        raise NotFoundError("There is no import %(number)s; choose one from the list of imports", number=import_id)
    if found.undone_at is not None:
        raise RefusedError("Import %(number)s was undone before; nothing was changed", number=import_id)
    last = newest(session, owner_id)
    if last != import_id:
        raise RefusedError(
            "Import %(number)s is not the newest; undo import %(newest)s first", number=import_id, newest=last
        )
    _put_back(session, import_id, now)
    found.undone_at = now
    session.flush()


def newest(session: Session, owner_id: int | None) -> int | None:
    """The newest import of an owner's decks that stands: the one that may be undone."""
    stands = of_owner(owner_id, Import) & Import.undone_at.is_(None)
    return session.execute(select(func.max(Import.id)).where(stands)).scalar()


def _put_back(session: Session, import_id: int, now: datetime) -> None:
    """Undo change by change, the last first; what could be put back once is forgotten."""
    found = select(ImportChange.deck_id, ImportChange.note_id, ImportChange.before)
    mine = ImportChange.import_id == import_id
    changes = session.execute(found.where(mine).order_by(ImportChange.id.desc())).all()
    decks = {change.deck_id for change in changes if _is_of_content(change)}
    read = _digests(session, decks)
    session.execute(delete(ImportChange).where(mine))
    # First of all: places tell nothing any more once another note has been put back.
    for change in changes:
        if "layout" in (change.before or {}):
            layout.put_back(session, change.deck_id, change.before["layout"])
    for change in changes:
        _undo_change(session, change, now)
    cursor.renew(session, {change.deck_id for change in changes})
    made = {change.deck_id for change in changes if change.note_id is None and change.before is None}
    _hold(session, decks, made, read)
    session.execute(delete(ImportMedium).where(ImportMedium.import_id == import_id))
    media.collect(session)


def _undo_change(session: Session, change: Any, now: datetime) -> None:
    before = change.before
    if change.note_id is not None:
        _put_note_back(session, change.note_id, before or {})
    elif before is None:
        _unmake(session, change.deck_id, now)
    elif "added" in before:
        _retire_added(session, before["added"], now)
    elif "media" in before:
        gallery.put_back(session, change.deck_id, before["media"])
    elif "layout" not in before:
        _put_deck_back(session, change.deck_id, before)


def _put_deck_back(session: Session, deck_id: int, before: dict[str, Any]) -> None:
    """Give a deck the columns that it had; a deck that this import put in its path steps aside."""
    if "path" in before:
        owner_id = select(Deck.owner_id).where(Deck.id == deck_id).scalar_subquery()
        there = (Deck.path == before["path"], Deck.owner_id.is_not_distinct_from(owner_id), Deck.id != deck_id)
        aside = Deck.path + literal(f" ({deck_id})")
        session.execute(update(Deck).where(*there).values(path=aside), execution_options=_PLAIN)
    session.execute(update(Deck).where(Deck.id == deck_id).values(_values(before)))


def _unmake(session: Session, deck_id: int, now: datetime) -> None:
    """Retire a deck that the import made, and take it away where it only held others."""
    has_notes = exists().where(Note.deck_id == deck_id)
    holds_nothing = (Deck.file.is_(None), Deck.held.is_(None), ~has_notes)
    only_held = session.execute(select(Deck.id).where(Deck.id == deck_id, *holds_nothing)).first()
    if only_held is None:
        session.execute(update(Deck).where(Deck.id == deck_id).values(retired_at=now, digest=None))
        return
    cursor.forget(session, {deck_id})
    session.execute(delete(Deck).where(Deck.id == deck_id))


def _is_of_content(change: Any) -> bool:
    """Whether a change is of what a file says; decks move where another file comes or goes."""
    return change.note_id is not None or change.before is None or change.before.keys() != {"position"}


class _Read(NamedTuple):
    """The content of a file as the import read it, and the deck that it made of it."""

    deck_id: int
    digest: bytes


def _digests(session: Session, decks: set[int]) -> dict[str, _Read]:
    """The content, by file, that the import read: for a file that was gone, that it was not there.

    Of a file that a later import read, which was undone before this one, it is the later content: the file holds that.
    """
    columns = (Deck.id, Deck.file, func.coalesce(Deck.held, Deck.digest).label("digest"))
    rows = session.execute(select(*columns).where(Deck.id.in_(decks), Deck.file.is_not(None)))
    return {row.file: _Read(row.id, ABSENT if row.digest is None else row.digest) for row in rows}


def _hold(session: Session, decks: set[int], made: set[int], read: dict[str, _Read]) -> None:
    """Let decks hold what the import read, each that of its file.

    A deck that the import `made` of a file which belongs to another deck again stands for a file that now belongs to
    none: under the name that this one's deck had for a while, or for none. No two decks have one file. A deck that has
    no file again holds what made it. A file that was not there, and whose deck the import gave to another, is held to
    be gone.
    """
    found = session.execute(select(Deck.id, Deck.file).where(Deck.id.in_(decks))).all()
    rows = [row for row in found if row.file is not None]
    before = {row.file: row.id for row in rows if row.id not in made}
    elsewhere = _elsewhere(session, decks, before)
    rows += elsewhere
    read = read | {row.file: _Read(row.id, row.held) for row in elsewhere if row.held is not None}
    owners = {row.file: row.id for row in rows} | before
    nobodys = [row.id for row in rows if owners[row.file] != row.id]
    session.execute(update(Deck).where(Deck.id.in_(nobodys)).values(file=None))
    gone = [deck_id for file, deck_id in owners.items() if file not in read]
    makers = {each.deck_id for each in read.values()}
    spare = [*nobodys, *gone, *(row.id for row in found if row.file is None and row.id in makers)]
    for file, each in read.items():
        deck_id = owners.get(file) or _taken(spare, each.deck_id)
        taken = {"file": file} if deck_id in nobodys else {}
        session.execute(update(Deck).where(Deck.id == deck_id).values(held=each.digest, **taken))
    session.execute(update(Deck).where(Deck.id.in_({*gone} & {*spare})).values(held=ABSENT))


def _elsewhere(session: Session, decks: set[int], files: Iterable[str]) -> list[Any]:
    """The decks that other imports, undone before, left one of these files to, and what they hold."""
    owner = select(Deck.owner_id).where(Deck.id.in_(decks)).limit(1).scalar_subquery()
    theirs = (Deck.file.in_([*files]), Deck.owner_id.is_not_distinct_from(owner), Deck.id.not_in(decks))
    return list(session.execute(select(Deck.id, Deck.file, Deck.held).where(*theirs)))


def _taken(spare: list[int], wanted: int) -> int | None:
    """One of the decks to spare, the `wanted` one where it is; it is to spare no more. None where there is none."""
    if not spare:
        return None
    return spare.pop(spare.index(wanted) if wanted in spare else 0)


def _put_note_back(session: Session, note_id: int, before: dict[str, Any]) -> None:
    columns = {name: value for name, value in before.items() if name != "cards"}
    if columns:
        session.execute(update(Note).where(Note.id == note_id).values(_values(columns)))
    cards = before.get("cards", [])
    move_cards(session, [_move(card_id, deck_id, place) for card_id, deck_id, place in cards])


def _retire_added(session: Session, ids: tuple[int, int], now: datetime) -> None:
    """Retire the notes that the import made; what was learnt of them waits for their return."""
    first, last = ids
    session.execute(update(Note).where(Note.id.between(first, last)).values(retired_at=now))
    cards = session.execute(select(Card.id, Card.deck_id).where(Card.note_id.between(first, last)))
    move_cards(session, [_move(card.id, card.deck_id, None) for card in cards])


def _move(card_id: int, deck_id: int, place: int | None) -> dict[str, Any]:
    return {"card": card_id, "deck": deck_id, "place": place, "queue": deck_id if place is not None else None}


def _values(before: dict[str, Any]) -> dict[str, Any]:
    """Columns as they are stored, from what JSON kept of them."""
    return {name: _value(name, value) for name, value in before.items()}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return bytes.fromhex(value) if name in _BYTES else value
