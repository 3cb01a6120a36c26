"""Faults for a database that people learnt with, each made behind the program's back, one after another.

Every fault is of a kind that happens: a bit that fell over, a page that was lost, a hand in the file with another
program. `Seeded.place` and `Seeded.problem` are what the check has to say of it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3

Spoil = Callable[[Path], None]


@dataclass(frozen=True)
class Seeded:
    """One fault: how it is made, what a check says of it, and whether a repair takes it away."""

    name: str
    spoil: Spoil
    place: str
    problem: str
    repairable: bool = True


@contextmanager
def by_hand(file: Path) -> Iterator[Any]:
    """A connection that keeps no rule: no keys, no checks, no triggers."""
    connection = pysqlite3.connect(str(file), isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    try:
        yield connection
        for _name, sql in triggers:
            connection.execute(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def rows(*statements: str) -> Spoil:
    """Change rows; every statement has to change one."""

    def spoil(file: Path) -> None:
        with by_hand(file) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, f"changed nothing: {statement}"

    return spoil


def structure(*statements: str) -> Spoil:
    """Change tables, indexes or triggers."""

    def spoil(file: Path) -> None:
        connection = pysqlite3.connect(str(file), isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return spoil


def without_entries(index: str, *statements: str) -> Spoil:
    """Change rows while an index looks away."""

    def spoil(file: Path) -> None:
        sql = _define(file, index, lambda sql: re.sub(r" WHERE .*|$", " WHERE 0", sql, count=1, flags=re.DOTALL))
        rows(*statements)(file)
        _define(file, index, lambda _sql: sql)

    return spoil


def _define(file: Path, index: str, change: Callable[[str], str]) -> str:
    """Write another definition of an index into the schema, its entries staying as they are; the former definition."""
    connection = pysqlite3.connect(str(file), isolation_level=None)
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (index,)).fetchone()
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (change(sql), index))
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.close()
    return str(sql)


def lost_page(table: str) -> Spoil:
    """Lose the first page of a table: what stood there is now 0xFF."""

    def spoil(file: Path) -> None:
        connection = pysqlite3.connect(str(file), isolation_level=None)
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        connection.close()
        content = bytearray(file.read_bytes())
        content[(page - 1) * 4096 : (page - 1) * 4096 + 512] = b"\xff" * 512
        file.write_bytes(content)

    return spoil


def _again(columns: str, changes: str = "") -> str:
    return f"INSERT INTO reviews ({columns}) SELECT {changes or columns} FROM reviews WHERE {_FIRST}"  # noqa: S608


_COLUMNS = "id, user_id, card_id, kind, grade, undoes, answered_at, study_day, took_ms, received_at"
_FIRST = "user_id = 1 AND card_id = 1 AND grade = 4"
_OF_1 = "user_id = 1 AND card_id = 1"
_CARD_1 = f"UPDATE schedules SET {{}} WHERE {_OF_1}"  # noqa: S608 - a condition of ours
_REST = (
    "card_id, deck_id, repetitions, interval, easiness, due, repeat_on, lapses, introduced_on, reviewed_on, "
    "answered_at, revision, suspended, buried_until, marked"
)

SCHEDULES = (
    Seeded("due moved", rows(_CARD_1.format("due = '2026-03-29'")), "user 1, card 1", "has due 2026-03-29, the log"),
    Seeded(
        "interval moved", rows(_CARD_1.format("interval = 60")), "user 1, card 1", "has interval 60, the log says 6"
    ),
    Seeded(
        "easiness moved", rows(_CARD_1.format("easiness = 130")), "user 1, card 1", "has easiness 130, the log says"
    ),
    Seeded(
        "repetitions moved", rows(_CARD_1.format("repetitions = 9")), "user 1, card 1", "has repetitions 9, the log"
    ),
    Seeded("lapses moved", rows(_CARD_1.format("lapses = 8")), "user 1, card 1", "has lapses 8, the log says 0"),
    Seeded("revision off", rows(_CARD_1.format("revision = 7")), "user 1, card 1", "counts 7 reviews, the log has 2"),
    Seeded(
        "schedule gone",
        rows("DELETE FROM schedules WHERE user_id = 1 AND card_id = 1"),
        "user 1, card 1",
        "has reviews and no sch",
    ),
    Seeded(
        "progress without a review",
        rows("UPDATE schedules SET interval = 6, due = '2026-03-08' WHERE revision = 0"),
        "user 1, card 5",
        "has interval 6, the log says 0",
    ),
    Seeded(
        "a date nobody can read", rows(_CARD_1.format("due = '2026-03-3x'")), "schedules row", "has a due that is not a"
    ),
)
LOGS = (
    Seeded(
        "review gone",
        rows(f"DELETE FROM reviews WHERE {_FIRST}"),  # noqa: S608 - a condition of ours
        "user 1, card 1",
        "counts 2 reviews, 1 of them gone from the log",
        repairable=False,
    ),
    Seeded(
        "all reviews of a card gone",
        rows("DELETE FROM reviews WHERE user_id = 1 AND card_id = 1"),
        "user 1, card 1",
        "counts 2 reviews, 2 of them gone from the log",
        repairable=False,
    ),
    Seeded(
        "review there twice",
        rows(_again(_COLUMNS, _COLUMNS.replace("id,", f"'{'ab' * 16}',", 1))),
        "user 1, card 1",
        "has the same review twice",
        repairable=False,
    ),
    Seeded(
        "study day that cannot be",
        rows(f"UPDATE reviews SET study_day = '2026-03-20' WHERE {_FIRST}"),  # noqa: S608 - a condition of ours
        "user 1, card 1",
        "on the study day 2026-03-20",
        repairable=False,
    ),
    Seeded(
        "undo of another card's review",
        rows("UPDATE reviews SET undoes = (SELECT id FROM reviews WHERE card_id = 1 LIMIT 1) WHERE kind = 'undo'"),
        "user 1, card 3",
        "of a review that is not in this card's log",
        repairable=False,
    ),
    Seeded(
        "grade that does not exist",
        rows(f"UPDATE reviews SET grade = 9 WHERE {_FIRST}"),  # noqa: S608 - a condition of ours
        "user 1, card 1",
        "has a review that nobody can have given",
        repairable=False,
    ),
)
PLACES = (
    Seeded(
        "schedule in the wrong queue",
        rows(_CARD_1.format("deck_id = 2")),
        "user 1, card 1",
        "stands in the queue of deck 2 and belongs in the queue of deck 1",
    ),
    Seeded(
        "schedule in no queue",
        rows(_CARD_1.format("deck_id = NULL")),
        "user 1, card 1",
        "stands in no queue and belongs in the queue of deck 1",
    ),
    Seeded(
        "card in another deck than its note",
        rows("UPDATE cards SET deck_id = 2 WHERE id = 1"),
        "card 1",
        "is in deck 2, and its note in deck 1",
    ),
    Seeded(
        "two cards at one place",
        rows("UPDATE cards SET position = 0 WHERE id = 2"),
        "deck 1",
        "has 2 cards at place 0",
    ),
    Seeded(
        "card without a place",
        rows("UPDATE cards SET position = NULL WHERE id = 2", "UPDATE schedules SET deck_id = NULL WHERE card_id = 2"),
        "card 2",
        "has no place in its deck, and its note is in the file",
    ),
    Seeded(
        "retired note in the queue",
        rows("UPDATE notes SET retired_at = '2026-03-01 00:00:00.000000' WHERE id = 1"),
        "card 1",
        "is in the queue, and its note is retired",
    ),
    Seeded(
        "deck put away with its cards",
        rows("UPDATE decks SET retired_at = '2026-03-01 00:00:00.000000' WHERE id = 1"),
        "deck 1",
        "is put away, and has cards in its file",
    ),
    Seeded(
        "cursor behind a new card",
        rows("UPDATE new_cursors SET position = 99 WHERE user_id = 1 AND deck_id = 1"),
        "user 1, deck 1",
        "has new cards before the place they begin at",
    ),
)
KEYS = (
    Seeded(
        "orphan card",
        rows("DELETE FROM notes WHERE id = 4"),
        "cards row",
        "names a row of notes that does not exist",
        repairable=False,
    ),
    Seeded(
        "orphan note",
        rows("UPDATE notes SET deck_id = 99 WHERE id = 4"),
        "notes row 4",
        "names a row of decks that does not exist",
        repairable=False,
    ),
    Seeded(
        "card gone",
        rows("DELETE FROM cards WHERE id = 6"),
        "note",
        "lacks its card",
        repairable=False,
    ),
    Seeded(
        "learnt card gone",
        rows("DELETE FROM cards WHERE id = 1", "DELETE FROM schedules WHERE card_id = 1"),
        "reviews row 1",
        "names a row of cards that does not exist",
        repairable=False,
    ),
    Seeded(
        "card in a deck that is not there",
        rows("UPDATE cards SET deck_id = 99 WHERE id = 1", "UPDATE notes SET deck_id = 99 WHERE id = 1"),
        "cards row 1",
        "names a row of decks that does not exist",
        repairable=False,
    ),
    Seeded(
        "learner gone",
        rows("DELETE FROM users WHERE id = 2"),
        "reviews row",
        "names a row of users that does not exist",
        repairable=False,
    ),
    Seeded(
        "change of no import",
        rows("UPDATE import_changes SET import_id = 99 WHERE id = 1"),
        "import_changes row 1",
        "names a row of imports that does not exist",
        repairable=False,
    ),
    Seeded(
        "deck of nobody",
        rows("UPDATE decks SET owner_id = 99 WHERE id = 2"),
        "decks row 2",
        "names a row of users that does not exist",
        repairable=False,
    ),
    Seeded(
        "cursor of nobody",
        rows("INSERT INTO new_cursors (user_id, deck_id, position) VALUES (99, 1, 0)"),
        "new_cursors row",
        "names a row of users that does not exist",
    ),
)
OTHERS = (
    Seeded(
        "key of another text",
        rows("UPDATE notes SET text_key = text_key + 1 WHERE retired_at IS NOT NULL"),
        "note",
        "is retired under the key of another text",
    ),
    Seeded(
        "script in kept HTML",
        rows("UPDATE renderings SET html = html || '<img src=x onerror=alert(1)>' WHERE rowid = 1"),
        "rendering ",
        "holds what no note can make",
    ),
    Seeded(
        "account under another name",
        rows("UPDATE users SET name_key = 'hanakp' WHERE id = 1"),
        "user 1",
        "is filed under another name than its own",
    ),
    Seeded(
        "account half closed",
        rows("UPDATE users SET closed_at = '2026-03-01 00:00:00.000000' WHERE id = 2"),
        "user 2",
        "is closed and was not deleted",
        repairable=False,
    ),
    Seeded(
        "login without an end",
        rows("UPDATE logins SET expires_at = '9999-12-31 00:00:00.000000'"),
        "login 1",
        "does not end with its time",
    ),
)
STRUCTURE = (
    Seeded(
        "index entry missing",
        without_entries(
            "ix_schedules_introduced",
            f"INSERT INTO schedules (user_id, {_REST}) SELECT 99, {_REST} FROM schedules WHERE {_OF_1}",  # noqa: S608
            f"DELETE FROM schedules WHERE {_OF_1}",  # noqa: S608 - a condition of ours
            "UPDATE schedules SET user_id = 1 WHERE user_id = 99",
        ),
        "index ix_schedules_introduced",
        "does not say what its table says",
    ),
    Seeded("index missing", structure("DROP INDEX ix_reviews_card"), "index ix_reviews_card", "is missing"),
    Seeded(
        "index of other columns",
        structure("DROP INDEX ix_reviews_card", "CREATE INDEX ix_reviews_card ON reviews (card_id)"),
        "index ix_reviews_card",
        "is not the one that this program makes",
    ),
    Seeded(
        "trigger missing",
        structure("DROP TRIGGER reviews_never_change"),
        "trigger reviews_never_change",
        "is missing",
    ),
    Seeded(
        "trigger that lets go",
        structure(
            "DROP TRIGGER reviews_never_go",
            "CREATE TRIGGER reviews_never_go BEFORE DELETE ON reviews WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END",
        ),
        "trigger reviews_never_go",
        "is not the one that this program makes",
    ),
    Seeded(
        "trigger of somebody",
        structure("CREATE TRIGGER extra AFTER INSERT ON reviews BEGIN UPDATE schedules SET lapses = 0; END"),
        "trigger extra",
        "is not this program's and acts on reviews",
    ),
    Seeded("table missing", structure("DROP TABLE throttles"), "table throttles", "is missing", repairable=False),
    Seeded(
        "column missing",
        structure("ALTER TABLE users DROP COLUMN theme"),
        "table users",
        "is not the one that this program makes",
        repairable=False,
    ),
    Seeded(
        "page lost",
        lost_page("notes"),
        "database file",
        "is damaged in a page of the table notes",
        repairable=False,
    ),
)
ALL = (*SCHEDULES, *LOGS, *PLACES, *KEYS, *OTHERS, *STRUCTURE)
