"""An import as a whole: all or nothing, decks and their order, and what is refused."""

import io
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DatabaseError

from app import importing
from app.errors import NotFoundError, RefusedError, StaleError
from app.importing import ImportReport, SourceFile, from_json
from app.importing.folder import CardsFolder
from app.importing.uploads import Upload, from_uploads
from app.models import Card, Deck, DeckMedium, Import, ImportChange, Note
from tests.conftest import NOW
from tests.importing.library_folder import Folder
from tests.importing.test_progress import LIST, START, STOP


def sentences(report: ImportReport) -> list[str]:
    """The problems of all files as the command line says them."""
    return [
        f"{file.file}: {problem['message'] % problem['details']}; {problem['remedy'] % problem['details']}"
        for file in report.files
        for problem in file.problems
    ]


@pytest.mark.sqlite
@pytest.mark.parametrize("table", ["notes", "cards", "import_changes"])
def test_an_import_that_fails_half_way_leaves_nothing(folder: Folder, table: str) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.learn()
    folder.write("a.md", STOP + START)
    folder.write("b.md", LIST)
    with folder.database.writing() as session:
        session.connection().exec_driver_sql(
            f"CREATE TRIGGER half_way BEFORE INSERT ON {table} WHEN (SELECT count(*) FROM {table}) > 1 "  # noqa: S608 - a name of ours
            "BEGIN SELECT RAISE(ABORT, 'half way'); END"
        )
    before = folder.tables()
    with pytest.raises(DatabaseError, match="half way"):
        folder.run()
    assert folder.tables() == before


@pytest.mark.sqlite
def test_a_first_import_that_fails_half_way_leaves_nothing(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.write("b.md", STOP)
    with folder.database.writing() as session:
        session.connection().exec_driver_sql(
            "CREATE TRIGGER half_way BEFORE INSERT ON cards WHEN (SELECT count(*) FROM cards) > 0 "
            "BEGIN SELECT RAISE(ABORT, 'half way'); END"
        )
    before = folder.tables()
    with pytest.raises(DatabaseError, match="half way"):
        folder.run()
    assert folder.tables() == before


def test_two_first_imports_at_once_are_one(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    imports = [Thread(target=folder.run) for _ in range(2)]
    with folder.database.writing():
        for each in imports:
            each.start()
        sleep(0.3)  # both have seen an empty library by now, and wait to write
    for each in imports:
        each.join()
    assert len(folder.tables()["notes"]) == 2


def test_decks_are_studied_in_the_order_of_their_files_and_hold_the_decks_below(folder: Folder) -> None:
    for file in ("10.md", "2.md", "x/1.md"):
        folder.write(file, f"Q: {file}?\nA: yes\n")
    folder.run()
    assert folder.decks() == ["2", "10", "x/1", "x"]
    assert list(folder.cards()) == ["2.md?", "10.md?", "x/1.md?"]


def test_a_deck_that_lost_its_file_stays_for_the_decks_below_it(folder: Folder) -> None:
    folder.write("x.md", START)
    folder.write("x/1.md", STOP)
    folder.run()
    folder.remove("x.md")
    folder.run()
    assert sorted(folder.decks()) == ["x", "x/1"]
    assert list(folder.cards()) == ["What stops a container?"]
    assert folder.run().import_id is None


def test_two_files_that_claim_one_deck_make_two_and_say_so(folder: Folder) -> None:
    name = "---\nname: Docker\n---\n"
    folder.write("b.md", name + START)
    folder.run()
    folder.write("a.md", name + STOP)
    report = folder.run()
    assert sorted(folder.decks()) == ["Docker", "Docker (a.md)"]
    assert folder.cards()["What starts a container?"]["path"] == "Docker"
    assert len(sentences(report)) == 1
    assert all(word in sentences(report)[0] for word in ("a.md", "b.md", "Docker"))
    assert folder.run().import_id is None


def test_the_language_of_a_deck_is_seen_from_its_kana(folder: Folder) -> None:
    folder.write("a.md", "Q: コンテナを始めるのは?\nA: start\n")
    folder.write("b.md", START)
    folder.write("c.md", "---\nlang: de\n---\nQ: Was?\nA: Das.\n")
    folder.run()
    languages = {row[2]: row[4] for row in folder.tables()["decks"]}
    assert languages == {"a": "ja", "b": "", "c": "de"}


def test_a_folder_that_came_up_empty_retires_nothing(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.remove("a.md")
    before = folder.tables()
    with pytest.raises(RefusedError) as refused:
        folder.run(asked=False)
    assert str(refused.value) == (
        f"{folder.path}: the folder holds no deck files, but the library has notes, which were kept; "
        "check that the folder is mounted, or import it by hand to retire them"
    )
    assert folder.tables() == before


def test_a_folder_that_went_while_another_import_came_first_retires_nothing(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()

    class Going(CardsFolder):
        """Holds its files until they were read; then another import comes first, and the folder is unmounted."""

        def __iter__(self) -> Iterator[SourceFile]:
            found = list(super().__iter__())
            yield from found
            if found:
                folder.write("b.md", LIST)
                folder.run()
                folder.remove("a.md")
                folder.remove("b.md")

    folder.write("a.md", START + STOP)
    request = importing.Request(owner_id=None, root="cards", whole=True, asked=False)
    with pytest.raises(RefusedError, match="the folder holds no deck files, but the library has notes"):
        importing.import_files(folder.database, Going(folder.path), request, None, NOW)
    assert folder.decks() == ["a", "b"]


def test_a_missing_folder_retires_nothing(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.remove("a.md")
    folder.path.rmdir()
    before = folder.tables()
    with pytest.raises(NotFoundError) as missing:
        folder.run()
    assert str(missing.value) == (
        f"{folder.path}: there is no such folder; make it, or set OBOEGAKI_CARDS_DIR to the one with the deck files"
    )
    assert folder.tables() == before


def test_a_plan_is_stale_after_another_import(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.write("a.md", START + STOP)
    plan = folder.plan()
    folder.run()
    with folder.database.writing() as session, pytest.raises(StaleError) as stale:
        importing.apply(session, plan, importing.from_folder(folder.path), None, NOW)
    assert str(stale.value) == (
        "The decks changed after this plan was made; nothing was imported. Look at the new plan"
    )


def test_the_stored_report_is_the_one_that_was_shown(folder: Folder) -> None:
    folder.write("a.md", START + "A: two\n")
    folder.run()
    folder.write("a.md", STOP + START)
    planned, done = folder.plan().report(), folder.run()
    assert done.files == planned.files
    with folder.database.reading() as session:
        found = session.get_one(Import, done.import_id)
    stored = from_json(found.report)
    assert stored == done


def test_a_long_list_is_cut_and_its_count_is_true(folder: Folder) -> None:
    folder.write("a.md", "".join(f"Q: question {number}?\nA: yes\n" for number in range(150)))
    file = folder.run().files[0]
    assert (file.counts, len(file.items), file.more) == ({"new": 150}, 100, 50)


def test_files_of_an_account_leave_its_other_decks_and_the_library_alone(folder: Folder, tmp_path: Path) -> None:
    folder.write("a.md", START)
    folder.run()
    _import_own(folder, "mine.md", STOP)
    _import_own(folder, "more.md", LIST)
    assert sorted(folder.decks()) == ["a", "mine", "more"]
    _import_own(folder, "more.md", LIST + "Q: more?\nA: yes\n")
    assert sorted(folder.decks()) == ["a", "mine", "more"]
    assert len(folder.cards()) == 4


def test_another_upload_for_the_same_deck_does_not_take_the_first_ones_notes(folder: Folder) -> None:
    name = "---\nname: Docker\n---\n"
    _import_own(folder, "one.md", name + START)
    _import_own(folder, "two.md", name + STOP)
    assert sorted(folder.decks()) == ["Docker", "Docker (two.md)"]
    assert len(folder.cards()) == 2


def test_an_upload_under_another_name_is_the_same_deck_when_its_notes_are_the_same(folder: Folder) -> None:
    name = "---\nname: Docker\n---\n"
    _import_own(folder, "one.md", name + START + STOP)
    learnt = folder.learn()
    _import_own(folder, "one (1).md", name + START + STOP)
    assert (folder.decks(), folder.progress()) == (["Docker"], learnt)


def _import_own(folder: Folder, file: str, text: str) -> None:
    request = importing.Request(owner_id=folder.learner.id, root="uploaded files", whole=False, asked=True)
    sources = from_uploads([Upload(file, io.BytesIO(text.encode()))])
    importing.import_files(folder.database, sources, request, folder.learner.id, NOW)


def test_a_file_that_made_no_note_and_went_leaves_no_deck(folder: Folder) -> None:
    folder.write("a.md", "---\ndialect: qa\n---\nno card\n")
    folder.run()
    assert folder.decks() == ["a"]
    folder.remove("a.md")
    folder.write("b.md", START)
    report = folder.run()
    assert [(file.file, file.state) for file in report.files] == [("b.md", "read"), ("a.md", "missing")]
    assert folder.decks() == ["b"]


def test_a_newer_reader_reads_unchanged_files_again_but_not_what_was_undone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("a.md", START)
    folder.write("b.md", STOP)
    folder.run()
    folder.write("b.md", STOP + LIST)
    folder.undo(folder.run().import_id)
    assert [file.state for file in folder.run(asked=False).files] == ["unchanged", "held"]
    monkeypatch.setattr("app.importing.sources._READER", b"next")
    report = folder.run(asked=False)
    assert [(file.state, file.counts) for file in report.files] == [("read", {"same": 1}), ("held", {"same": 1})]
    assert [file.state for file in folder.run(asked=False).files] == ["unchanged", "held"]


def test_the_decks_of_an_account_are_studied_after_those_of_the_library(folder: Folder) -> None:
    folder.write("10.md", START)
    folder.write("9.md", STOP)
    folder.run()
    _import_own(folder, "a.md", LIST)
    folder.write("11.md", "Q: more?\nA: yes\n")
    folder.run()
    assert folder.decks() == ["9", "10", "11", "a"]


@pytest.mark.sqlite
def test_a_large_file_is_written_while_it_is_read_and_says_what_a_small_one_says(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "---\nname: A\ntags: [t]\n---\nQ: a?\nA: b\nA: stray\n" + "".join(
        f"Q: {number}?\nA: yes ![](x.png)\n\nC: [One] and [two] {number}\n" for number in range(150)
    )
    folder.write("a.md", text)
    small = folder.run()
    rows = folder.tables()
    with folder.database.writing() as session:
        for table in (ImportChange, Import, DeckMedium, Card, Note, Deck):
            session.execute(delete(table))
    monkeypatch.setattr("app.importing.folder.LARGE", 1)
    folder.hour = 0
    large = folder.run()
    assert [one | {"line": 0} for one in large.files[0].problems] == [
        one | {"line": 0} for one in small.files[0].problems
    ]
    assert (large.files[0].counts, large.files[0].items) == (small.files[0].counts, small.files[0].items)
    again = folder.tables()
    assert [again[name] for name in ("notes", "cards", "deck_media")] == [
        rows[name] for name in ("notes", "cards", "deck_media")
    ]
