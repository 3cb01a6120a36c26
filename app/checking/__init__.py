"""Whether the database says what it should, and making anew what follows from the rest of it.

    file and indexes -> tables and triggers -> values -> accounts, places, logs beside schedules, keys of texts

A check changes nothing. A repair writes only what follows from other rows, and never a review.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pysqlite3
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.checking import log, pages, people, places, repairing, schema, texts, values
from app.checking.fault import FILE, REPAIR_FIRST, RESTORE, Fault, guarded
from app.db import Database

__all__ = ["Checked", "Fault", "Repaired", "check", "look", "repair"]

MOST_LISTED = 1000
"""So many faults of one look are listed; those after them are only counted."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looked at, and what it found; `more` faults are not listed one by one."""

    schedules: int
    reviews: int
    faults: tuple[Fault, ...]
    more: int = 0

    @property
    def is_readable(self) -> bool:
        """Whether tables and pages are sound, so that what is wrong in their rows can be seen and mended."""
        return not any(fault.place in (ROWS, FILE) and fault.remedy == RESTORE for fault in self.faults)

    @property
    def has_looked_at_rows(self) -> bool:
        """Whether nothing stood in the way of looking at rows."""
        return all(fault.place != ROWS for fault in self.faults)

    @property
    def count(self) -> int:
        """How many faults there are."""
        return len(self.faults) + self.more


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair took away, and what a check finds after it."""

    mended: tuple[Fault, ...]
    left: Checked


ROWS = "rows"
"""Where a check says that it could not look at rows."""


class _Found:
    """Faults as they are found, up to a bound for each look."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.more = 0

    def add(self, faults: Iterable[Fault]) -> list[Fault]:
        """Take the faults of one look; those that are listed."""
        listed: list[Fault] = []
        for fault in faults:
            if len(listed) < MOST_LISTED:
                listed.append(fault)
            else:
                self.more += 1
        self.faults += listed
        return listed


def check(session: Session) -> Checked:
    """Look at everything, in one moment of the database; changes nothing, and holds no more in memory for more rows."""
    found, tally = _Found(), log.Tally()
    file = found.add(guarded(session, "file", pages.faults(session)))
    made = found.add(guarded(session, "schema", schema.faults(session)))
    if not schema.is_whole(made):
        found.add([Fault(ROWS, "were not looked at, because their tables are not this program's", RESTORE)])
    elif any(pages.damages_rows(fault) for fault in file):
        reason, remedy = _first_needs(file)
        found.add([Fault(ROWS, f"were not looked at, because {reason}", remedy)])
    else:
        for what, faults in _looks(session, tally):
            found.add(guarded(session, what, faults))
    return Checked(tally.schedules, tally.reviews, tuple(found.faults), found.more)


def look(database: Database) -> Checked:
    """A check of a database that may not even open; raises SetupError where its schema is of another version."""
    try:
        database.check_schema()
        with database.reading() as session:
            return check(session)
    except (DBAPIError, pysqlite3.DatabaseError) as error:
        return Checked(0, 0, (Fault(FILE, f"cannot be read ({getattr(error, 'orig', error)})", RESTORE),))


def repair(database: Database) -> Repaired:
    """Make anew what follows from other rows; does nothing where pages or tables are damaged, and never to reviews.

    Indexes come first, since rows are found by them; schedules are replayed when every card is in its place.
    """
    found = look(database)
    faults = found.faults
    if not found.count or not found.is_readable:
        return Repaired((), found)
    if database.engine.dialect.name == "sqlite" and not found.has_looked_at_rows:
        with suppress(DBAPIError), database.writing() as session:
            repairing.restore_structure(session)
        found = look(database)
        faults += found.faults
    if found.is_readable and found.has_looked_at_rows:
        _repair_rows(database)
        found = look(database)
    mended = [fault for fault in dict.fromkeys(faults) if fault.place != ROWS and fault not in found.faults]
    return Repaired(tuple(mended), found)


def _repair_rows(database: Database) -> None:
    """Each step in a transaction of its own; what the database refuses is left, and found by the look after it."""
    if database.engine.dialect.name == "sqlite":
        with suppress(DBAPIError), database.writing() as session:
            repairing.restore_structure(session)
    with suppress(DBAPIError), database.writing() as session:
        repairing.restore_rows(session)
    with suppress(DBAPIError), database.writing() as session:
        repairing.replay_schedules(database, session)
        repairing.restore_queues(session)


def _first_needs(file: list[Fault]) -> tuple[str, str]:
    if all(fault.is_repairable for fault in file if pages.damages_rows(fault)):
        return "they are found by an index that is damaged", REPAIR_FIRST
    return "the file is damaged", RESTORE


def _looks(session: Session, tally: log.Tally) -> Iterator[tuple[str, Iterable[Fault]]]:
    """Each look at rows, and what it looks at."""
    yield "values", values.faults(session)
    yield "rows that name others", pages.dangling(session)
    yield "accounts", people.faults(session)
    yield "places of cards", places.faults(session)
    yield "reviews and schedules", log.faults(session, tally)
    yield "keys of texts", texts.faults(session)
