"""The look at the cards folder: a deck file that changed is imported once it is written whole."""

import logging
import os

import pytest
from sqlalchemy import select

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
    assert caplog.messages == [f"{config.cards_dir}: 1 files; 1 new"]


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
