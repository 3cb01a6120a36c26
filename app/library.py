"""Decks and cards as a learner looks them up: what the file says, how far its cards are, what a card's log tells."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, false, func, or_, select
from sqlalchemy.orm import Session

from app import cards, stats, study
from app.cards import CardView
from app.decks.note import Problem
from app.errors import NotFoundError
from app.importing.plan import ABSENT
from app.learner import Learner
from app.models import Card, Deck, Schedule
from app.owners import of_owner
from app.prepared import at_most
from app.queue import MOST_COUNTED
from app.srs.history import Kind, Progress, Review
from app.srs.sm2 import Grade
from app.stats import DeckFigures

PAGE = 50
"""Cards on one page of a deck."""
MATURE_DAYS = 21


@dataclass(frozen=True, slots=True)
class DeckView:
    """A deck as its page heads it; `file` is None for one that only holds the decks below it."""

    id: int
    owner_id: int | None
    path: str
    title: str
    language: str
    dialect: str | None
    file: str | None
    is_away: bool
    """Whether its file is gone: it is retired, or is there for the decks below it alone."""
    problems: tuple[Problem, ...]


class Stages(NamedTuple):
    """How many of a deck's cards stand where; counted among its first MOST_COUNTED cards."""

    cards: int
    new: int
    young: int
    mature: int
    suspended: int

    @property
    def counted_out(self) -> bool:
        """Whether the deck holds more cards than were counted, or may do."""
        return self.cards >= MOST_COUNTED


class Page(NamedTuple):
    """The notes of one page, each as its cards, and the positions at which the pages around it begin."""

    notes: tuple[tuple[CardView, ...], ...]
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One grade or reset of a card; `interval` is what it led to in days, None where it did not count."""

    kind: Kind
    grade: Grade | None
    answered_at: datetime
    is_drill: bool
    is_undone: bool
    interval: int | None


def deck(session: Session, learner: Learner, deck_id: int) -> DeckView:
    """One deck; raises NotFoundError where the learner may not see it."""
    row = session.execute(_DECK, {"user": learner.id, "deck": deck_id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no deck %(deck)s; choose one from the list on Today", deck=deck_id)
    return _deck_view(row)


def deck_by_path(session: Session, owner_id: int | None, path: str) -> DeckView:
    """The deck at a path such as Docker/Network; `owner_id` None is the shared library. NotFoundError if none."""
    row = session.execute(select(*_DECK_COLUMNS).where(of_owner(owner_id), Deck.path == path)).one_or_none()
    if row is None:
        raise NotFoundError('There is no deck "%(deck)s"; paths look like Docker/Network', deck=path)
    return _deck_view(row)


def _deck_view(row: Any) -> DeckView:
    return DeckView(
        id=row.id,
        owner_id=row.owner_id,
        path=row.path,
        title=row.title,
        language=row.language,
        dialect=row.dialect,
        file=row.file,
        is_away=row.retired_at is not None or row.digest == ABSENT,
        problems=tuple(_problem(stored) for stored in row.problems),
    )


def stages(session: Session, learner: Learner, deck_id: int) -> Stages:
    """How far the cards of one deck are, the decks below it left out: a walk over MOST_COUNTED cards at most."""
    counted = session.execute(_STAGES, {"user": learner.id, "deck": deck_id, "limit": MOST_COUNTED}).one()
    return Stages._make(counted)


def shelf(
    session: Session, learner: Learner, found: DeckView, today: date
) -> tuple[DeckFigures | None, list[DeckFigures]]:
    """The day's figures of a deck (None: it is retired), and of each deck below it."""
    own, below = None, []
    for figures in stats.deck_tree(session, learner, today):
        if figures.id == found.id:
            own = figures
        elif figures.is_own == (found.owner_id is not None) and figures.path.startswith(f"{found.path}/"):
            below.append(figures)
    return own, below


def page(session: Session, learner: Learner, deck_id: int, begins: int) -> Page:
    """The notes of a deck in file order from the position `begins` on, PAGE cards of them."""
    found = cards.of_deck(session, learner, deck_id, begins, PAGE + 1)
    before = session.execute(_BEFORE, {"deck": deck_id, "begins": begins, "limit": PAGE}).scalars().all()
    return Page(
        notes=tuple(_by_note(found[:PAGE])),
        previous=before[-1] if before else None,
        following=found[PAGE].position if len(found) > PAGE else None,
    )


def log_entries(session: Session, learner: Learner, card_id: int) -> list[LogEntry]:
    """What happened to a card, the newest first; an answer that was undone is marked, the undoing left out."""
    log = study.log_of(session, learner, card_id)
    undone = {review.undoes for review in log if review.kind is Kind.UNDO}
    return list(_retold((review for review in log if review.kind is not Kind.UNDO), undone))[::-1]


def _retold(log: Iterable[Review], undone: set[Any]) -> Iterator[LogEntry]:
    progress = Progress()
    for review in log:
        is_undone = review.id in undone
        is_drill = review.kind is Kind.GRADE and not progress.schedule.is_due(review.study_day)
        if not is_undone:
            progress = progress.after(review)
        counts = review.kind is Kind.GRADE and not is_undone
        interval = progress.schedule.interval if counts else None
        yield LogEntry(review.kind, review.grade, review.answered_at, is_drill, is_undone, interval)


def _by_note(found: Iterable[CardView]) -> Iterator[tuple[CardView, ...]]:
    for _note_id, siblings in groupby(found, key=lambda card: card.note_id):
        yield tuple(siblings)


def _problem(stored: Any) -> Problem:
    return Problem(**stored)


_USER = bindparam("user", type_=Integer)
_DECK_COLUMNS = (
    Deck.id,
    Deck.owner_id,
    Deck.path,
    Deck.title,
    Deck.language,
    Deck.dialect,
    Deck.file,
    Deck.digest,
    Deck.problems,
    Deck.retired_at,
)
_DECK = select(*_DECK_COLUMNS).where(Deck.id == bindparam("deck"), or_(Deck.owner_id.is_(None), Deck.owner_id == _USER))

_IN_FILE_ORDER = and_(Card.deck_id == bindparam("deck"), Card.position.is_not(None))
_WALKED = (
    select(Schedule.due, func.coalesce(Schedule.interval, 0).label("interval"), Schedule.suspended)
    .select_from(Card)
    .outerjoin(Schedule, and_(Schedule.user_id == _USER, Schedule.card_id == Card.id))
    .where(_IN_FILE_ORDER)
    .order_by(Card.position)
    .limit(at_most("limit"))
    .subquery()
)
_SUSPENDED = func.coalesce(_WALKED.c.suspended, false())
_NEW = and_(~_SUSPENDED, _WALKED.c.due.is_(None))
_YOUNG = and_(~_SUSPENDED, _WALKED.c.due.is_not(None), _WALKED.c.interval < MATURE_DAYS)
_MATURE = and_(~_SUSPENDED, _WALKED.c.due.is_not(None), _WALKED.c.interval >= MATURE_DAYS)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_STAGES = select(
    func.count(), _how_many(_NEW), _how_many(_YOUNG), _how_many(_MATURE), _how_many(_SUSPENDED)
).select_from(_WALKED)
_BEFORE = (
    select(Card.position)
    .where(_IN_FILE_ORDER, Card.position < bindparam("begins", type_=Integer))
    .order_by(Card.position.desc())
    .limit(at_most("limit"))
)
