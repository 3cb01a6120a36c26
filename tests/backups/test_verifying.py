"""Whether a backup would do: every way in which it may be damaged is found and said."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.backups import backups_folder, find_backup, make_backup, newest, verify
from app.config import Config
from app.db import Database
from app.errors import NotFoundError, OboegakiError
from tests.backups.lived_in import ask, live_in, names_in
from tests.conftest import NOW


@pytest.fixture
def backup(config: Config, database: Database) -> Path:
    """A sound backup with two answers in it."""
    live_in(database)
    return make_backup(config, NOW).file


def refusal(file: Path) -> str:
    """The sentence with which a backup is refused."""
    with pytest.raises(OboegakiError) as caught:
        verify(file)
    return str(caught.value)


def without_checksum(backup: Path) -> Path:
    backup.with_name(f"{backup.name}.sha256").unlink()
    return backup


def test_a_sound_backup_tells_what_it_holds_and_that_it_is_as_written(backup: Path) -> None:
    found = verify(backup)
    assert str(found.contents) == "1 accounts, 3 cards, 2 reviews"
    assert found.has_checksum
    assert len(found.sha256) == 64


def test_a_backup_without_its_checksum_is_looked_into_all_the_same(backup: Path) -> None:
    assert not verify(without_checksum(backup)).has_checksum


def test_verifying_changes_nothing_and_leaves_nothing(backup: Path) -> None:
    before, names = backup.read_bytes(), names_in(backup.parent)
    backup.parent.chmod(0o500)
    verify(backup)
    backup.parent.chmod(0o700)
    assert (backup.read_bytes(), names_in(backup.parent)) == (before, names)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_changed_byte_anywhere_is_found(backup: Path, data: st.DataObject) -> None:
    sound = backup.read_bytes()
    place = data.draw(st.integers(0, len(sound) - 1))
    try:
        backup.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert refusal(backup) == (
            f"{backup}: its checksum is not the one written beside it, so it was damaged or changed; use another backup"
        )
    finally:
        backup.write_bytes(sound)


def test_a_page_of_rubbish_is_found_without_a_checksum_too(backup: Path) -> None:
    without_checksum(backup)
    with backup.open("r+b") as file:
        file.seek(6 * 4096)
        file.write(b"\xff" * 4096)
    assert refusal(backup).startswith(f"{backup}: this is no sound Oboegaki database (")
    assert refusal(backup).endswith("); use another backup")


def test_a_backup_cut_short_is_found(backup: Path) -> None:
    backup.write_bytes(without_checksum(backup).read_bytes()[:-4096])
    assert refusal(backup).startswith(f"{backup}: this is no sound Oboegaki database (")


def test_a_row_that_names_one_which_is_not_there_is_found(backup: Path) -> None:
    ask(without_checksum(backup), "DELETE FROM notes")
    assert refusal(backup) == (
        f"{backup}: this is no sound Oboegaki database (a row of cards names one of notes that does not exist); "
        "use another backup"
    )


def test_another_file_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("Q: What is it?\nA: No database.\n" * 100)
    assert refusal(file) == (f"{file}: this is no sound Oboegaki database (file is not a database); use another backup")


def test_another_programs_database_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    ask(file, "CREATE TABLE songs (name TEXT)")
    assert refusal(file) == (
        f"{file}: this is no sound Oboegaki database (no such table: alembic_version); use another backup"
    )


def test_a_database_without_a_schema_is_no_backup(backup: Path) -> None:
    ask(without_checksum(backup), "DELETE FROM alembic_version")
    assert (
        refusal(backup)
        == f"{backup}: this is no sound Oboegaki database (its schema has no number); use another backup"
    )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for file, reason in ((tmp_path / "none.db", "No such file or directory"), (tmp_path, "Is a directory")):
        assert refusal(file) == f"{file}: the backup cannot be read ({reason}); check the path"


def test_the_live_file_is_no_backup_while_its_log_holds_answers(config: Config, database: Database) -> None:
    live_in(database)
    file = config.data_dir / "oboegaki.db"
    assert refusal(file) == (
        f"{file}: with oboegaki.db-wal beside it this file alone is not whole; "
        'make a backup with "oboegaki data backup" and use that'
    )


def test_the_newest_is_found_by_its_name(config: Config, backup: Path) -> None:
    folder = backups_folder(config)
    (folder / "oboegaki-20300101T000000Z.db.sha256").touch()
    (folder / "zzz.db").touch()
    later = make_backup(config, NOW.replace(year=2027))
    assert newest(folder) == later.file != backup


def test_no_backup_is_said_with_its_remedy(config: Config) -> None:
    with pytest.raises(NotFoundError) as caught:
        newest(backups_folder(config))
    assert str(caught.value) == (
        f'{config.data_dir}/backups: there is no backup here; make one with "oboegaki data backup"'
    )


@pytest.mark.parametrize("name", ["../oboegaki.db", "oboegaki-20300101T000000Z.db", ".lock", "", "../secret_key"])
def test_no_other_file_is_handed_out_as_a_backup(config: Config, backup: Path, name: str) -> None:
    assert find_backup(backup.parent, backup.name) == backup
    with pytest.raises(NotFoundError) as caught:
        find_backup(backup.parent, name)
    assert str(caught.value) == "There is no backup of that name; choose one from the list of backups"
