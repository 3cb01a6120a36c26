"""A database that somebody lives in, and how it is looked at and spoiled from outside of the program."""

from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pysqlite3

from app import logins
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.schema import MIGRATIONS
from tests.conftest import NOW, add_learner
from tests.library import add_cards, add_deck, give

LATER_RELEASE = '''"""What a later release may change."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{head}", None, None


def upgrade() -> None:
    op.add_column("users", sa.Column("nickname", sa.Text(), nullable=False, server_default="none yet"))


def downgrade() -> None:
    op.drop_column("users", "nickname")
'''


def live_in(database: Database) -> Learner:
    """An account that is logged in, three cards, and two answers."""
    with database.writing() as session:
        learner = add_learner(session, "hanako")
        cards = add_cards(session, add_deck(session, "Docker"), 3)
        for card in cards[:2]:
            give(session, learner, card, 4)
        logins.make_login(session, learner.id, "Firefox, Linux", NOW)
    return learner


def answer_one_more(database: Database, learner: Learner) -> None:
    """One answer that no earlier backup holds."""
    with database.writing() as session:
        give(session, learner, add_cards(session, add_deck(session, "uWSGI"), 1)[0], 3)


def ask(file: Path, statement: str) -> Any:
    """The first value that a plain SQLite answers, on the file alone or with its log."""
    with closing(pysqlite3.connect(str(file), isolation_level=None)) as connection:
        row = connection.execute(statement).fetchone()
    return row and row[0]


def reviews_in(file: Path) -> int:
    """How many answers a database file holds."""
    return int(ask(file, "SELECT count(*) FROM reviews"))


def later_release(folder: Path, head: str) -> Path:
    """The migrations of a program that is one release on."""
    copytree(MIGRATIONS, folder)
    (folder / "versions" / "9000_later.py").write_text(LATER_RELEASE.format(head=head))
    return folder


def names_in(folder: Path) -> set[str]:
    """What lies in a folder, hidden files too."""
    return {path.name for path in folder.iterdir()}


def all_bytes(config: Config) -> dict[str, bytes]:
    """Every file of the data folder but the locks, with its content."""
    files = (path for path in config.data_dir.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(config.data_dir)): path.read_bytes() for path in files if path.name != ".lock"}
