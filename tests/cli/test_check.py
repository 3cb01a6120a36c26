"""The command `oboegaki data check`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.data import data
from app.db import Database
from tests.cli.conftest import spoil

pytestmark = pytest.mark.usefixtures("environment")

RESTORE = 'restore a backup from before: "oboegaki data restore FILE"'
REPAIR = 'run "oboegaki data check --repair"'


@pytest.fixture
def file(file: Path, database: Database) -> Path:
    """The same, and nobody has it open."""
    database.close()
    return file


def run(*options: str) -> Result:
    """What the command did."""
    return CliRunner().invoke(data, ["check", *options])


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("options", [(), ("--repair",)])
def test_a_sound_database_passes(options: tuple[str, ...]) -> None:
    result = run(*options)
    assert (result.exit_code, result.stdout) == (
        0,
        "1 schedules, 1 reviews: every schedule equals the replay of its log\n",
    )


@pytest.mark.usefixtures("file")
def test_it_speaks_to_programs() -> None:
    result = run("--json")
    assert json.loads(result.stdout) == {"schedules": 1, "reviews": 1, "more": 0, "faults": [], "repaired": []}
    assert result.exit_code == 0


def test_a_fault_is_a_sentence_and_exit_status_1(file: Path) -> None:
    spoil(file, "UPDATE schedules SET lapses = 8")
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"user 1, card 1: has lapses 8, the log says 0; {REPAIR}",
        "1 schedules, 1 reviews: 1 faults",
    ]


def test_a_fault_speaks_to_programs_too(file: Path) -> None:
    spoil(file, "DELETE FROM schedules")
    result = run("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == [
        {"place": "user 1, card 1", "problem": "has reviews and no schedule", "remedy": REPAIR}
    ]


def test_a_repair_says_what_it_did_and_leaves_nothing_to_do(file: Path) -> None:
    spoil(file, "UPDATE schedules SET lapses = 8")
    result = run("--repair")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "repaired: user 1, card 1: has lapses 8, the log says 0",
            "1 schedules, 1 reviews: every schedule equals the replay of its log",
        ],
    )
    assert run().exit_code == 0


def test_a_repair_says_what_is_left(file: Path) -> None:
    spoil(file, "UPDATE schedules SET lapses = 8, revision = 3")
    result = run("--repair")
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [
            f"user 1, card 1: counts 3 reviews, 2 of them gone from the log; {RESTORE}",
            "1 schedules, 1 reviews: 1 faults",
        ],
    )


def test_a_check_changes_nothing(file: Path) -> None:
    spoil(file, "UPDATE schedules SET lapses = 8")
    before = file.read_bytes()
    run()
    assert file.read_bytes() == before


@pytest.mark.parametrize("options", [(), ("--repair",)])
@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (b"a letter to a friend, long enough to be no header of a database" * 99, "file is not a database"),
        (None, "database disk image is malformed"),
    ],
    ids=["another file", "half a file"],
)
def test_a_file_that_is_no_database_is_a_sentence_and_stays_as_it_is(
    file: Path, spoilt: bytes | None, reason: str, options: tuple[str, ...]
) -> None:
    content = file.read_bytes()[: 4096 * 9] if spoilt is None else spoilt
    file.write_bytes(content)
    result = run(*options)
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [f"database file: cannot be read ({reason}); {RESTORE}", "0 schedules, 0 reviews: 1 faults"],
    )
    assert file.read_bytes() == content


def test_a_database_without_the_schema_is_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "fresh"))
    place = tmp_path / "fresh" / "oboegaki.db"
    assert str(run().exception) == (
        f"{place}: no database yet; look at OBOEGAKI_DATA_DIR and OBOEGAKI_DATABASE_URL, "
        "or make one: oboegaki data migrate"
    )
