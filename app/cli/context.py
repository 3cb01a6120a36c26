"""What commands share: the settings and the database of this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from app import config
from app.db import Database


@contextmanager
def database() -> Iterator[Database]:
    """The database that the environment names, its schema checked; raises SetupError with a sentence."""
    opened = Database(config.from_environment())
    try:
        opened.check_schema()
        yield opened
    finally:
        opened.close()
