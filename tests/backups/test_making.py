"""Making a backup: of one moment, checked, under its name only when it is whole."""

import hashlib
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.backups import backups_folder, backups_in, copy_of, inside, make_backup, making, verify
from app.backups.files import checksum_file, file_name, moment_of
from app.backups.inside import Contents
from app.config import Config
from app.db import Database
from app.errors import NotFoundError, OboegakiError, RefusedError
from app.in_use import nobody_else
from app.schema import head
from tests.backups.lived_in import answer_one_more, ask, live_in, names_in, reviews_in
from tests.conftest import NOW, add_learner

NAME = "oboegaki-20260302T093000Z.db"


@pytest.fixture
def source(config: Config, database: Database) -> Path:
    """The live database, its last answers in the log beside it."""
    live_in(database)
    file = config.data_dir / "oboegaki.db"
    assert (config.data_dir / "oboegaki.db-wal").stat().st_size
    return file


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: the kernel refuses the write, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("source")
def test_a_backup_of_the_running_database_holds_what_was_answered(config: Config) -> None:
    made = make_backup(config, NOW)
    assert made.file == config.data_dir / "backups" / NAME
    assert made.at == NOW
    assert made.size == made.file.stat().st_size
    assert verify(made.file).contents == Contents(head(), accounts=1, cards=3, reviews=2)


@pytest.mark.usefixtures("source")
def test_a_backup_is_one_plain_file_with_its_checksum_beside_it(config: Config) -> None:
    file = make_backup(config, NOW).file
    assert names_in(file.parent) == {".lock", NAME, f"{NAME}.sha256"}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.with_name(f"{NAME}.sha256").read_text() == f"{digest}  {NAME}\n"
    assert ask(file, "PRAGMA journal_mode") == "delete"
    check = ["sha256sum", "-c", f"{NAME}.sha256"]
    tool = subprocess.run(check, cwd=file.parent, capture_output=True, text=True)  # noqa: S603
    assert (tool.returncode, tool.stdout) == (0, f"{NAME}: OK\n")


@pytest.mark.usefixtures("source")
def test_a_backup_is_its_owners_alone(config: Config) -> None:
    file = make_backup(config, NOW).file
    for path, mode in ((file, 0o600), (file.with_name(f"{NAME}.sha256"), 0o600), (file.parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.usefixtures("source")
def test_a_backup_goes_into_another_folder_when_asked_to(config: Config, tmp_path: Path) -> None:
    assert make_backup(config, NOW, tmp_path / "usb" / "oboegaki").file == tmp_path / "usb" / "oboegaki" / NAME
    assert not backups_folder(config).exists()


def test_names_sort_by_time_whatever_the_zone() -> None:
    names = [file_name(NOW + timedelta(hours=37) * number) for number in range(400)]
    assert names == sorted(names)
    assert [moment_of(name) for name in names] == [NOW + timedelta(hours=37) * number for number in range(400)]
    tokyo = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    assert file_name(tokyo) == file_name(NOW) == NAME


@pytest.mark.parametrize(
    "name", ["", "oboegaki.db", "../oboegaki.db", NAME + "x", "x" + NAME, NAME + "\n", "oboegaki-20261399T000000Z.db"]
)
def test_other_names_are_no_backups(name: str) -> None:
    assert moment_of(name) is None


@pytest.mark.usefixtures("source")
def test_two_backups_in_one_second_are_two_backups(config: Config) -> None:
    made = [make_backup(config, NOW).file.name for _ in range(3)]
    assert made == [NAME, "oboegaki-20260302T093001Z.db", "oboegaki-20260302T093002Z.db"]


@pytest.mark.usefixtures("source")
def test_old_backups_go_when_a_new_one_is_made(config: Config) -> None:
    for day in range(40):
        make_backup(config, NOW + timedelta(days=day))
    kept = backups_in(backups_folder(config))
    assert [backup.at.date().isoformat() for backup in kept] == [
        *("2026-04-10", "2026-04-09", "2026-04-08", "2026-04-07", "2026-04-06", "2026-04-05", "2026-04-04"),
        *("2026-03-31", "2026-03-29", "2026-03-22"),
    ]
    assert names_in(backups_folder(config)) - {".lock"} == {
        name for backup in kept for name in (backup.file.name, f"{backup.file.name}.sha256")
    }


def test_a_backup_is_of_the_moment_it_was_begun_at_while_answers_flow(config: Config, database: Database) -> None:
    """Each holds every account that was acknowledged before it began, and is sound; a copy of the live file is not."""
    stop, acknowledged = threading.Event(), 0

    def write() -> None:
        nonlocal acknowledged
        while not stop.is_set():
            with database.writing() as session:
                add_learner(session, f"learner-{acknowledged}")
            acknowledged += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(8):
            before = acknowledged
            held = verify(make_backup(config, NOW).file).contents.accounts
            assert before <= held <= acknowledged + 1
    finally:
        stop.set()
        writer.join()
    assert acknowledged > 8


@pytest.mark.usefixtures("source")
def test_an_account_made_between_counting_and_copying_is_of_a_later_moment(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made exactly there; without a transaction around both, the copy would hold it and the count would not."""
    counting, names = inside.contents_of, iter(["taro"])

    def then_an_account_is_made(connection: object) -> Contents:
        counted = counting(connection)
        for name in names:
            with database.writing() as session:
                add_learner(session, name)
        return counted

    monkeypatch.setattr(making, "contents_of", then_an_account_is_made)
    assert verify(make_backup(config, NOW).file).contents.accounts == 1
    assert ask(config.data_dir / "oboegaki.db", "SELECT count(*) FROM users") == 2


def test_a_copy_that_lost_a_row_is_not_kept(config: Config, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound file is not enough: the row is taken out of the copy behind the program's back."""
    copying = making._copy

    def and_lose_a_row(live: Path, draft: Path) -> Contents:
        counted = copying(live, draft)
        ask(draft, "DELETE FROM cards WHERE id = 3")
        return counted

    monkeypatch.setattr(making, "_copy", and_lose_a_row)
    with pytest.raises(OboegakiError) as caught:
        make_backup(config, NOW)
    assert str(caught.value) == (
        f"{source}: no backup was kept, its copy holds 1 accounts, 2 cards, 2 reviews instead of "
        "1 accounts, 3 cards, 2 reviews; try again"
    )
    assert names_in(backups_folder(config)) == {".lock"}


@pytest.mark.usefixtures("source")
def test_a_backup_waits_while_a_restore_swaps_the_database(config: Config, database: Database) -> None:
    database.close()
    thread = threading.Thread(target=make_backup, args=(config, NOW))
    with nobody_else(config.data_dir):
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert not backups_folder(config).exists()
    thread.join()
    assert len(backups_in(backups_folder(config))) == 1


def test_a_plain_copy_of_the_live_file_would_lose_answers(source: Path, tmp_path: Path) -> None:
    """What the check above would find, were the file only copied."""
    (tmp_path / "copy.db").write_bytes(source.read_bytes())
    assert reviews_in(tmp_path / "copy.db") == 0


@pytest.mark.usefixtures("source")
def test_a_disk_that_fails_is_a_sentence_and_leaves_nothing_half_written(config: Config, database: Database) -> None:
    first = make_backup(config, NOW)
    database.close()
    folder = backups_folder(config)
    before = names_in(folder)
    with room_for(50_000), pytest.raises(OboegakiError) as caught:
        make_backup(config, NOW + timedelta(days=1))
    assert str(caught.value) == (
        f"{folder}: no backup was written (disk I/O error); look at the space and the rights there, "
        "earlier backups are untouched"
    )
    assert names_in(folder) == before
    assert verify(first.file).contents.reviews == 2


@pytest.mark.usefixtures("source")
def test_a_backup_that_was_written_is_told_where_an_older_one_cannot_be_deleted(config: Config) -> None:
    older, _ = (make_backup(config, NOW - timedelta(days=3, hours=hours)) for hours in (1, 0))
    in_the_way = checksum_file(older.file)
    in_the_way.unlink()
    in_the_way.mkdir()
    with pytest.raises(OboegakiError) as caught:
        make_backup(config, NOW)
    written = backups_in(backups_folder(config))[0].file
    assert str(caught.value) == (
        f"{written}: this backup was written, but older ones could not be deleted (Is a directory); "
        "look at the rights there"
    )
    assert verify(written).contents.reviews == 2


@pytest.mark.usefixtures("source")
def test_what_is_made_while_the_clock_is_years_behind_stays_until_the_next_one(config: Config) -> None:
    """A machine without a battery begins in the past; by its name the backup before a migration is the oldest then."""
    months = [make_backup(config, NOW - timedelta(days=31 * month)) for month in range(13)]
    behind = make_backup(config, NOW - timedelta(days=9000))
    assert behind.file.exists()
    assert verify(behind.file).has_checksum
    assert months[0].file.exists()
    again = make_backup(config, NOW - timedelta(days=8999))
    assert (behind.file.exists(), again.file.exists()) == (False, True)


@pytest.mark.usefixtures("source")
def test_a_folder_that_cannot_be_made_is_a_sentence(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OboegakiError) as caught:
        make_backup(config, NOW, tmp_path / "file" / "backups")
    assert str(caught.value) == (
        f"{tmp_path}/file/backups: no backup was written (Not a directory); look at the space and the rights there, "
        "earlier backups are untouched"
    )


def test_what_a_killed_backup_left_goes_with_the_next(config: Config, source: Path) -> None:
    folder = backups_folder(config)
    killed = (
        "import os, sys\nfrom pathlib import Path\nfrom app.backups import making\nfrom tests.conftest import NOW\n"
        "making.check_pages = lambda *_: os.kill(os.getpid(), 9)\n"
        "making.copy_of(Path(sys.argv[1]), Path(sys.argv[2]), NOW)\n"
    )
    died = subprocess.run([sys.executable, "-c", killed, source, folder], env={**os.environ, "PYTHONPATH": "."})  # noqa: S603
    assert died.returncode == -9
    assert len(names_in(folder)) == 2
    make_backup(config, NOW)
    assert names_in(folder) == {".lock", NAME, f"{NAME}.sha256"}


def test_a_database_that_is_damaged_makes_no_backup_that_looks_good(
    config: Config, database: Database, source: Path
) -> None:
    good = make_backup(config, NOW)
    database.close()
    with source.open("r+b") as file:
        file.seek(6 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(OboegakiError) as caught:
        make_backup(config, NOW + timedelta(days=1))
    assert str(caught.value) == (
        f'{source}: no backup was kept, its copy is not sound; run "oboegaki data check", '
        "the database itself may be damaged"
    )
    assert [backup.file for backup in backups_in(backups_folder(config))] == [good.file]


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        copy_of(tmp_path / "none.db", tmp_path / "backups", NOW)
    assert str(caught.value) == f"{tmp_path}/none.db: there is no database yet; start the server once"
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("url", ["postgresql+psycopg://db/oboegaki", "sqlite://"])
def test_another_database_is_left_to_its_own_tools(config: Config, url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        make_backup(replace(config, database_url=url), NOW)
    assert str(caught.value) == (
        "This database is no SQLite file, so its own tools copy it: with PostgreSQL, pg_dump makes a backup and "
        'pg_restore puts it back; with containers, run them by "docker compose exec -T db", as the README shows'
    )


def test_a_backup_of_a_folder_of_any_name(tmp_path: Path, source: Path) -> None:
    odd = tmp_path / "q?mode=memory #1 100% 日本語"
    odd.mkdir()
    (odd / "it.db").write_bytes(copy_of(source, tmp_path / "first", NOW).file.read_bytes())
    assert verify(copy_of(odd / "it.db", odd / "backups", NOW).file).contents.reviews == 2


def test_an_answer_after_the_backup_is_not_in_it(config: Config, database: Database) -> None:
    learner = live_in(database)
    made = make_backup(config, NOW)
    answer_one_more(database, learner)
    assert (reviews_in(made.file), reviews_in(config.data_dir / "oboegaki.db")) == (2, 3)
