"""What tests of commands share: the settings as a command finds them, and a database that was learnt with."""

from pathlib import Path

import pysqlite3
import pytest

from app.config import Config
from app.db import Database
from tests.conftest import add_learner
from tests.library import add_cards, add_deck, give


@pytest.fixture
def environment(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of this test as the command finds them."""
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("OBOEGAKI_CARDS_DIR", str(config.cards_dir))


@pytest.fixture
def file(database: Database, config: Config) -> Path:
    """A database file in which a learner answered one card."""
    with database.writing() as session:
        card = add_cards(session, add_deck(session, "Docker"), 1)[0]
        give(session, add_learner(session, "hanako"), card, 4)
    return config.data_dir / "oboegaki.db"


def spoil(file: Path, statement: str) -> None:
    """Change the database as no part of the program does."""
    connection = pysqlite3.connect(str(file), isolation_level=None)
    connection.execute(statement)
    connection.close()
