"""Making anew what follows from other rows: indexes and triggers, places, schedules, queues, cursors, renderings.

The log is never touched, nor is a schedule that its log may have lost a review of.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, insert, null, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.checking import log, pages, people, places, schema, texts, values
from app.checking.log import Pair
from app.db import Database
from app.models import Card, Deck, Login, NewCursor, Note, Rendering, Schedule, User

_AT_ONCE = 1000
_PLAIN = {"synchronize_session": False}
_SCHEDULE = Schedule.__table__
_KEY = and_(Schedule.user_id == bindparam("key_user"), Schedule.card_id == bindparam("key_card"))
_MINE = {"suspended": False, "buried_until": None, "marked": False}


def restore_structure(session: Session) -> None:
    """Make indexes and triggers those of this program, and every index say what its table says. SQLite only.

    An index that cannot be made stays as it is: two rows stand where there may be one.
    """
    found = schema.pieces(session)
    for (kind, name), piece in found.items():
        if schema.is_foreign(piece) or (kind != "table" and _is_other(piece)):
            session.execute(text(f'DROP {kind} "{name}"'))
    for (kind, name), piece in schema.expected().items():
        if kind != "table" and (found.get((kind, name)) is None or _is_other(found[kind, name])):
            _try(session, piece.sql)
    _try(session, "REINDEX")


def restore_rows(session: Session) -> None:
    """Put cards, decks, accounts and logins where the rows they follow from say."""
    if session.get_bind().dialect.name == "sqlite":
        _drop_dangling(session)
        _empty_unreadable(session)
    _restore_names(session)
    session.execute(delete(Login).where(Login.id.in_(people.stray_logins(session))), execution_options=_PLAIN)
    session.execute(update(Deck).where(places.HAS_CARDS).values(retired_at=None), execution_options=_PLAIN)
    _restore_places(session)
    keys = [{"note": note_id, "key": key} for note_id, key in texts.wrong_keys(session)]
    if keys:
        wrong = update(Note.__table__).where(Note.id == bindparam("note"))  # type: ignore[arg-type]
        session.connection().execute(wrong.values(text_key=bindparam("key")), keys)
    for key in list(texts.tampered(session)):
        session.execute(delete(Rendering).where(Rendering.key == key), execution_options=_PLAIN)


def replay_schedules(database: Database, session: Session) -> None:
    """Write every schedule that is not the replay of its log, reading beside the one transaction that writes."""
    with database.reading() as reader:
        waiting = []
        for pair in log.pairs(reader):
            if pair.is_to_be_replayed:
                waiting.append(pair)
            if len(waiting) == _AT_ONCE:
                _replay(session, waiting)
                waiting = []
        _replay(session, waiting)


def restore_queues(session: Session) -> None:
    """Put every schedule into its card's queue, and let cursors that hide a card begin anew."""
    home = select(places.HOME).where(Card.id == Schedule.card_id).scalar_subquery()
    there = exists().where(Card.id == Schedule.card_id, Deck.id == Card.deck_id)
    wrong = and_(there, Schedule.deck_id.is_distinct_from(home))
    session.execute(update(Schedule).where(wrong).values(deck_id=home), execution_options=_PLAIN)
    session.execute(delete(NewCursor).where(places.HIDES_A_CARD), execution_options=_PLAIN)


def _is_other(piece: schema.Piece) -> bool:
    wanted = schema.expected().get((piece.kind, piece.name))
    return wanted is not None and wanted.sql != piece.sql


def _try(session: Session, statement: str) -> None:
    try:
        with session.begin_nested():
            session.execute(text(statement.replace(":", "\\:")))
    except DBAPIError:
        return


def _drop_dangling(session: Session) -> None:
    for table, rowid, parent, _key in session.execute(text("PRAGMA foreign_key_check")).all():
        if (table, parent) in pages.WORTHLESS:
            session.execute(text(f"DELETE FROM {table} WHERE rowid = :row"), {"row": rowid})  # noqa: S608 - ours


def _empty_unreadable(session: Session) -> None:
    """Make schedules new whose derived columns cannot be read; their replay fills them."""
    wrong = session.execute(text(values.unreadable(_SCHEDULE))).all()  # type: ignore[arg-type]
    columns = ", ".join(f'"{name}" = :{name}' for name in values.NEW)
    made_new = text(f"UPDATE schedules SET {columns} WHERE rowid = :row")  # noqa: S608 - names of ours
    for row in wrong:
        if row.wrong in values.NEW:
            session.execute(made_new, values.NEW | {"row": row.row})


def _restore_names(session: Session) -> None:
    """File accounts under their names, where no other account has the name."""
    for user_id, key in people.wrong_name_keys(session):
        taken = exists().where(User.name_key == key).correlate(None)
        session.execute(update(User).where(User.id == user_id, ~taken).values(name_key=key), execution_options=_PLAIN)


def _restore_places(session: Session) -> None:
    """Let cards follow their notes, and number those of a deck anew where two share a place or one has none."""
    retired = exists().where(Note.id == Card.note_id, Note.retired_at.is_not(None))
    session.execute(
        update(Card).where(Card.position.is_not(None), retired).values(position=None), execution_options=_PLAIN
    )
    home = select(Note.deck_id).where(Note.id == Card.note_id).scalar_subquery()
    astray = exists().where(Note.id == Card.note_id, Note.deck_id != Card.deck_id, Deck.id == Note.deck_id)
    session.execute(
        update(Card).where(Card.position.is_not(None), astray).values(deck_id=home), execution_options=_PLAIN
    )
    decks = set(session.scalars(places.CROWDED))
    decks |= {note.deck_id for note, cards in places.notes_with_cards(session) if places.unplaced(note, cards)}
    if decks:
        _number(session, decks)
        session.execute(delete(NewCursor).where(NewCursor.deck_id.in_(decks)), execution_options=_PLAIN)


def _number(session: Session, decks: set[int]) -> None:
    """Number the cards of decks in file order, those of a note as they stood, one that had no place behind them."""
    places_of: dict[int, int] = {}
    moves: list[dict[str, Any]] = []
    for note, cards in places.notes_with_cards(session):
        if note.deck_id not in decks:
            continue
        unplaced = {card.id for card in places.unplaced(note, cards)}
        standing = [card for card in cards if card.position is not None or card.id in unplaced]
        for card in sorted(standing, key=lambda one: (one.position is None, one.position or 0, one.ordinal)):
            place = places_of[note.deck_id] = places_of.get(note.deck_id, -1) + 1
            moves.append({"card": card.id, "deck": note.deck_id, "place": place})
    change = update(Card.__table__).where(Card.id == bindparam("card"))  # type: ignore[arg-type]
    session.connection().execute(change.values(deck_id=bindparam("deck"), position=bindparam("place")), moves)


def _replay(session: Session, wrong: Sequence[Pair]) -> None:
    kept = [_values(pair) | _named(pair, "key_user", "key_card") for pair in wrong if pair.stored is not None]
    if kept:
        names = [*values.NEW]
        change = update(_SCHEDULE).where(_KEY).values({name: bindparam(name) for name in names})  # type: ignore[arg-type]
        session.connection().execute(change, kept)
    there = _learnt_by_somebody(session, [pair for pair in wrong if pair.stored is None])
    new = [_values(pair) | _named(pair, "user_id", "card_id") | _MINE for pair in there]
    if new:
        session.connection().execute(insert(_SCHEDULE).values(deck_id=null()), new)  # type: ignore[arg-type]


def _learnt_by_somebody(session: Session, new: Sequence[Pair]) -> list[Pair]:
    """Those whose learner and card are there."""
    logs = [pair.log for pair in new if pair.log]
    users = set(session.scalars(select(User.id).where(User.id.in_({one.user_id for one in logs}))))
    cards = set(session.scalars(select(Card.id).where(Card.id.in_({one.card_id for one in logs}))))
    return [pair for pair in new if pair.log and pair.log.user_id in users and pair.log.card_id in cards]


def _values(pair: Pair) -> dict[str, Any]:
    return pair.expected | {"revision": pair.reviews}


def _named(pair: Pair, user: str, card: str) -> dict[str, int]:
    one = pair.log or pair.stored
    return {user: one.user_id, card: one.card_id}
