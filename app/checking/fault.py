"""What a check finds: a place, a problem and a remedy, each remedy an act that exists."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

REPAIR = 'run "oboegaki data check --repair"'
"""For what follows from other rows, or is of no use to anybody."""
RESTORE = 'restore a backup from before: "oboegaki data restore FILE"'
"""For what only a backup holds."""
REPAIR_FIRST = 'run "oboegaki data check --repair", then look again'

FILE = "database file"
"""The place of damage to the file itself."""


class Fault(NamedTuple):
    """One thing that is wrong: where, what, and what to do about it."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """The fault as one sentence."""
        return f"{self.place}: {self.problem}; {self.remedy}"

    @property
    def is_repairable(self) -> bool:
        """Whether a repair takes it away."""
        return self.remedy == REPAIR


def guarded(session: Session, what: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults, and one more where the look at `what` breaks off: the file, or a value in it, cannot be read."""
    try:
        yield from faults
    except DBAPIError as error:
        session.rollback()
        yield Fault(FILE, f"cannot be read to the end of the {what} ({error.orig})", RESTORE)
    except (ValueError, TypeError, OverflowError) as error:
        yield Fault(what, f"cannot be read to the end, because of a value in it ({error})", REPAIR_FIRST)
