"""The command `oboegaki data`."""

import json
from pathlib import Path

import pysqlite3
import pytest
from click.testing import CliRunner, Result

from app.cli.data import data
from app.config import Config
from app.db import Database
from tests.conftest import add_learner
from tests.library import add_cards, add_deck, give


@pytest.fixture(autouse=True)
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


def run(*arguments: str) -> Result:
    """What the command did."""
    return CliRunner().invoke(data, arguments)


def spoil(file: Path, statement: str) -> None:
    """Change the database as no part of the program does."""
    connection = pysqlite3.connect(str(file), isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.usefixtures("file")
def test_a_sound_database_passes_the_check() -> None:
    result = run("check")
    assert (result.exit_code, result.stdout) == (
        0,
        "1 schedules, 1 reviews: every schedule equals the replay of its log\n",
    )


@pytest.mark.usefixtures("file")
def test_the_check_speaks_to_programs() -> None:
    result = run("check", "--json")
    assert json.loads(result.stdout) == {"schedules": 1, "reviews": 1, "faults": []}
    assert result.exit_code == 0


def test_a_fault_is_a_sentence_and_exit_status_1(file: Path) -> None:
    spoil(file, "UPDATE schedules SET lapses = 8")
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "user 1, card 1: has lapses 8, the log says 0; replay its log",
        "1 schedules, 1 reviews: 1 faults",
    ]


def test_a_fault_speaks_to_programs_too(file: Path) -> None:
    spoil(file, "DELETE FROM schedules")
    result = run("check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == [
        {"place": "user 1, card 1", "problem": "has reviews and no schedule", "remedy": "replay its log"}
    ]


def test_a_check_changes_nothing(file: Path, database: Database) -> None:
    database.close()
    before = file.read_bytes()
    run("check")
    assert file.read_bytes() == before


def test_an_empty_folder_gets_the_schema_and_twice_is_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "fresh"))
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, result.stdout) == (0, "The schema is this program's.\n")
    assert run("check").stdout.startswith("0 schedules, 0 reviews: ")


def test_a_database_without_the_schema_is_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "fresh"))
    place = tmp_path / "fresh" / "oboegaki.db"
    assert str(run("check").exception) == (f"{place}: the schema is older than the program; run: oboegaki data migrate")


def test_a_database_of_a_newer_program_is_left_alone(file: Path) -> None:
    spoil(file, "UPDATE alembic_version SET version_num = '9999'")
    for verb in ("check", "migrate"):
        assert str(run(verb).exception) == (
            f"{file}: the schema (9999) is newer than the program; start a newer Oboegaki, "
            "or restore a backup made with this one"
        )
