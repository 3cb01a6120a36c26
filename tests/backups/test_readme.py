"""The README's own commands: what they promise, done by them."""

from collections.abc import Mapping

import pytest

from app.backups import backups_folder, newest
from app.config import Config
from app.db import Database
from tests.backups.lived_in import answer_one_more, live_in, reviews_in
from tests.readme import told, typed


@pytest.fixture
def environ(config: Config) -> Mapping[str, str]:
    """The settings that lead to this test's data."""
    return {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_CARDS_DIR": str(config.cards_dir)}


def test_the_readmes_commands_bring_every_answer_back(
    config: Config, database: Database, environ: Mapping[str, str]
) -> None:
    backup, verify, restore, doctor = told("oboegaki data backup")
    learner = live_in(database)
    printed = typed(backup, environ)
    assert printed == f"{newest(backups_folder(config))}\n"
    assert "sound, holds 1 accounts, 3 cards, 2 reviews" in typed(verify, environ)
    answer_one_more(database, learner)
    database.close()
    assert "1 accounts, 3 cards, 2 reviews" in typed(restore.replace("FILE", printed.strip()), environ)
    assert reviews_in(config.data_dir / "oboegaki.db") == 2
    assert "ok      Last backup: " in typed(doctor, environ)
