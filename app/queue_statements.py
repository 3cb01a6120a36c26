"""The selects behind the queue, each built once: composing one costs more than running it.

Every function takes `whole`: True for everything the learner may see, False for a deck and the decks below it.
"""

from datetime import date
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import Subquery

from app.models import Card, Deck, NewCursor, Review, Schedule
from app.prepared import at_most

Candidates = Select[int, int]

_MUCH = 1000
"""More cards due than anybody does in a day."""

_USER = bindparam("user", type_=Integer)
_TODAY = bindparam("today", type_=Schedule.due.type)
_LIMIT = at_most("limit")
_DECK_FIRST = Deck.id + 0
"""A deck's id that no index finds: the planner has to go from the decks to what is in them, never the other way."""


def path_range(path: str) -> dict[str, str]:
    """The parameters of a range that holds all paths below `path`: by bytes "0" follows "/"."""
    return {"below": f"{path}/", "beyond": f"{path}0"}


def in_scope(whole: bool) -> ColumnElement[bool]:
    """The decks of a sitting."""
    if whole:
        return and_(Deck.retired_at.is_(None), or_(Deck.owner_id.is_(None), Deck.owner_id == _USER))
    below = and_(
        Deck.owner_id.is_not_distinct_from(bindparam("owner", type_=Integer)),
        Deck.path > bindparam("below"),
        Deck.path < bindparam("beyond"),
    )
    return and_(Deck.retired_at.is_(None), or_(Deck.id == bindparam("deck", type_=Integer), below))


class Stage(Enum):
    """The stages of the queue that go by the day a card is due."""

    APART = "due cards without a sibling that was answered today or is due before them"
    DUE = "due cards"
    AHEAD = "cards due on a later day and not yet answered today"

    @property
    def condition(self) -> ColumnElement[bool]:
        """Which schedules belong to the stage."""
        if self is Stage.AHEAD:
            return _is_ahead()
        return _is_due() if self is Stage.DUE else and_(_is_due(), ~_sibling_goes_first())


@cache
def scheduled(stage: Stage) -> Candidates:
    """The cards of a stage, the longest overdue first, from everything the learner may see."""
    return _scheduled(stage.condition)


@cache
def scheduled_in(stage: Stage, decks: int) -> CompoundSelect[int, int, date, int]:
    """The same from as many decks (`deck_0`, `deck_1` ...): the first cards of each, put in order.

    Those of one day deck by deck, as `first_decks` has them: a few cards are the first ones of many.
    """
    each = [
        _scheduled(and_(stage.condition, Schedule.deck_id == bindparam(f"deck_{number}", type_=Integer)))
        .add_columns(Schedule.due, Schedule.deck_id)
        .subquery()
        for number in range(decks)
    ]
    together = union_all(*(select(rows.c.card_id, rows.c.note_id, rows.c.due, rows.c.deck_id) for rows in each))
    return together.order_by("due", "deck_id", "card_id").limit(_LIMIT)


@cache
def first_decks(stage: Stage) -> Select[int]:
    """The decks of a sitting whose first card comes first: the next `limit` cards are among theirs."""
    first = (
        select(Schedule.due)
        .where(stage.condition, Schedule.deck_id == Deck.id)
        .order_by(Schedule.due, Schedule.card_id)
        .limit(at_most(1))
        .correlate(Deck)
        .scalar_subquery()
        .label("first")
    )
    decks = select(Deck.id, first).where(in_scope(False)).subquery()
    return select(decks.c.id).where(decks.c.first.is_not(None)).order_by(decks.c.first, decks.c.id).limit(_LIMIT)


@cache
def again(whole: bool) -> Candidates:
    """Today's cards graded below 4, the one answered longest ago first."""
    query = (
        select(Schedule.card_id, Card.note_id)
        .join(Card, Card.id == Schedule.card_id)
        .where(_repeats_today())
        .order_by(Schedule.answered_at, Schedule.card_id)
        .limit(_LIMIT)
    )
    return query if whole else query.join(Deck, Deck.id == Schedule.deck_id).where(in_scope(whole))


@cache
def new(whole: bool) -> Candidates:
    """New cards in file order, one of each note, none of a note that was answered today or is due."""
    return _new_cards(whole).order_by(Deck.position, Deck.id, Card.position).limit(_LIMIT)


@cache
def count_left(whole: bool) -> Select[int, int, int, int]:
    """Due, new and repeated cards, counted to `limit` and `new_limit`, and how many were introduced today."""
    new_cards = _new_cards(whole).limit(at_most("new_limit")).subquery()
    repeats = again(whole).order_by(None).subquery()
    return select(
        _count_scheduled(whole, _is_due()).label("due"),
        _counted(new_cards).label("new"),
        _counted(repeats).label("again"),
        INTRODUCED_TODAY.scalar_subquery().label("introduced"),
    )


@cache
def count_ahead(whole: bool) -> Select[int]:
    """Cards that could be studied ahead, counted to `limit`."""
    return select(_count_scheduled(whole, _is_ahead()).label("ahead"))


@cache
def deck_counts() -> Select[Any]:
    """Every deck a learner may see, in the order of study, with its own due and new cards, each counted to a limit."""
    due_here = select(literal(1)).where(_is_due(), Schedule.deck_id == Deck.id).limit(_LIMIT).correlate(Deck)
    new_here = (
        select(literal(1))
        .select_from(Card)
        .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
        .where(Card.deck_id == Deck.id, _may_be_introduced())
        .limit(at_most("new_limit"))
        .correlate(Deck)
    )
    return (
        select(
            Deck.id,
            Deck.owner_id,
            Deck.path,
            Deck.title,
            Deck.problems,
            _counted(due_here.subquery()).label("due"),
            _counted(new_here.subquery()).label("new"),
        )
        .where(in_scope(True))
        .order_by(Deck.owner_id.is_not(None), Deck.position, Deck.path)
    )


@cache
def repeats_by_deck() -> Select[int | None, int]:
    """The decks with cards that come again today, and how many in each."""
    return select(Schedule.deck_id, func.count()).where(_repeats_today()).group_by(Schedule.deck_id)


INTRODUCED_TODAY = select(func.count()).where(Schedule.user_id == _USER, Schedule.introduced_on == _TODAY)

REVIEWED_TODAY = (
    select(Schedule.due, Schedule.interval, func.count(Review.card_id.distinct()).label("cards"))
    .select_from(Review)
    .join(Schedule, and_(Schedule.user_id == Review.user_id, Schedule.card_id == Review.card_id))
    .where(
        Review.user_id == _USER,
        Review.study_day == _TODAY,
        Review.kind == "grade",
        Schedule.reviewed_on == _TODAY,
        func.coalesce(Schedule.introduced_on, _TODAY) < _TODAY,  # that no index finds: it goes from the day's reviews
    )
    .group_by(Schedule.due, Schedule.interval)
)
"""How many cards that were not new came up today, by what became of them: those that were only practised are told
by a schedule that does not count from today."""


def is_queued(schedule: Any = Schedule) -> ColumnElement[bool]:
    """What the partial indexes on schedules hold: in a deck, not new, not suspended."""
    return and_(schedule.due.is_not(None), schedule.deck_id.is_not(None), schedule.suspended == false())


def not_buried(schedule: Any = Schedule) -> ColumnElement[bool]:
    """Not hidden until a later study day."""
    return or_(schedule.buried_until.is_(None), schedule.buried_until <= _TODAY)


def _is_due(schedule: Any = Schedule) -> ColumnElement[bool]:
    return and_(schedule.user_id == _USER, is_queued(schedule), schedule.due <= _TODAY, not_buried(schedule))


def _is_ahead() -> ColumnElement[bool]:
    not_today = or_(Schedule.reviewed_on.is_(None), Schedule.reviewed_on < _TODAY)
    return and_(Schedule.user_id == _USER, is_queued(), Schedule.due > _TODAY, not_buried(), not_today)


def _repeats_today() -> ColumnElement[bool]:
    return and_(
        Schedule.user_id == _USER,
        Schedule.repeat_on == _TODAY,
        Schedule.deck_id.is_not(None),
        Schedule.suspended == false(),
        not_buried(),
    )


def _scheduled(condition: ColumnElement[bool]) -> Candidates:
    return (
        select(Schedule.card_id, Card.note_id)
        .join(Card, Card.id == Schedule.card_id)
        .where(condition)
        .order_by(Schedule.due, Schedule.card_id)
        .limit(_LIMIT)
    )


def _count_scheduled(whole: bool, condition: ColumnElement[bool]) -> Any:
    """How many cards fulfil the condition, counted to `limit` in all: in one range, or deck after deck."""
    chosen = condition if whole else and_(condition, Schedule.deck_id.in_(select(Deck.id).where(in_scope(whole))))
    return _counted(select(literal(1)).where(chosen).limit(_LIMIT).subquery())


def _new_cards(whole: bool) -> Candidates:
    return (
        select(Card.id.label("card_id"), Card.note_id)
        .select_from(Deck)
        .join(Card, Card.deck_id == _DECK_FIRST)
        .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
        .where(in_scope(whole), _may_be_introduced())
    )


def _may_be_introduced() -> ColumnElement[bool]:
    """New, in the file, not buried, the first new card of its note, and no sibling of it has its turn today."""
    begins = select(NewCursor.position).where(NewCursor.user_id == _USER, NewCursor.deck_id == Deck.id)
    return and_(
        Card.position.is_not(None),
        Card.position >= func.coalesce(begins.correlate(Deck).scalar_subquery(), 0),
        is_new(Schedule),
        not_buried(),
        ~_sibling_has_the_day(Card.id),
        ~_earlier_sibling_is_new(),
    )


def is_new(schedule: Any) -> ColumnElement[bool]:
    """Of an outer join: no schedule yet, or one that was reset, and not suspended."""
    return or_(schedule.card_id.is_(None), and_(schedule.due.is_(None), schedule.suspended == false()))


def _sibling_has_the_day(card_id: Any) -> ColumnElement[bool]:
    """Whether a sibling was answered today or is due: a new card would go as soon as that one is answered.

    Where more is due than anybody does in a day, the new siblings of all that are not walked over.
    """
    theirs = aliased(Schedule)
    return _a_sibling(card_id, theirs, or_(theirs.reviewed_on == _TODAY, and_(_is_due(theirs), ~_much_is_due())))


def _much_is_due() -> ColumnElement[bool]:
    backlog = aliased(Schedule, name="backlog")
    return exists(select(literal(1)).where(_is_due(backlog)).limit(at_most(1)).offset(at_most(_MUCH)))


def _sibling_goes_first() -> ColumnElement[bool]:
    theirs = aliased(Schedule)
    earlier = or_(
        theirs.due < Schedule.due,
        and_(theirs.due == Schedule.due, theirs.card_id < Schedule.card_id),
    )
    return _a_sibling(Schedule.card_id, theirs, or_(theirs.reviewed_on == _TODAY, and_(_is_due(theirs), earlier)))


def _a_sibling(card_id: Any, theirs: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the schedule `theirs` of another card of the same note fulfils the condition."""
    own, sibling = aliased(Card), aliased(Card)
    return exists(
        select(literal(1))
        .select_from(own)
        .join(sibling, and_(sibling.note_id == own.note_id, sibling.id != own.id))
        .join(theirs, and_(theirs.user_id == _USER, theirs.card_id == sibling.id))
        .where(own.id == card_id, condition)
    )


def _earlier_sibling_is_new() -> ColumnElement[bool]:
    sibling, theirs = aliased(Card), aliased(Schedule)
    return exists(
        select(literal(1))
        .select_from(sibling)
        .outerjoin(theirs, and_(theirs.user_id == _USER, theirs.card_id == sibling.id))
        .where(sibling.note_id == Card.note_id, sibling.position < Card.position, is_new(theirs))
    )


def _counted(rows: Subquery) -> Any:
    return select(func.count()).select_from(rows).scalar_subquery()
