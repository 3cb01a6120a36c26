"""Cards as they are shown: the texts of the note, where it came from, and the learner's schedule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app.decks.note import Deletion, NoteKind
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Card, Deck, Note, Schedule
from app.prepared import Handle, Prepared, at_most
from app.srs.sm2 import FIRST_EASINESS
from app.srs.sm2 import Schedule as Sm2Schedule


@dataclass(frozen=True, slots=True)
class CardView:
    """One card with all that a page shows of it. `ordinal` tells which of its note's cards it is."""

    id: int
    note_id: int
    ordinal: int
    position: int | None
    kind: NoteKind
    front: str
    back: str
    deletions: tuple[Deletion, ...]
    tags: str
    heading: str
    line: int
    deck_id: int
    deck_path: str
    language: str
    schedule: Sm2Schedule
    lapses: int
    repeat_on: date | None
    reviewed_on: date | None
    revision: int
    suspended: bool
    buried_until: date | None
    marked: bool

    @property
    def question(self) -> str:
        """The Markdown of the question side; of a cloze its whole text."""
        return self.back if self.is_backwards else self.front

    @property
    def answer(self) -> str:
        """The Markdown of the answer side; of a cloze its whole text."""
        if self.kind is NoteKind.CLOZE:
            return self.front
        return self.front if self.is_backwards else self.back

    @property
    def is_backwards(self) -> bool:
        """Whether it is the second card of a reversed note, asked from back to front."""
        return self.kind is NoteKind.REVERSED and self.ordinal == 2

    def is_buried(self, today: date) -> bool:
        """Whether it is hidden on the study day `today`."""
        return self.buried_until is not None and self.buried_until > today

    def comes_again(self, today: date) -> bool:
        """Whether it is drilled before the study day `today` is over."""
        return self.repeat_on == today

    @property
    def is_leech(self) -> bool:
        """Whether it was learnt and failed so often (8 lapses) that the note should be written better."""
        return self.lapses >= LEECH


LEECH = 8


def load(session: Handle, learner: Learner, card_ids: Sequence[int]) -> list[CardView]:
    """The cards with these ids in this order; those that the learner may not see are left out."""
    if not card_ids:
        return []
    rows = _rows(session, learner, card_ids)
    found = {row.id: _view(row) for row in rows}
    return [found[card_id] for card_id in card_ids if card_id in found]


def load_one(session: Handle, learner: Learner, card_id: int) -> CardView:
    """One card; raises NotFoundError where the learner may not see it."""
    for card in load(session, learner, [card_id]):
        return card
    raise NotFoundError("There is no such card; go back to Today and start from there")


def of_deck(session: Session, learner: Learner, deck_id: int, begins: int, limit: int) -> list[CardView]:
    """Up to `limit` cards of a deck in file order, from the position `begins` on."""
    rows = session.execute(_OF_DECK, {"user": learner.id, "deck": deck_id, "begins": begins, "limit": limit})
    return [_view(row) for row in rows]


def _rows(session: Handle, learner: Learner, card_ids: Sequence[int]) -> Iterable[Any]:
    if len(card_ids) == 1:
        return _THE_CARD.all(session, {"user": learner.id, "card": card_ids[0]})
    return session.execute(_BY_ID, {"user": learner.id, "cards": list(card_ids)})


def _view(row: Any) -> CardView:
    return CardView(
        id=row.id,
        note_id=row.note_id,
        ordinal=row.ordinal,
        position=row.position,
        kind=NoteKind(row.kind),
        front=row.front,
        back=row.back,
        deletions=tuple(Deletion(*deletion) for deletion in row.deletions or ()),
        tags=row.tags,
        heading=row.heading,
        line=row.line,
        deck_id=row.deck_id,
        deck_path=row.path,
        language=row.language,
        schedule=_schedule(row),
        lapses=row.lapses or 0,
        repeat_on=row.repeat_on,
        reviewed_on=row.reviewed_on,
        revision=row.revision or 0,
        suspended=bool(row.suspended),
        buried_until=row.buried_until,
        marked=bool(row.marked),
    )


def _schedule(row: Any) -> Sm2Schedule:
    repeat_today = row.repeat_on is not None
    return Sm2Schedule(row.repetitions or 0, row.interval or 0, row.easiness or FIRST_EASINESS, row.due, repeat_today)


_VIEW = (
    select(
        Card.id,
        Card.note_id,
        Card.ordinal,
        Card.position,
        Note.kind,
        Note.front,
        Note.back,
        Note.deletions,
        Note.tags,
        Note.heading,
        Note.line,
        Card.deck_id,
        Deck.path,
        Deck.language,
        Schedule.repetitions,
        Schedule.interval,
        Schedule.easiness,
        Schedule.due,
        Schedule.repeat_on,
        Schedule.lapses,
        Schedule.reviewed_on,
        Schedule.revision,
        Schedule.suspended,
        Schedule.buried_until,
        Schedule.marked,
    )
    .join(Note, Note.id == Card.note_id)
    .join(Deck, Deck.id == Card.deck_id)
    .outerjoin(Schedule, and_(Schedule.user_id == bindparam("user", type_=Integer), Schedule.card_id == Card.id))
    .where(or_(Deck.owner_id.is_(None), Deck.owner_id == bindparam("user", type_=Integer)))
)
_BY_ID = _VIEW.where(Card.id.in_(bindparam("cards", expanding=True)))
_THE_CARD = Prepared(_VIEW.where(Card.id == bindparam("card")))
_OF_DECK = (
    _VIEW.where(Card.deck_id == bindparam("deck"), Card.position >= bindparam("begins"))
    .order_by(Card.position)
    .limit(at_most("limit"))
)
