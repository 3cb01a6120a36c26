"""The check of a database finds what is wrong, names the place, and changes nothing.

What it finds, fault by fault, and what a repair mends stands in tests/drills/test_silent_damage.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pysqlite3
import pytest
from sqlalchemy import update

from app import checking, setaside, study
from app.checking import Checked
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import Note
from tests.conftest import NOW, add_learner
from tests.library import add_cards, add_deck, days, give, retire

pytestmark = pytest.mark.sqlite


@pytest.fixture
def learnt(database: Database) -> tuple[Learner, list[int]]:
    """A learner with four cards: one learnt, one failed, one answered and undone, one new and suspended."""
    with database.writing() as session:
        learner = add_learner(session, "hanako")
        cards = add_cards(session, add_deck(session, "Docker"), 4)
        give(session, learner, cards[0], 4, NOW - days(1))
        give(session, learner, cards[0], 5)
        give(session, learner, cards[1], 2)
        undone = give(session, learner, cards[2], 5)
        study.undo(session, learner, undone.review_id, UUID(int=1), NOW)
        setaside.suspend(session, learner, cards[3])
    return learner, cards


REPAIR = '; run "oboegaki data check --repair"'


@contextmanager
def behind_the_programs_back(config: Config) -> Iterator[Any]:
    """A connection that keeps no rule of the schema but the triggers."""
    connection = pysqlite3.connect(str(config.data_dir / "oboegaki.db"), isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield connection
    finally:
        connection.close()


def spoil(config: Config, statement: str) -> None:
    """Change the database as no part of the program does."""
    with behind_the_programs_back(config) as connection:
        assert connection.execute(statement).rowcount > 0


def check(database: Database) -> Checked:
    """What a check finds."""
    with database.reading() as session:
        return checking.check(session)


@pytest.mark.usefixtures("learnt")
def test_a_database_that_only_the_program_wrote_has_no_faults(database: Database) -> None:
    assert check(database) == Checked(schedules=4, reviews=5, faults=())


def test_an_empty_database_has_no_faults(database: Database) -> None:
    assert check(database) == Checked(schedules=0, reviews=0, faults=())


def test_retired_cards_are_no_fault(database: Database, learnt: tuple[Learner, list[int]]) -> None:
    with database.writing() as session:
        retire(session, learnt[1][:2])
        session.execute(update(Note).where(Note.id.in_((1, 2))).values(retired_at=NOW))
    assert check(database).faults == ()


@pytest.mark.usefixtures("learnt")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("interval = 7", "has interval 7, the log says 6"),
        ("easiness = 240", "has easiness 240, the log says 260"),
        ("due = '2026-03-09'", "has due 2026-03-09, the log says 2026-03-08"),
        ("repetitions = 0", "has repetitions 0, the log says 2"),
        ("lapses = 3", "has lapses 3, the log says 0"),
        ("repeat_on = '2026-03-02'", "has repeat_on 2026-03-02, the log says None"),
        ("introduced_on = NULL", "has introduced_on None, the log says 2026-03-01"),
        ("reviewed_on = NULL", "has reviewed_on None, the log says 2026-03-02"),
        ("answered_at = NULL", "has answered_at None, the log says 2026-03-02 09:30:00+00:00"),
        ("revision = 1", "counts 1 reviews, the log has 2"),
    ],
)
def test_a_schedule_that_is_not_the_replay_of_its_log_is_found(
    database: Database, config: Config, change: str, problem: str
) -> None:
    spoil(config, f"UPDATE schedules SET {change} WHERE card_id = 1")  # noqa: S608 - a change of ours
    assert [str(fault) for fault in check(database).faults] == [f"user 1, card 1: {problem}{REPAIR}"]


@pytest.mark.usefixtures("learnt")
@pytest.mark.parametrize("card", [1, 2, 3])
def test_a_log_without_a_schedule_is_found_wherever_it_stands(database: Database, config: Config, card: int) -> None:
    spoil(config, f"DELETE FROM schedules WHERE card_id = {card}")  # noqa: S608 - a number
    found = check(database)
    assert [str(fault) for fault in found.faults] == [f"user 1, card {card}: has reviews and no schedule{REPAIR}"]
    assert (found.schedules, found.reviews) == (3, 5)


@pytest.mark.usefixtures("learnt")
def test_progress_without_a_review_is_found(database: Database, config: Config) -> None:
    spoil(config, "UPDATE schedules SET interval = 6, due = '2026-03-08' WHERE card_id = 4")
    assert [str(fault) for fault in check(database).faults] == [
        "user 1, card 4: has interval 6, the log says 0" + REPAIR,
        "user 1, card 4: has due 2026-03-08, the log says None" + REPAIR,
    ]


@pytest.mark.usefixtures("learnt")
def test_a_schedule_in_the_wrong_queue_is_found(database: Database, config: Config) -> None:
    with database.writing() as session:
        add_deck(session, "Git")
    spoil(config, "UPDATE schedules SET deck_id = 2 WHERE card_id = 1")
    spoil(config, "UPDATE schedules SET deck_id = NULL WHERE card_id = 2")
    assert [f"{fault.place}: {fault.problem}" for fault in check(database).faults] == [
        "user 1, card 1: stands in the queue of deck 2 and belongs in the queue of deck 1",
        "user 1, card 2: stands in no queue and belongs in the queue of deck 1",
    ]


@pytest.mark.usefixtures("learnt")
def test_a_card_without_a_place_is_found_in_the_queue_too(database: Database, config: Config) -> None:
    spoil(config, "UPDATE cards SET position = NULL WHERE id = 1")
    assert [str(fault) for fault in check(database).faults] == [
        "card 1: has no place in its deck, and its note is in the file" + REPAIR,
        "user 1, card 1: stands in the queue of deck 1 and belongs in no queue" + REPAIR,
    ]


@pytest.mark.usefixtures("learnt")
def test_a_row_whose_other_half_is_gone_is_found(database: Database, config: Config) -> None:
    spoil(config, "UPDATE cards SET note_id = 99 WHERE id = 4")
    assert [str(fault) for fault in check(database).faults] == [
        "cards row 4: names a row of notes that does not exist; "
        'restore a backup from before: "oboegaki data restore FILE"',
        'note 4: lacks its card 1; restore a backup from before: "oboegaki data restore FILE"',
    ]


@pytest.mark.usefixtures("learnt")
def test_a_row_that_breaks_the_schema_is_found(database: Database, config: Config) -> None:
    spoil(config, "UPDATE schedules SET easiness = 100 WHERE card_id = 4")
    assert [str(fault) for fault in check(database).faults] == [
        "table schedules: CHECK constraint failed in schedules" + REPAIR,
        "user 1, card 4: has easiness 100, the log says 250" + REPAIR,
    ]


@pytest.mark.usefixtures("learnt")
def test_rows_are_not_looked_at_through_a_damaged_index(database: Database, config: Config) -> None:
    with behind_the_programs_back(config) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'repeat_on IS', 'lapses IS') "
            "WHERE name = 'ix_schedules_repeat'"
        )
        connection.execute("PRAGMA schema_version = 1000")
    assert [str(fault) for fault in check(database).faults] == [
        "index ix_schedules_repeat: does not say what its table says (3 entries)" + REPAIR,
        "index ix_schedules_repeat: is not the one that this program makes" + REPAIR,
        "rows: were not looked at, because they are found by an index that is damaged; "
        'run "oboegaki data check --repair", then look again',
    ]


@pytest.mark.usefixtures("learnt")
def test_more_faults_than_anybody_reads_are_counted(
    database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_LISTED", 2)
    spoil(config, "UPDATE schedules SET lapses = 8")
    found = check(database)
    assert (len(found.faults), found.more, found.count) == (2, 2, 4)


def test_faults_of_several_learners_are_all_found(database: Database, config: Config) -> None:
    with database.writing() as session:
        cards = add_cards(session, add_deck(session, "Docker"), 3)
        for name in ("hanako", "taro", "jiro"):
            learner = add_learner(session, name)
            for card in cards:
                give(session, learner, card, 4)
    spoil(config, "UPDATE schedules SET lapses = 8 WHERE user_id = 1 AND card_id = 3")
    spoil(config, "DELETE FROM schedules WHERE user_id = 2 AND card_id = 1")
    spoil(config, "UPDATE schedules SET lapses = 8 WHERE user_id = 3 AND card_id = 2")
    found = check(database)
    assert [fault.place for fault in found.faults] == ["user 1, card 3", "user 2, card 1", "user 3, card 2"]
    assert (found.schedules, found.reviews) == (8, 9)
