"""The README's own commands: what they promise, done by them."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.backups import backups_folder, newest
from app.config import Config
from app.db import Database
from tests.backups.lived_in import answer_one_more, live_in, reviews_in

README = Path(__file__).resolve().parents[2] / "README.md"


def commands() -> list[str]:
    """The commands of the section, without their comments."""
    section = README.read_text().partition("\n## Backup, restore, upgrade\n")[2].partition("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return [line.partition("#")[0].strip() for line in block[1].splitlines()]


@pytest.fixture
def environ(config: Config) -> Mapping[str, str]:
    """An environment in which the command is found, on this test's data."""
    folders = {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_CARDS_DIR": str(config.cards_dir)}
    return {**os.environ, **folders, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_the_readmes_commands_bring_every_answer_back(
    config: Config, database: Database, environ: Mapping[str, str]
) -> None:
    backup, verify, restore, doctor = commands()
    learner = live_in(database)
    printed = _run(backup, environ)
    assert printed == f"{newest(backups_folder(config))}\n"
    assert "sound, holds 1 accounts, 3 cards, 2 reviews" in _run(verify, environ)
    answer_one_more(database, learner)
    database.close()
    assert "1 accounts, 3 cards, 2 reviews" in _run(restore.replace("FILE", printed.strip()), environ)
    assert reviews_in(config.data_dir / "oboegaki.db") == 2
    assert "ok      Last backup: " in _run(doctor, environ)


def _run(command: str, environ: Mapping[str, str]) -> str:
    done = subprocess.run(command, shell=True, env=environ, capture_output=True, text=True)  # noqa: S602
    assert done.returncode == 0, done.stderr
    return done.stdout
