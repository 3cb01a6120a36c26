"""The look at the cards folder: what changed is imported once it is written whole, and again when that fails."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from app import importing
from app.config import Config
from app.db import Database
from app.models import Import, Note
from app.watching import FolderWatch

START = "Q: What starts a container?\nA: docker container start\n"
STOP = "Q: What stops a container?\nA: docker container stop\n"


def live(database: Database) -> list[str]:
    """The questions that are in a deck file."""
    query = select(Note.front).where(Note.retired_at.is_(None)).order_by(Note.id)
    with database.reading() as session:
        return list(session.execute(query).scalars())


def imports(database: Database) -> int:
    """How many imports changed something."""
    with database.reading() as session:
        return len(session.execute(select(Import.id)).all())


def test_a_changed_file_is_imported_at_the_second_look_that_finds_it_the_same(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    watch = FolderWatch(database, config)
    (config.cards_dir / "a.md").write_text(START)
    watch.look()
    assert live(database) == []
    watch.look()
    assert live(database) == ["What starts a container?"]
    assert caplog.messages == [f"{config.cards_dir}: 1 file; 1 new"]


def test_a_file_that_is_still_being_written_is_waited_for(database: Database, config: Config) -> None:
    watch = FolderWatch(database, config)
    for number in range(4):
        with (config.cards_dir / "a.md").open("a") as file:
            file.write(f"Q: question {number}?\nA: yes\n")
        watch.look()
        assert live(database) == []
    watch.look()
    assert len(live(database)) == 4


def test_a_folder_in_which_nothing_changed_is_left_alone(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    (config.cards_dir / "a.md").write_text(START)
    importing.run(database, config)
    watch = FolderWatch(database, config)
    for _ in range(3):
        watch.look()
    assert (caplog.messages, imports(database)) == ([], 1)


def test_a_file_written_again_with_the_same_text_imports_nothing(database: Database, config: Config) -> None:
    path = config.cards_dir / "a.md"
    path.write_text(START)
    importing.run(database, config)
    watch = FolderWatch(database, config)
    os.utime(path, ns=(0, 0))
    for _ in range(2):
        watch.look()
    assert imports(database) == 1


def test_a_removed_file_retires_its_notes(database: Database, config: Config) -> None:
    for name, text in (("a.md", START), ("b.md", STOP)):
        (config.cards_dir / name).write_text(text)
    importing.run(database, config)
    watch = FolderWatch(database, config)
    (config.cards_dir / "b.md").unlink()
    for _ in range(2):
        watch.look()
    assert live(database) == ["What starts a container?"]


def test_an_emptied_folder_is_said_once_and_the_next_change_is_seen(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    path = config.cards_dir / "a.md"
    path.write_text(START)
    importing.run(database, config)
    watch = FolderWatch(database, config)
    path.unlink()
    for _ in range(4):
        watch.look()
    assert caplog.messages == [
        f"the decks were not imported: {config.cards_dir}: the folder holds no deck files, but the library has notes, "
        "which were kept; check that the folder is mounted, or import it by hand to retire them"
    ]
    assert live(database) == ["What starts a container?"]
    path.write_text(START + STOP)
    for _ in range(2):
        watch.look()
    assert live(database) == ["What starts a container?", "What stops a container?"]


def test_a_folder_that_went_is_said_once(database: Database, config: Config, caplog: pytest.LogCaptureFixture) -> None:
    (config.cards_dir / "a.md").write_text(START)
    importing.run(database, config)
    watch = FolderWatch(database, config)
    (config.cards_dir / "a.md").unlink()
    config.cards_dir.rmdir()
    for _ in range(4):
        watch.look()
    assert caplog.messages == [
        f"the decks were not imported: {config.cards_dir}: there is no such folder; make it, "
        "or set OBOEGAKI_CARDS_DIR to the one with the deck files"
    ]
    assert caplog.records[0].levelno == logging.WARNING


@contextmanager
def busy(database: Database) -> Iterator[list[int]]:
    """A database that takes no note; the list counts the imports that were tried."""
    tries: list[int] = []

    def count(*asked: Any) -> None:
        if asked[2].startswith("INSERT INTO imports"):
            tries[-1] += 1

    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER busy BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'busy'); END")
    event.listen(database.engine, "before_cursor_execute", count)
    yield tries
    event.remove(database.engine, "before_cursor_execute", count)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER busy")


def tried_at(watch: FolderWatch, tries: list[int], most: int) -> list[int]:
    """At which of so many looks an import was tried."""
    for _ in range(most):
        tries.append(0)
        watch.look()
    return [number for number, count in enumerate(tries, 1) if count]


def look_until(watch: FolderWatch, done: Callable[[], bool]) -> None:
    """Look until `done` holds; it must within 40 looks."""
    for _ in range(40):
        watch.look()
        if done():
            return
    raise AssertionError("not done after 40 looks")


def test_the_first_look_imports_what_the_start_could_not(database: Database, config: Config) -> None:
    (config.cards_dir / "a.md").write_text(START)
    FolderWatch(database, config).look()
    assert live(database) == ["What starts a container?"]


@pytest.mark.sqlite
def test_a_busy_database_is_said_once_and_tried_again_more_and_more_rarely(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    (config.cards_dir / "a.md").write_text(START)
    watch = FolderWatch(database, config)
    with busy(database) as tries:
        assert tried_at(watch, tries, 40) == [1, 3, 6, 11, 20, 37]
    assert caplog.messages == ["the decks were not imported: busy; it is tried again until it works"]
    look_until(watch, lambda: live(database) == ["What starts a container?"])
    assert caplog.messages[1:] == [f"{config.cards_dir}: 1 file; 1 new"]


@pytest.mark.sqlite
def test_the_pause_before_another_try_has_an_end(
    database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.watching.MOST_LOOKS", 2)
    (config.cards_dir / "a.md").write_text(START)
    watch = FolderWatch(database, config)
    with busy(database) as tries:
        assert tried_at(watch, tries, 13) == [1, 3, 6, 9, 12]


def test_a_file_that_the_disk_does_not_give_is_said_once_and_tried_again(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("a.md", START), ("b.md", STOP)):
        (config.cards_dir / name).write_text(text)
    whole = Path.read_bytes

    def broken(path: Path) -> bytes:
        if path.name == "b.md":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return whole(path)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "read_bytes", broken)
        watch = FolderWatch(database, config)
        for _ in range(5):
            watch.look()
        assert live(database) == ["What starts a container?"]
    look_until(watch, lambda: len(live(database)) == 2)
    assert [message for message in caplog.messages if "tried again" in message] == [
        "b.md: the file cannot be read: Input/output error; it is tried again until it works"
    ]


def test_a_fault_that_nobody_foresaw_is_told_whole_and_does_not_end_the_watch(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.cards_dir / "a.md").write_text(START)
    with monkeypatch.context() as world:
        world.setattr(os, "walk", lambda *_args, **_options: 1 / 0)
        watch_state = FolderWatch._state
        world.setattr(FolderWatch, "_state", lambda _self: 1)
        watch = FolderWatch(database, config)
        watch.look()
        world.setattr(FolderWatch, "_state", watch_state)
    assert caplog.messages == ["the decks were not imported: division by zero; it is tried again until it works"]
    assert caplog.records[0].exc_info is not None
    look_until(watch, lambda: live(database) == ["What starts a container?"])


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_looked_into_is_said_once_and_keeps_no_server_from_starting(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    (config.cards_dir / "a.md").write_text(START)
    closed = config.cards_dir / "closed"
    closed.mkdir(mode=0)
    try:
        watch = FolderWatch(database, config)
        closed.rmdir()
        for _ in range(2):
            watch.look()
        assert live(database) == ["What starts a container?"]
        closed.mkdir(mode=0)
        for _ in range(4):
            watch.look()
    finally:
        closed.chmod(0o700)
    assert caplog.messages[1:] == [
        f"the decks were not imported: {closed}: the folder cannot be read (Permission denied); "
        "let the server read it. Nothing was imported"
    ]
