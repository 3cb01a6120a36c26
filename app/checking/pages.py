"""Whether a SQLite file is sound: its pages, its indexes, the rules of its rows, and rows that name others."""

import re
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.checking.fault import FILE, REPAIR, RESTORE, Fault
from app.models import Base

_INDEX = re.compile(r"(?:from|in|of) index (\w+)")
_RULE = re.compile(r"(?:CHECK constraint failed in|NULL value in|NUMERIC value in|TEXT value in) (\w+)")

DERIVED = frozenset({"schedules", "new_cursors", "renderings"})
"""Tables whose rows follow from others."""
WORTHLESS = frozenset({("new_cursors", "decks"), ("new_cursors", "users"), ("logins", "users")})
"""Rows that are of no use without the row they name."""


def faults(session: Session) -> Iterator[Fault]:
    """Damage of the file, in the words of SQLite's own check where it has any."""
    if session.get_bind().dialect.name != "sqlite":
        return
    try:
        messages = list(session.scalars(text("PRAGMA integrity_check")))
    except DBAPIError as error:
        session.rollback()
        yield from _torn(session, str(error.orig))
        return
    indexes: dict[str, int] = {}
    for message in messages:
        if message == "ok":
            continue
        if found := _INDEX.search(message):
            indexes[found[1]] = indexes.get(found[1], 0) + 1
        else:
            yield _said(" ".join(message.split()))
    for name, count in indexes.items():
        yield Fault(f"index {name}", f"does not say what its table says ({count} entries)", REPAIR)


def dangling(session: Session) -> Iterator[Fault]:
    """Rows that name a row that is not there."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for table, rowid, parent, _key in session.execute(text("PRAGMA foreign_key_check")):
        remedy = REPAIR if (table, parent) in {*WORTHLESS, ("schedules", "decks")} else RESTORE
        yield Fault(f"{table} row {rowid}", f"names a row of {parent} that does not exist", remedy)


def damages_rows(fault: Fault) -> bool:
    """Whether rows cannot be trusted to be read as they are while this fault of the file lasts."""
    return not fault.place.startswith("table ")


def _said(message: str) -> Fault:
    """A message of SQLite's about a rule that a row breaks, or about anything else."""
    rule = _RULE.search(message)
    if rule is None:
        return Fault(FILE, message, RESTORE)
    return Fault(f"table {rule[1]}", message, REPAIR if rule[1] in DERIVED else RESTORE)


def _torn(session: Session, reason: str) -> Iterator[Fault]:
    """Which tables a file that cannot be read to its end is damaged in."""
    torn = [table.name for table in Base.metadata.sorted_tables if not _reads(session, table.name)]
    where = f"a page of the table {', '.join(torn)}" if torn else "a page outside the tables' rows"
    yield Fault(FILE, f"is damaged in {where} ({reason})", RESTORE)


def _reads(session: Session, table: str) -> bool:
    every_row = text(f"SELECT * FROM {table} NOT INDEXED")  # noqa: S608 - a name of the models
    try:
        for _row in session.execute(every_row.execution_options(yield_per=1000)):
            pass
    except DBAPIError:
        session.rollback()
        return False
    return True
