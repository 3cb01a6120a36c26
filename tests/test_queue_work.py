"""What the next card costs does not grow with the library: counted in steps of SQLite's machine, never in time."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.orm import Session

from app import cursor, queue, setaside, stats, study
from app.config import from_environment
from app.db import Database
from app.learner import Learner
from app.models import Review, Schedule
from app.queue import Sitting
from app.srs.sm2 import Grade
from app.study import Answer
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due

DECKS = 8
DUE = 160
STEPS_TO_COUNT_ONE = 12
GROWING = re.compile(r"SCAN (cards|notes|schedules|reviews|taken_back)(_\d+)?\b")
Act = Callable[["World"], object]


@dataclass
class World:
    """A library with a learner: the same cards due, however many others there are."""

    session: Session
    learner: Learner
    top: int
    decks: list[int]
    due: list[int]
    learnt: list[int]

    @property
    def everything(self) -> Sitting:
        """A sitting on all decks."""
        return Sitting(self.learner, TODAY)

    @property
    def in_top(self) -> Sitting:
        """A sitting on a deck that holds all others."""
        return queue.sit_down(self.session, self.learner, TODAY, self.top)


def build(session: Session, *, due: int, later: int, new: int) -> World:
    """So many cards due, due later and new, over eight decks below one; every learnt card has a line in the log."""
    learner = add_learner(session, "hanako", new_per_day=20)
    top = add_deck(session, "Top")
    world = World(
        session, learner, top, [add_deck(session, f"Top/{number}", position=number) for number in range(DECKS)], [], []
    )
    for number, deck in enumerate(world.decks):
        cards = add_cards(session, deck, (due + later + new) // DECKS // 2, siblings=2)
        split, rest = due // DECKS, (due + later) // DECKS
        put_due(session, learner, cards[:split], TODAY - days(1 + number), introduced_on=TODAY - days(99))
        put_due(session, learner, cards[split:rest], TODAY + days(2 + number), introduced_on=TODAY - days(99))
        cursor.advance(session, learner.id, deck)
        world.due += cards[:split]
        world.learnt += cards[:rest]
    session.execute(insert(Review), [_logged(learner, card) for card in world.learnt])
    return world


def build_half_learnt(session: Session, *, notes: int) -> World:
    """So many notes with a card that is due and a new one that waits for it; the day's one review has been done."""
    learner = add_learner(session, "taro", reviews_per_day=1)
    deck = add_deck(session, "Top")
    cards = add_cards(session, deck, notes + 40, siblings=2)
    put_due(session, learner, cards[: 2 * notes : 2], TODAY - days(1), introduced_on=TODAY - days(99))
    give(session, learner, cards[0], Grade.GOOD)
    return World(session, learner, deck, [deck], [], [])


def _logged(learner: Learner, card: int) -> dict[str, Any]:
    return {
        "id": UUID(int=card),
        "user_id": learner.id,
        "card_id": card,
        "kind": "grade",
        "grade": 4,
        "undoes": None,
        "answered_at": NOW - days(6),
        "study_day": TODAY - days(6),
        "took_ms": 0,
        "received_at": NOW - days(6),
    }


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[dict[str, World]]:
    """A small library, one with thirty times as many cards, one in which all of those are due, and half-learnt ones."""
    builders = {
        "small": partial(build, due=DUE, later=440, new=400),
        "large": partial(build, due=DUE, later=17_840, new=12_000),
        "flood": partial(build, due=16_000, later=2_000, new=12_000),
        "half": partial(build_half_learnt, notes=1_200),
        "halves": partial(build_half_learnt, notes=4_800),
    }
    databases, built = [], {}
    for name, builder in builders.items():
        folder = tmp_path_factory.mktemp(name)
        shutil.copyfile(migrated_file, folder / "oboegaki.db")
        database = Database(from_environment({"OBOEGAKI_DATA_DIR": str(folder)}))
        databases.append(database)
        with database.writing() as session:
            world = builder(session)
        world.session = Session(database.engine)
        built[name] = world
    yield built
    for world in built.values():
        world.session.close()
    for database in databases:
        database.close()


def steps(world: World, act: Act) -> int:
    """How many steps of SQLite's machine the act takes once its statements are prepared; what it wrote is undone.

    Since version 3.41 SQLite calls its progress handler while it prepares a statement, too: 255 times for the first
    card, however many there are. That is paid once by each connection, so the act is done once before it is counted.
    """
    act(world)
    world.session.rollback()
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection: Any = world.session.connection().connection.dbapi_connection
    connection.set_progress_handler(count, 1)
    try:
        act(world)
    finally:
        connection.set_progress_handler(None, 1)
        world.session.rollback()
    return taken


def plan_of(world: World, act: Act) -> list[str]:
    """SQLite's plans of all statements that the act sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, statement: str, parameters: Any, _x: object, _m: object) -> None:
        sent.append((statement, parameters))

    engine = world.session.get_bind()
    assert isinstance(engine, Engine)
    event.listen(engine, "before_cursor_execute", note)
    try:
        act(world)
        event.remove(engine, "before_cursor_execute", note)
        connection: Any = world.session.connection().connection.dbapi_connection
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters) for statement, parameters in sent]
        return [str(row[3]) for plan in plans for row in plan]
    finally:
        world.session.rollback()


def first_card(world: World) -> object:
    return queue.upcoming(world.session, world.everything, 1)


def first_card_of_a_deck(world: World) -> object:
    return queue.upcoming(world.session, world.in_top, 1)


def cards_after_the_one_on_the_screen(world: World) -> object:
    return queue.upcoming(world.session, world.everything, 3, holding=world.due[:1])


def first_new_card(world: World) -> object:
    return queue.upcoming(world.session, Sitting(world.learner, TODAY - days(30)), 1)


def first_new_card_of_a_deck(world: World) -> object:
    top = Sitting(world.learner, TODAY - days(30), deck_id=world.top, path="Top")
    return queue.upcoming(world.session, top, 1)


def first_card_ahead(world: World) -> object:
    return queue.upcoming(world.session, Sitting(world.learner, TODAY, ahead=True), 1)


def counts(world: World) -> object:
    return queue.left(world.session, world.everything)


def counts_of_a_deck(world: World) -> object:
    return queue.left(world.session, world.in_top)


def counts_under_a_limit_of_reviews(world: World) -> object:
    give(world.session, world.learner, world.due[0], Grade.GOOD)
    return queue.left(world.session, Sitting(replace(world.learner, reviews_per_day=50), TODAY))


def an_answer(world: World) -> object:
    return study.answer(world.session, world.learner, Answer(uuid4(), world.due[0], Grade.GOOD), NOW)


def an_answer_to_a_new_card(world: World) -> object:
    card = queue.upcoming(world.session, Sitting(world.learner, TODAY - days(30)), 1)[0]
    return study.answer(world.session, world.learner, Answer(uuid4(), card, Grade.GOOD), NOW)


def an_undo(world: World) -> object:
    return study.undo(world.session, world.learner, UUID(int=world.due[0]), uuid4(), NOW)


def the_last_review(world: World) -> object:
    return study.last_review(world.session, world.learner)


def setting_a_card_aside(world: World) -> object:
    setaside.suspend(world.session, world.learner, world.due[0])
    return None


def the_week(world: World) -> object:
    return stats.forecast(world.session, world.learner, TODAY)


def the_pace_of_pages_without_a_script(world: World) -> object:
    return stats.pace_ms(world.session, world.learner)


def the_tree_of_decks(world: World) -> object:
    return stats.deck_tree(world.session, world.learner, TODAY)


ACTS: list[Act] = [
    the_pace_of_pages_without_a_script,
    the_tree_of_decks,
    first_card,
    first_card_of_a_deck,
    cards_after_the_one_on_the_screen,
    first_new_card,
    first_new_card_of_a_deck,
    first_card_ahead,
    counts,
    counts_of_a_deck,
    counts_under_a_limit_of_reviews,
    an_answer,
    an_answer_to_a_new_card,
    an_undo,
    the_last_review,
    setting_a_card_aside,
]


@pytest.mark.parametrize("act", ACTS)
def test_thirty_times_the_cards_cost_no_more_steps(worlds: dict[str, World], act: Act) -> None:
    small, large = steps(worlds["small"], act), steps(worlds["large"], act)
    assert 0 < large <= 1.1 * small + 20


@pytest.mark.parametrize("act", [first_card, first_card_of_a_deck, cards_after_the_one_on_the_screen, an_answer])
def test_a_hundred_times_the_due_cards_cost_no_more_steps(worlds: dict[str, World], act: Act) -> None:
    small, flood = steps(worlds["small"], act), steps(worlds["flood"], act)
    assert 0 < flood <= 1.1 * small


@pytest.mark.parametrize("act", [counts, counts_of_a_deck, first_card])
def test_a_backlog_of_half_learnt_notes_is_not_walked_over(worlds: dict[str, World], act: Act) -> None:
    half, halves = steps(worlds["half"], act), steps(worlds["halves"], act)
    assert 0 < halves <= 1.1 * half


def test_counting_stops_at_a_thousand(worlds: dict[str, World]) -> None:
    """16,000 due cards cost no more than a thousand would, in a deck with eight decks below it, too."""
    for act in (counts, counts_of_a_deck):
        small, flood = steps(worlds["small"], act), steps(worlds["flood"], act)
        assert flood <= small + (queue.MOST_COUNTED - DUE) * STEPS_TO_COUNT_ONE


def test_the_counter_of_steps_sees_a_full_scan(worlds: dict[str, World]) -> None:
    def scan(world: World) -> object:
        return world.session.execute(select(Schedule.card_id).where(Schedule.easiness == 1)).all()

    assert steps(worlds["large"], scan) > 10 * steps(worlds["small"], scan)
    assert [line for line in plan_of(worlds["large"], scan) if GROWING.match(line)]


@pytest.mark.parametrize("act", [*ACTS, the_week])
def test_no_statement_reads_a_whole_table_that_grows(worlds: dict[str, World], act: Act) -> None:
    plan = plan_of(worlds["large"], act)
    assert plan
    tables = [line for line in plan if line.startswith("SCAN") and not line.startswith(("SCAN anon", "SCAN CONSTANT"))]
    assert not [line for line in tables if "deck" not in line.lower()]


@pytest.mark.parametrize("act", [first_card, first_card_ahead, cards_after_the_one_on_the_screen])
def test_due_cards_come_from_the_index_in_their_order(worlds: dict[str, World], act: Act) -> None:
    plan = plan_of(worlds["large"], act)
    assert any(line.startswith("SEARCH schedules USING") and "ix_schedules_due" in line for line in plan)
    assert not [line for line in plan if "TEMP B-TREE FOR ORDER BY" in line]


@pytest.mark.parametrize("act", [first_card_of_a_deck, counts_of_a_deck])
def test_due_cards_of_a_deck_come_from_its_own_index(worlds: dict[str, World], act: Act) -> None:
    plan = plan_of(worlds["large"], act)
    assert any("ix_schedules_deck_due" in line for line in plan)
    others = [line for line in plan if not line.startswith("SEARCH backlog USING COVERING INDEX")]
    assert not [line for line in others if "USING" in line and "ix_schedules_due " in line]


def test_new_cards_come_from_the_index_of_their_deck_in_file_order(worlds: dict[str, World]) -> None:
    plan = plan_of(worlds["large"], first_new_card)
    assert any("ix_decks_position" in line for line in plan)
    assert any("ix_cards_deck_position" in line for line in plan)
    assert not [line for line in plan if "TEMP B-TREE FOR ORDER BY" in line]
