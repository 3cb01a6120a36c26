"""What a SQLite file holds, and whether it is sound. The file is only read, and nothing appears beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pysqlite3

from app.errors import OboegakiError


class Contents(NamedTuple):
    """How much a database holds, and the revision of its schema."""

    schema: str
    accounts: int
    cards: int
    reviews: int

    def __str__(self) -> str:
        """The contents in words."""
        return f"{self.accounts} accounts, {self.cards} cards, {self.reviews} reviews"


_COUNTS = """SELECT (SELECT version_num FROM alembic_version), (SELECT count(*) FROM users),
    (SELECT count(*) FROM cards), (SELECT count(*) FROM reviews)"""


def contents_of(connection: Any) -> Contents:
    """What the database holds, in one statement: all of the same moment."""
    found = Contents(*connection.execute(_COUNTS).fetchone())
    if found.schema is None:
        raise pysqlite3.DatabaseError("its schema has no number")
    return found


@contextmanager
def opened(file: Path) -> Iterator[Any]:
    """A connection to a file that nobody writes; what is wrong with the file is an OboegakiError."""
    try:
        with closing(pysqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield connection
    except pysqlite3.Error as error:
        raise _damaged(file, error) from None


def check_pages(connection: Any, file: Path) -> None:
    """Refuse a file whose pages do not fit together."""
    found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise _damaged(file, str(found).partition("\n")[0])


def check_keys(connection: Any, file: Path) -> None:
    """Refuse a file with a row that names another which is not there."""
    found = connection.execute("PRAGMA foreign_key_check").fetchone()
    if found is not None:
        raise _damaged(file, f"a row of {found[0]} names one of {found[2]} that does not exist")


def _damaged(file: Path, reason: object) -> OboegakiError:
    return OboegakiError(
        "%(file)s: this is no sound Oboegaki database (%(reason)s); use another backup", file=str(file), reason=reason
    )
