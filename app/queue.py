"""Which cards a sitting shows now, and how many are left.

Due cards come first, the longest overdue before the others; then new ones in file order up to the day's limit;
then due cards whose sibling was answered today; at the end the day's cards graded below 4, until they are 4 or
better (SM-2). Every step is a range of an index: the next card costs the same with a thousand cards and a million.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Executable, bindparam, func, select

from app import queue_statements as statements
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Card, Deck
from app.prepared import Handle, prepared
from app.queue_statements import Stage

_NO_DECKS: Mapping[str, int] = MappingProxyType({})

MOST_COUNTED = 1000
"""Counts stop here: a page says "1,000+" rather than read a million rows."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a learner sat down to study: everything, or a deck and the decks below it.

    `ahead` asks for cards that are not due yet (drills: they move no schedule); `more_new` is added to the day's
    limit of new cards.
    """

    learner: Learner
    today: date
    deck_id: int | None = None
    owner_id: int | None = None
    path: str = ""
    ahead: bool = False
    more_new: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is a sitting on everything the learner may see."""
        return self.deck_id is None

    @property
    def new_per_day(self) -> int:
        """The day's limit of new cards, with what the learner asked for on top."""
        return self.learner.new_per_day + self.more_new

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements of the queue need to know."""
        return {
            "user": self.learner.id,
            "today": self.today,
            "deck": self.deck_id,
            "owner": self.owner_id,
            **statements.path_range(self.path),
        }


class Left(NamedTuple):
    """How many cards are left today, each counted up to MOST_COUNTED."""

    due: int
    new: int
    again: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.due + self.new + self.again


class Candidate(NamedTuple):
    """A card of the queue and the note that makes it a sibling of others."""

    card_id: int
    note_id: int


def sit_down(session: Handle, learner: Learner, today: date, deck_id: int | None = None) -> Sitting:
    """A sitting on everything the learner may see, or on one deck; raises NotFoundError for a deck of others."""
    sitting = Sitting(learner, today)
    if deck_id is None:
        return sitting
    deck = prepared(_VISIBLE_DECK).first(session, {"deck": deck_id, "user": learner.id})
    if deck is None:
        raise NotFoundError("There is no deck %(deck)s; choose one from the list on Today", deck=deck_id)
    return replace(sitting, deck_id=deck_id, owner_id=deck.owner_id, path=deck.path)


def beyond_the_limit(session: Handle, sitting: Sitting, count: int) -> Sitting:
    """The sitting with `count` new cards on top of those the day has had already, be they over its limit or not."""
    introduced: int = prepared(statements.INTRODUCED_TODAY).scalar(session, sitting.parameters)
    return replace(sitting, more_new=max(0, introduced - sitting.learner.new_per_day) + count)


def upcoming(session: Handle, sitting: Sitting, limit: int, holding: Collection[int] = ()) -> list[int]:
    """The ids of the next `limit` cards, without those in `holding`; siblings come last."""
    chosen: list[int] = []
    waiting: list[int] = []
    notes = _notes_of(session, holding)
    for candidate in _candidates(session, sitting, limit + len(holding) + 2):
        if candidate.card_id in holding or candidate.card_id in chosen or candidate.card_id in waiting:
            continue
        (waiting if candidate.note_id in notes else chosen).append(candidate.card_id)
        notes.add(candidate.note_id)
        if len(chosen) == limit:
            break
    return (chosen + waiting)[:limit]


def left(session: Handle, sitting: Sitting) -> Left:
    """How many due, new and repeated cards are left today."""
    if sitting.ahead:
        counted = prepared(statements.count_ahead(sitting.whole)).first(session, _counting(sitting))
        return Left(min(counted.ahead, MOST_COUNTED), 0, 0)
    counts = prepared(statements.count_left(sitting.whole)).first(session, _counting(sitting))
    return Left(
        due=min(counts.due, reviews_left(session, sitting)),
        new=min(counts.new, max(0, sitting.new_per_day - counts.introduced)),
        again=counts.again,
    )


def new_left(session: Handle, sitting: Sitting) -> int:
    """How many new cards the day's limit still allows."""
    introduced: int = prepared(statements.INTRODUCED_TODAY).scalar(session, sitting.parameters)
    return max(0, sitting.new_per_day - introduced)


def reviews_left(session: Handle, sitting: Sitting) -> int:
    """How many due cards the day's limit still allows, up to MOST_COUNTED."""
    if sitting.learner.reviews_per_day is None:
        return MOST_COUNTED
    groups = prepared(statements.REVIEWED_TODAY).all(session, sitting.parameters)
    reviewed: int = sum(group.cards for group in groups if counts_from(sitting.today, group))
    return min(MOST_COUNTED, max(0, sitting.learner.reviews_per_day - reviewed))


def counts_from(day: date, schedule: Any) -> bool:
    """Whether a schedule (due, interval) counts from a review on `day`: a card studied ahead was only practised."""
    return schedule.due is not None and schedule.due - timedelta(days=schedule.interval) == day


def _candidates(session: Handle, sitting: Sitting, limit: int) -> Iterator[Candidate]:
    """The queue in its order, each stage asked only when the one before ran out."""
    if sitting.ahead:
        yield from _scheduled(session, Stage.AHEAD, sitting, limit)
        return
    due_limit = min(limit, reviews_left(session, sitting))
    apart = _scheduled(session, Stage.APART, sitting, due_limit)
    yield from apart
    yield from _rows(session, statements.new(sitting.whole), sitting, min(limit, new_left(session, sitting)))
    if len(apart) < due_limit:
        siblings = [card for card in _scheduled(session, Stage.DUE, sitting, due_limit) if card not in apart]
        yield from siblings[: due_limit - len(apart)]
    yield from _rows(session, statements.again(sitting.whole), sitting, limit)


def _scheduled(session: Handle, stage: Stage, sitting: Sitting, limit: int) -> list[Candidate]:
    """The first cards of a stage: one range of an index, or one in each of the decks that come first."""
    if sitting.whole:
        return _rows(session, statements.scheduled(stage), sitting, limit)
    found = prepared(statements.first_decks(stage)).all(session, sitting.parameters | {"limit": limit})
    decks = {f"deck_{number}": row.id for number, row in enumerate(found)}
    return _rows(session, statements.scheduled_in(stage, len(decks)), sitting, limit, decks) if decks else []


def _rows(
    session: Handle, statement: Executable, sitting: Sitting, limit: int, decks: Mapping[str, int] = _NO_DECKS
) -> list[Candidate]:
    if limit <= 0:
        return []
    parameters = {**sitting.parameters, **decks, "limit": limit}
    return [Candidate(row.card_id, row.note_id) for row in prepared(statement).all(session, parameters)]


def _counting(sitting: Sitting) -> dict[str, Any]:
    return sitting.parameters | {"limit": MOST_COUNTED, "new_limit": min(sitting.new_per_day, MOST_COUNTED)}


def _notes_of(session: Handle, card_ids: Collection[int]) -> set[int]:
    if len(card_ids) <= 1:
        return {prepared(_NOTE_OF).scalar(session, {"card": card_id}) for card_id in card_ids}
    return set(session.execute(_NOTES_OF, {"cards": list(card_ids)}).scalars())


_VISIBLE_DECK = select(Deck.owner_id, Deck.path).where(
    Deck.id == bindparam("deck"),
    Deck.retired_at.is_(None),
    func.coalesce(Deck.owner_id, bindparam("user")) == bindparam("user"),
)
_NOTE_OF = select(Card.note_id).where(Card.id == bindparam("card"))
_NOTES_OF = select(Card.note_id).where(Card.id.in_(bindparam("cards", expanding=True)))
