"""The command `oboegaki data`."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.data import data
from app.config import Config
from app.db import Database
from tests.cli.conftest import spoil

pytestmark = pytest.mark.usefixtures("environment")


def run(*arguments: str) -> Result:
    """What the command did."""
    return CliRunner().invoke(data, arguments)


def test_an_empty_folder_gets_the_schema_and_twice_is_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "fresh"))
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, result.stdout) == (0, "The schema is this program's.\n")
    assert run("check").stdout.startswith("0 schedules, 0 reviews: ")


def test_a_database_of_a_newer_program_is_left_alone(file: Path) -> None:
    spoil(file, "UPDATE alembic_version SET version_num = '9999'")
    for verb in ("check", "migrate"):
        assert str(run(verb).exception) == (
            f"{file}: the schema (9999) is newer than the program; start a newer Oboegaki, "
            "or restore a backup made with this one"
        )


def test_a_backup_says_where_it_is_and_nothing_else(file: Path, config: Config) -> None:
    result = run("backup")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(rf"{config.data_dir}/backups/oboegaki-\d{{8}}T\d{{6}}Z\.db\n", result.stdout)
    assert Path(result.stdout.strip()).read_bytes()[:15] == b"SQLite format 3"
    assert file.exists()


@pytest.mark.usefixtures("file")
def test_a_backup_goes_where_it_is_told_to(tmp_path: Path) -> None:
    assert run("backup", "--to", str(tmp_path / "usb")).stdout.startswith(f"{tmp_path}/usb/oboegaki-")


@pytest.mark.usefixtures("file")
def test_the_newest_backup_is_verified_unless_another_is_named() -> None:
    first, newest = (run("backup").stdout.strip() for _ in range(2))
    told = "sound, holds 1 accounts, 1 cards, 1 reviews, and is as it was written"
    assert run("verify").stdout == f"{newest}: {told}\n"
    assert run("verify", first).stdout == f"{first}: {told}\n"
    Path(f"{first}.sha256").unlink()
    assert run("verify", first).stdout.endswith("1 reviews, no checksum stands beside it\n")


@pytest.mark.usefixtures("file")
def test_a_damaged_backup_is_an_error_with_a_sentence() -> None:
    backup = Path(run("backup").stdout.strip())
    backup.write_bytes(backup.read_bytes()[:-1])
    for verb in ("verify", "restore"):
        result = run(verb, str(backup))
        assert result.exit_code == 1
        assert str(result.exception) == (
            f"{backup}: its checksum is not the one written beside it, so it was damaged or changed; use another backup"
        )


def test_verifying_without_a_backup_is_an_error_with_a_sentence(config: Config) -> None:
    assert str(run("verify").exception) == (
        f'{config.data_dir}/backups: there is no backup here; make one with "oboegaki data backup"'
    )


def test_a_restore_says_what_it_did(file: Path, database: Database, config: Config) -> None:
    backup = run("backup").stdout.strip()
    database.close()
    spoil(file, "UPDATE users SET name = 'somebody else'")
    result = run("restore", backup)
    first, last = result.stdout.splitlines()
    assert first == f"Restored {backup}: 1 accounts, 1 cards, 1 reviews. All devices have to log in again."
    kept = re.fullmatch(r"The database from before is (.+); delete it when you no longer need it\.", last)
    assert kept is not None
    assert Path(kept[1]).parent == config.data_dir
    assert run("check").stdout == "1 schedules, 1 reviews: every schedule equals the replay of its log\n"


def test_a_restore_onto_an_empty_volume_has_nothing_to_keep(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = run("backup").stdout.strip()
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "fresh"))
    assert run("restore", backup).stdout.splitlines() == [
        f"Restored {backup}: 1 accounts, 1 cards, 1 reviews. All devices have to log in again."
    ]


@pytest.mark.usefixtures("file")
def test_a_restore_while_the_database_is_open_is_refused(config: Config) -> None:
    assert str(run("restore", run("backup").stdout.strip()).exception) == (
        f"{config.data_dir}: a server or another command has this database open; stop it first "
        '(Ctrl-C, in a container "docker compose stop app") and try again. Nothing was changed'
    )


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_another_database_is_left_to_its_own_tools(verb: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = run("backup").stdout.strip()
    monkeypatch.setenv("OBOEGAKI_DATABASE_URL", "postgresql+psycopg://db/oboegaki")
    assert str(run(verb, *([backup] if verb == "restore" else [])).exception) == (
        "This database is no SQLite file, so its own tools copy it: with PostgreSQL, pg_dump makes a backup and "
        'pg_restore puts it back; with containers, run them by "docker compose exec -T db", as the README shows'
    )
