"""Whether every value is one that its column can hold: SQLite itself takes any text for a date."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.orm import Session

from app.checking.fault import REPAIR, RESTORE, Fault
from app.models import Base, Schedule, UTCDateTime

_SOUND: tuple[tuple[type[Any], str, str], ...] = (
    (Boolean, "{0} IN (0, 1)", "yes or no"),
    (Integer, "typeof({0}) = 'integer'", "a whole number"),
    (Date, "typeof({0}) = 'text' AND date({0}) = {0}", "a date"),
    (UTCDateTime, "strftime('%Y-%m-%d %H:%M:%S', {0}) = substr({0}, 1, 19) AND length({0}) = 26", "a moment"),
    (Uuid, "length({0}) = 32 AND {0} NOT GLOB '*[^0-9a-f]*'", "a UUID"),
    (JSON, "json_valid({0})", "JSON"),
    (LargeBinary, "typeof({0}) = 'blob'", "bytes"),
    (Text, "typeof({0}) = 'text'", "text"),
)
NEW = {
    "repetitions": 0,
    "interval": 0,
    "easiness": 250,
    "due": None,
    "repeat_on": None,
    "lapses": 0,
    "introduced_on": None,
    "reviewed_on": None,
    "answered_at": None,
    "revision": 0,
}
"""What the columns of a schedule that follow from its log are before the first review."""


def faults(session: Session) -> Iterator[Fault]:
    """Values that nobody can read, one for each row."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for table in Base.metadata.sorted_tables:
        for rowid, column in session.execute(text(unreadable(table)).execution_options(yield_per=1000)):
            derived = table is Schedule.__table__ and column in NEW
            problem = f"has a {column} that is not {_words(table, column)}"
            yield Fault(f"{table.name} row {rowid}", problem, REPAIR if derived else RESTORE)


def unreadable(table: Table) -> str:
    """The statement that gives the rows of a table that hold an unreadable value, with the first such column."""
    cases = " ".join(f"WHEN {_is_wrong(column)} THEN '{column.name}'" for column in table.c)
    found = f"SELECT rowid AS row, CASE {cases} END AS wrong FROM {table.name}"  # noqa: S608 - names of the models
    return f"SELECT row, wrong FROM ({found}) WHERE wrong IS NOT NULL"  # noqa: S608 - the same


def _is_wrong(column: Any) -> str:
    sound = _rule(column)[1].format(f'"{column.name}"')
    return f'"{column.name}" IS NOT NULL AND NOT ifnull({sound}, 0)'


def _words(table: Table, column: str) -> str:
    return _rule(table.c[column])[2]


def _rule(column: Any) -> tuple[type[Any], str, str]:
    return next(rule for rule in _SOUND if isinstance(column.type, rule[0]))
