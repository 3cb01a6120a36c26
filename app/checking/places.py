"""Whether every card stands where its note says, and in the queues of those who learn it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import and_, case, exists, func, null, or_, select
from sqlalchemy.orm import Session, aliased

from app.checking.fault import REPAIR, RESTORE, Fault
from app.models import Card, Deck, NewCursor, Note, Review, Schedule
from app.queue_statements import is_new

HOME = case((Card.position.is_not(None), Card.deck_id), else_=null())
"""The deck in whose queue a card's schedules belong; none for a card that left its file."""
HAS_CARDS = exists().where(Card.deck_id == Deck.id, Card.position.is_not(None))
"""Whether a deck has cards in its file."""

CROWDED = (
    select(Card.deck_id, Card.position, func.count().label("cards"))
    .where(Card.position.is_not(None))
    .group_by(Card.deck_id, Card.position)
    .having(func.count() > 1)
)
"""Places of decks that more than one card has."""


class NoteOf(NamedTuple):
    """A note, as far as its cards follow from it."""

    id: int
    deck_id: int
    kind: str
    deletions: list[Any] | None


class CardOf(NamedTuple):
    """A card of a note; `position` is None where it has no place in its deck."""

    id: int
    ordinal: int
    position: int | None


_EARLIER, _THEIRS = aliased(Card), aliased(Schedule)
_REVIEWED = exists().where(Review.user_id == NewCursor.user_id, Review.card_id == _EARLIER.id)
HIDES_A_CARD = exists(
    select(_EARLIER.id)
    .outerjoin(_THEIRS, and_(_THEIRS.user_id == NewCursor.user_id, _THEIRS.card_id == _EARLIER.id))
    .where(_EARLIER.deck_id == NewCursor.deck_id, _EARLIER.position < NewCursor.position, is_new(_THEIRS))
    .where(or_(_THEIRS.card_id.is_not(None), ~_REVIEWED.correlate(NewCursor, _EARLIER)))
    .correlate(NewCursor)
)
"""Whether a cursor stands behind a new card, which then never comes up."""


def faults(session: Session) -> Iterator[Fault]:
    """Cards, schedules and cursors that are out of place."""
    yield from _cards(session)
    yield from _doubled(session)
    yield from _without_place(session)
    yield from _put_away(session)
    yield from _queues(session)
    for row in session.execute(select(NewCursor.user_id, NewCursor.deck_id).where(HIDES_A_CARD)):
        yield Fault(f"user {row.user_id}, deck {row.deck_id}", "has new cards before the place they begin at", REPAIR)


def ordinals_of(note: NoteOf) -> set[int]:
    """The ordinals of the cards that a note's text makes; raises ValueError for deletions nobody can read."""
    if note.kind != "cloze":
        return {1, 2} if note.kind == "reversed" else {1}
    try:
        return {int(card) for _answer, _start, card, _hint in note.deletions or ()}
    except (TypeError, ValueError):
        raise ValueError(f"the deletions of note {note.id}") from None


def unplaced(note: NoteOf, cards: list[CardOf]) -> list[CardOf]:
    """The cards that the note's text makes and that have no place in its deck; none where the text is unreadable."""
    try:
        wanted = ordinals_of(note)
    except ValueError:
        return []
    return [card for card in cards if card.ordinal in wanted and card.position is None]


def _cards(session: Session) -> Iterator[Fault]:
    query = (
        select(Card.id, Card.deck_id, Note.deck_id.label("home"), Note.retired_at)
        .join(Note, Note.id == Card.note_id)
        .join(Deck, Deck.id == Note.deck_id)
        .where(Card.position.is_not(None), or_(Note.retired_at.is_not(None), Card.deck_id != Note.deck_id))
        .execution_options(yield_per=1000)
    )
    for row in session.execute(query):
        if row.retired_at is not None:
            yield Fault(f"card {row.id}", "is in the queue, and its note is retired", REPAIR)
        else:
            yield Fault(f"card {row.id}", f"is in deck {row.deck_id}, and its note in deck {row.home}", REPAIR)


def _doubled(session: Session) -> Iterator[Fault]:
    for row in session.execute(CROWDED):
        yield Fault(f"deck {row.deck_id}", f"has {row.cards} cards at place {row.position}", REPAIR)


def _without_place(session: Session) -> Iterator[Fault]:
    """Cards of notes in a deck file that have no place in it, or are not there at all."""
    for note, cards in notes_with_cards(session):
        try:
            wanted = ordinals_of(note)
        except ValueError as error:
            yield Fault(f"note {note.id}", f"has something that cannot be read: {error}", RESTORE)
            continue
        for ordinal in sorted(wanted - {card.ordinal for card in cards}):
            yield Fault(f"note {note.id}", f"lacks its card {ordinal}", RESTORE)
        for card in unplaced(note, cards):
            yield Fault(f"card {card.id}", "has no place in its deck, and its note is in the file", REPAIR)


def notes_with_cards(session: Session) -> Iterator[tuple[NoteOf, list[CardOf]]]:
    """The notes that are in their files with all their cards, deck by deck in file order."""
    query = (
        select(Note.id, Note.deck_id, Note.kind, Note.deletions, Card.id, Card.ordinal, Card.position)
        .outerjoin(Card, Card.note_id == Note.id)
        .where(Note.retired_at.is_(None))
        .order_by(Note.deck_id, Note.position, Note.id, Card.ordinal)
        .execution_options(yield_per=1000)
    )
    note: NoteOf | None = None
    cards: list[CardOf] = []
    for row in session.execute(query):
        if note is not None and note.id != row[0]:
            yield note, cards
            cards = []
        note = NoteOf(*row[:4])
        if row[4] is not None:
            cards.append(CardOf(*row[4:]))
    if note is not None:
        yield note, cards


def _put_away(session: Session) -> Iterator[Fault]:
    for row in session.execute(select(Deck.id).where(Deck.retired_at.is_not(None), HAS_CARDS)):
        yield Fault(f"deck {row.id}", "is put away, and has cards in its file", REPAIR)


def _queues(session: Session) -> Iterator[Fault]:
    """Schedules whose deck is not their card's: they would stand in the wrong queue, or in none."""
    query = (
        select(Schedule.user_id, Schedule.card_id, Schedule.deck_id, HOME.label("home"))
        .join(Card, Card.id == Schedule.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Schedule.deck_id.is_distinct_from(HOME))
        .execution_options(yield_per=1000)
    )
    for row in session.execute(query):
        problem = f"stands in {_queue(row.deck_id)} and belongs in {_queue(row.home)}"
        yield Fault(f"user {row.user_id}, card {row.card_id}", problem, REPAIR)


def _queue(deck_id: int | None) -> str:
    return "no queue" if deck_id is None else f"the queue of deck {deck_id}"
