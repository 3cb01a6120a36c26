"""Putting a backup back: all of it or nothing, the old database kept, nobody logged in afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from urllib.request import urlopen

import pysqlite3
import pytest
from sqlalchemy import select

from app import setup_code
from app.backups import make_backup, restoring
from app.config import Config, from_environment
from app.db import Database
from app.errors import OboegakiError, RefusedError
from app.in_use import InUse
from app.logins import learner_of
from app.models import User
from app.schema import head
from tests.backups.lived_in import all_bytes, answer_one_more, ask, later_release, live_in, names_in, reviews_in
from tests.backups.test_making import room_for
from tests.conftest import NOW
from tests.ports import FAR_HOUR, free_port

KEPT = "oboegaki-before-restore-20260302T093000Z.db"


@pytest.fixture
def backup(config: Config, database: Database) -> Path:
    """A backup with two answers; the database, which is closed, holds three."""
    learner = live_in(database)
    file = make_backup(config, NOW).file
    answer_one_more(database, learner)
    database.close()
    return file


@pytest.fixture
def place(config: Config) -> Path:
    """The database file."""
    return config.data_dir / "oboegaki.db"


def refusal(config: Config, file: Path) -> str:
    """The sentence with which a restore is refused; nothing at all has changed."""
    before = all_bytes(config)
    with pytest.raises(OboegakiError) as caught:
        restoring.restore(config, file, NOW)
    assert all_bytes(config) == before
    return str(caught.value)


def test_the_backup_is_the_database_and_the_old_one_is_kept(config: Config, backup: Path, place: Path) -> None:
    done = restoring.restore(config, backup, NOW)
    assert (str(done.contents), done.migrated, done.kept) == (
        "1 accounts, 3 cards, 2 reviews",
        False,
        place.with_name(KEPT),
    )
    assert (reviews_in(place), reviews_in(place.with_name(KEPT))) == (2, 3)
    assert reviews_in(backup) == 2


def test_a_restored_database_is_one_that_the_program_takes(config: Config, backup: Path) -> None:
    restoring.restore(config, backup, NOW)
    with closing(Database(config)) as database:
        database.check_schema()
        with database.reading() as session:
            learner = learner_of(session.scalars(select(User)).one())
        answer_one_more(database, learner)


def test_nothing_of_the_work_is_left_in_the_data_folder(config: Config, backup: Path) -> None:
    before = names_in(config.data_dir)
    restoring.restore(config, backup, NOW)
    assert names_in(config.data_dir) == before | {KEPT}


def test_every_login_has_ended_and_an_old_set_up_code_is_dead(config: Config, database: Database, place: Path) -> None:
    with database.writing() as session:
        setup_code.issue_setup_code(session, NOW)
    live_in(database)
    file = make_backup(config, NOW).file
    database.close()
    assert (ask(file, "SELECT count(*) FROM logins"), ask(file, "SELECT count(*) FROM setup_codes")) == (1, 1)
    restoring.restore(config, file, NOW)
    assert (ask(place, "SELECT count(*) FROM logins"), ask(place, "SELECT count(*) FROM setup_codes")) == (0, 0)


def test_what_stood_in_the_old_log_is_in_the_old_file(config: Config, database: Database, place: Path) -> None:
    """The server was killed: its last answers are in the write-ahead log alone, which must not meet another file."""
    learner = live_in(database)
    file = make_backup(config, NOW).file
    answer_one_more(database, learner)
    killed = {end: place.with_name(f"oboegaki.db{end}").read_bytes() for end in ("", "-wal")}
    database.close()
    for end, content in killed.items():
        place.with_name(f"oboegaki.db{end}").write_bytes(content)
    assert killed["-wal"]
    restoring.restore(config, file, NOW)
    assert not {name for name in names_in(config.data_dir) if name.endswith(("-wal", "-shm", "-journal"))}
    assert (reviews_in(place), reviews_in(place.with_name(KEPT))) == (2, 3)


def test_the_log_of_a_database_that_is_lost_is_not_taken_for_the_backups(
    config: Config, database: Database, place: Path
) -> None:
    """SQLite would play it into whatever file is given the name, and bring back logins that have ended."""
    learner = live_in(database)
    file = make_backup(config, NOW).file
    answer_one_more(database, learner)
    log = place.with_name("oboegaki.db-wal")
    content = log.read_bytes()
    database.close()
    place.unlink()
    log.write_bytes(content)
    assert restoring.restore(config, file, NOW).kept is None
    assert reviews_in(place) == 2
    assert place.with_name(f"{KEPT}-wal").read_bytes() == content


def test_a_restore_onto_an_empty_volume(tmp_path: Path, backup: Path) -> None:
    empty = from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path / "fresh")})
    assert restoring.restore(empty, backup, NOW).kept is None
    assert reviews_in(tmp_path / "fresh" / "oboegaki.db") == 2
    assert names_in(tmp_path / "fresh") == {"oboegaki.db", "secret_key", "in-use.lock"}


def test_a_backup_without_its_checksum_is_restored_when_it_is_sound(
    config: Config, backup: Path, place: Path, tmp_path: Path
) -> None:
    copyfile(backup, tmp_path / "downloaded.db")
    restoring.restore(config, tmp_path / "downloaded.db", NOW)
    assert reviews_in(place) == 2


@pytest.mark.parametrize("spoil", ["a byte", "a page, no checksum", "cut short, no checksum", "keys, no checksum"])
def test_a_damaged_backup_is_refused_and_the_old_data_untouched(config: Config, backup: Path, spoil: str) -> None:
    content = backup.read_bytes()
    if spoil.endswith("no checksum"):
        backup.with_name(f"{backup.name}.sha256").unlink()
    if spoil.startswith("keys"):
        ask(backup, "DELETE FROM notes")
    elif spoil.startswith("cut"):
        backup.write_bytes(content[:-4096])
    else:
        length = 1 if spoil == "a byte" else 4096
        backup.write_bytes(content[: 6 * 4096] + b"\xff" * length + content[6 * 4096 + length :])
    assert refusal(config, backup).endswith("; use another backup")


def test_a_backup_of_a_newer_program_is_refused(config: Config, backup: Path) -> None:
    backup.with_name(f"{backup.name}.sha256").unlink()
    ask(backup, "UPDATE alembic_version SET version_num = '9999'")
    assert refusal(config, backup) == (
        f"{backup}: the schema of this backup (9999) is newer than the program; "
        "start a newer Oboegaki to restore it. Nothing was changed"
    )


def test_a_backup_of_an_older_program_is_brought_up_to_this_one(
    config: Config, backup: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.schema.MIGRATIONS", later_release(tmp_path / "later", head()))
    assert restoring.restore(config, backup, NOW).migrated
    assert ask(place, "SELECT nickname FROM users") == "none yet"
    assert ask(backup, "SELECT version_num FROM alembic_version") != "9000"
    assert names_in(backup.parent) == {".lock", backup.name, f"{backup.name}.sha256"}


def test_an_older_backup_whose_migration_fails_changes_nothing(
    config: Config, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = later_release(tmp_path / "later", head())
    file = folder / "versions" / "9000_later.py"
    file.write_text(file.read_text().replace("op.add_column(", "op.execute('DELETE FROM users'); op.add_column(1, "))
    monkeypatch.setattr("app.schema.MIGRATIONS", folder)
    before = all_bytes(config)
    with pytest.raises(Exception, match=r"add_column|positional|FOREIGN KEY"):
        restoring.restore(config, backup, NOW)
    assert all_bytes(config) == before
    assert not list(config.data_dir.glob(".restore-*"))


def test_a_damaged_database_is_replaced_and_kept_as_it_was(config: Config, backup: Path, place: Path) -> None:
    """That it is damaged may be why there is a restore."""
    spoiled = b"no database at all" * 4096
    place.write_bytes(spoiled)
    place.with_name("oboegaki.db-wal").write_bytes(b"its log")
    restoring.restore(config, backup, NOW)
    assert reviews_in(place) == 2
    assert place.with_name(KEPT).read_bytes() == spoiled
    assert place.with_name(f"{KEPT}-wal").read_bytes() == b"its log"
    assert "oboegaki.db-wal" not in names_in(config.data_dir)


def test_a_disk_that_fails_is_a_sentence_and_the_database_is_as_it_was(config: Config, backup: Path) -> None:
    with room_for(50_000):
        sentence = refusal(config, backup)
    assert sentence == (
        f"{backup}: was not restored (File too large); look at the space and the rights in the data folder. "
        "The database is as it was"
    )
    assert not list(config.data_dir.glob(".restore-*"))


def test_what_a_killed_restore_left_goes_with_the_next(config: Config, backup: Path) -> None:
    left = config.data_dir / ".restore-killed"
    left.mkdir()
    copyfile(backup, left / "oboegaki.db")
    restoring.restore(config, backup, NOW)
    assert not left.exists()


@pytest.mark.parametrize("step", ["_prepared", "_keep_old", "sync"])
def test_killed_at_any_step_there_is_a_whole_database(config: Config, backup: Path, place: Path, step: str) -> None:
    """Either the old one or the restored one, and never a log that belongs to the other."""
    killed = (
        "import os, sys\nfrom pathlib import Path\nfrom app.backups import restoring\nfrom app.config import *\n"
        f"real = restoring.{step}\n"
        f"restoring.{step} = lambda *given: (real(*given), os.kill(os.getpid(), 9))\n"
        "from tests.conftest import NOW\n"
        "restoring.restore(from_environment(), Path(sys.argv[1]), NOW)\n"
    )
    environ = {**os.environ, "PYTHONPATH": ".", "OBOEGAKI_DATA_DIR": str(config.data_dir)}
    died = subprocess.run([sys.executable, "-c", killed, backup], env=environ)  # noqa: S603
    assert died.returncode == -signal.SIGKILL
    assert ask(place, "PRAGMA integrity_check") == "ok"
    assert reviews_in(place) == 3
    restoring.restore(config, backup, NOW.replace(hour=10))
    assert reviews_in(place) == 2


def test_another_program_that_has_the_file_open_is_said(config: Config, backup: Path, place: Path) -> None:
    stranger = pysqlite3.connect(str(place), isolation_level=None)
    stranger.execute("BEGIN")
    stranger.execute("SELECT count(*) FROM users").fetchone()
    with pytest.raises(RefusedError) as caught:
        restoring.restore(config, backup, NOW)
    assert str(caught.value) == (
        f"{place}: another program has the database open; close it and try again. Nothing was changed"
    )
    stranger.close()
    assert reviews_in(place) == 3


def test_while_this_program_has_the_database_open_nothing_is_restored(config: Config, backup: Path) -> None:
    with closing(InUse(config.data_dir)):
        assert refusal(config, backup) == (
            f"{config.data_dir}: a server or another command has this database open; stop it first "
            '(Ctrl-C, in a container "docker compose stop app") and try again. Nothing was changed'
        )
    restoring.restore(config, backup, NOW)


@contextmanager
def serving(config: Config) -> Iterator[subprocess.Popen[bytes]]:
    """A real server on this data folder, answering."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(Path(sys.executable).with_name("oboegaki")), "serve", "--http", address]
    folders = {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_CARDS_DIR": str(config.cards_dir)}
    # Once it answers, nothing is still starting, and nothing starts later.
    environ = {**os.environ, **folders, "OBOEGAKI_PROCESSES": "1", "OBOEGAKI_BACKUP_HOUR": FAR_HOUR}
    server = subprocess.Popen(  # noqa: S603
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for(lambda: urlopen(f"http://{address}/health", timeout=20).close(), OSError, "an answer")
        yield server
        server.send_signal(signal.SIGINT)  # Ctrl-C
        server.wait(60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(attempt: Callable[[], object], not_yet: type[Exception], what: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            attempt()
            return
        except not_yet:
            time.sleep(0.1)
    pytest.fail(f"waited in vain for {what}")


def test_while_a_server_runs_nothing_is_restored_and_once_it_stops_it_is(
    config: Config, backup: Path, place: Path
) -> None:
    with serving(config):
        with pytest.raises(RefusedError, match=r"a server or another command has this database open"):
            restoring.restore(config, backup, NOW)
        assert reviews_in(place) == 3
    restoring.restore(config, backup, NOW)
    assert reviews_in(place) == 2


def test_a_server_that_was_killed_keeps_nobody_from_restoring(config: Config, backup: Path, place: Path) -> None:
    """The kernel takes its locks back; the workers of a killed master end by themselves, a moment later."""
    with serving(config) as server:
        server.kill()
        server.wait()
        _wait_for(lambda: restoring.restore(config, backup, NOW), RefusedError, "the workers to end")
    assert reviews_in(place) == 2


def test_another_database_is_left_to_its_own_tools(config: Config, backup: Path) -> None:
    elsewhere = replace(config, database_url="postgresql+psycopg://db/oboegaki")
    assert refusal(elsewhere, backup) == (
        "This database is no SQLite file, so its own tools copy it: with PostgreSQL, pg_dump makes a backup and "
        'pg_restore puts it back; with containers, run them by "docker compose exec -T db", as the README shows'
    )
