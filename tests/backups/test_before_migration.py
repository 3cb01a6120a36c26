"""A backup is made before a migration that changes something, and only then."""

from contextlib import closing
from pathlib import Path

import pytest

from app.backups import backups_folder, backups_in, verify
from app.config import Config, from_environment
from app.db import Database
from app.errors import SetupError
from app.schema import head
from tests.backups.lived_in import ask, later_release, live_in


@pytest.fixture
def older(config: Config, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A database with two answers, and a program whose schema is one release on."""
    live_in(database)
    database.close()
    monkeypatch.setattr("app.schema.MIGRATIONS", later_release(tmp_path / "later", head()))
    return config


def test_an_older_database_is_backed_up_then_brought_up_to_date(older: Config) -> None:
    with closing(Database(older)) as database:
        database.migrate()
        database.check_schema()
    (backup,) = backups_in(backups_folder(older))
    assert verify(backup.file).contents.schema != "9000"
    assert verify(backup.file).contents.reviews == 2
    assert ask(older.data_dir / "oboegaki.db", "SELECT nickname FROM users") == "none yet"


def test_programs_that_start_one_after_the_other_back_up_once(older: Config) -> None:
    for _ in range(3):
        with closing(Database(older)) as database:
            database.migrate()
    assert len(backups_in(backups_folder(older))) == 1


def test_a_fresh_database_and_one_that_is_up_to_date_need_none(tmp_path: Path) -> None:
    config = from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path)})
    for _ in range(2):
        with closing(Database(config)) as database:
            database.migrate()
    assert not backups_folder(config).exists()


def test_without_a_backup_nothing_is_migrated(older: Config) -> None:
    backups_folder(older).touch()
    with closing(Database(older)) as database, pytest.raises(SetupError) as caught:
        database.migrate()
    assert str(caught.value) == (
        "The schema was not brought up to date, because no backup could be made: "
        f"{older.data_dir}/backups: no backup was written (File exists); look at the space and the rights there, "
        "earlier backups are untouched"
    )
    assert ask(older.data_dir / "oboegaki.db", "SELECT version_num FROM alembic_version") != "9000"


def test_a_copy_is_brought_up_to_date_without_a_backup_of_it(older: Config) -> None:
    with closing(Database(older)) as database:
        database.migrate_copy()
        database.check_schema()
    assert not backups_folder(older).exists()
