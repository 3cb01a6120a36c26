"""The schema's revisions: which one a database has, which one is this program's, and the way from one to the other.

Alembic is loaded to migrate and for nothing else: a worker that only serves would carry it for nothing (10 MB).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
"""Its files are called by their revisions, four digits that count up: `0001_first_schema.py`."""


def revisions() -> list[str]:
    """The revisions that this program knows, from the first on."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def head() -> str:
    """The revision of this program's schema."""
    return revisions()[-1]


def is_known(revision: str | None) -> bool:
    """Whether this program knows how to bring a schema of this revision up to its own; None: an empty database."""
    return revision is None or revision in revisions()


def revision_of(connection: Connection) -> str | None:
    """The revision of the database's schema; None where it has none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection) -> None:
    """Bring the schema up to `head`, on a connection whose transaction the caller ends."""
    from alembic import command

    command.upgrade(_settings(connection), "head")


def _settings(connection: Connection) -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["connection"] = connection
    return settings
