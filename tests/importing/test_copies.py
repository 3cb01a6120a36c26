"""A note that is copied first and taken away then, with an import between, keeps its progress in its copy's place."""

from datetime import timedelta
from typing import Any

import pytest

from app import importing
from app.importing import Request
from tests.conftest import NOW
from tests.importing.library_folder import Folder
from tests.importing.test_identity_kept import learn_for_real, schedules

START = "Q: What starts a container?\nA: docker container start\n\n"
STOP = "Q: What stops a container?\nA: docker container stop\n\n"
CLOZE = "C: Docker has the networks [bridge], [host] and [none].\n\n"
BOTH = "T: `docker ps`\nD: lists the containers that run\n\n"


def _copied(folder: Folder, moved: str) -> dict[str, tuple[Any, ...]]:
    """A learnt deck, of which a part was copied into another file since; what is learnt, of each card."""
    folder.write("a.md", START + moved)
    folder.write("b.md", STOP)
    folder.run()
    learnt = learn_for_real(folder)
    folder.write("b.md", STOP + moved)
    folder.run()
    return learnt


@pytest.mark.parametrize("moved", [CLOZE, BOTH, "Q: What lists images?\nA: docker image ls\n\n"])
def test_a_note_that_is_cut_after_its_copy_was_imported_goes_on_in_the_copys_place(folder: Folder, moved: str) -> None:
    learnt = _copied(folder, moved)
    folder.write("a.md", START)
    report = folder.run()
    assert schedules(folder) == learnt
    places = [("a", 0), *(("b", place) for place in range(len(learnt) - 1))]
    assert [(card["path"], card["position"]) for card in folder.cards().values()] == places
    assert [file.counts for file in report.files] == [{"same": 1, "moved": 1}, {"same": 1}]
    assert folder.run().import_id is None


def test_it_goes_on_though_another_note_was_written_in_its_old_place(folder: Folder) -> None:
    folder.write("a.md", START + BOTH + CLOZE)
    folder.run()
    learnt = learn_for_real(folder)
    folder.write("b.md", BOTH)
    folder.run()
    folder.write("a.md", START + "Q: Who made it?\nA: Somebody else\n\n" + CLOZE)
    report = folder.run()
    assert schedules(folder) == learnt
    assert [file.counts for file in report.files] == [{"same": 2, "new": 1, "moved": 1}, {}]


def test_it_goes_on_where_the_copys_file_was_edited_at_the_same_time(folder: Folder) -> None:
    learnt = _copied(folder, BOTH)
    folder.write("a.md", START)
    folder.write("b.md", "Q: What is new?\nA: this\n\n" + BOTH + STOP)
    report = folder.run()
    assert schedules(folder) == learnt
    assert list(folder.cards())[1] == "What is new?"
    assert [file.counts for file in report.files] == [{"same": 1, "retired": 1}, {"new": 1, "moved": 1, "same": 1}]


def test_a_file_that_was_saved_under_another_name_before_it_was_removed_keeps_its_progress(folder: Folder) -> None:
    folder.write("a.md", START + CLOZE + BOTH)
    folder.run()
    learnt = learn_for_real(folder)
    folder.write("z.md", START + CLOZE + BOTH)
    folder.run()
    folder.remove("a.md")
    report = folder.run()
    assert (schedules(folder), folder.decks()) == (learnt, ["z"])
    assert report.files[-1].counts == {"moved": 3}


def test_of_two_in_one_file_the_learnt_one_stays_whichever_is_taken_away(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learnt = learn_for_real(folder)
    folder.write("a.md", START + STOP + START)
    folder.run()
    folder.write("a.md", STOP + START)
    folder.run()
    assert schedules(folder) == learnt
    assert list(folder.cards()) == ["What stops a container?", "What starts a container?"]


@pytest.mark.parametrize("edited", [False, True])
def test_undo_gives_both_their_places_again(folder: Folder, *, edited: bool) -> None:
    _copied(folder, CLOZE + BOTH)
    before = folder.tables()
    folder.write("a.md", START)
    if edited:
        folder.write("b.md", "Q: What is new?\nA: this\n\n" + CLOZE + BOTH + STOP)
    folder.undo(folder.run().import_id)
    after = folder.tables()
    assert after["schedules"] == before["schedules"]
    assert after["cards"][: len(before["cards"])] == before["cards"]
    assert after["notes"][: len(before["notes"])] == before["notes"]


def test_a_copy_that_was_learnt_itself_keeps_what_is_its_own(folder: Folder) -> None:
    _copied(folder, BOTH)
    folder.learn()
    copies = {question: card["id"] for question, card in folder.cards().items() if card["path"] == "b"}
    folder.write("a.md", START)
    report = folder.run()
    assert {question: folder.cards()[question]["id"] for question in copies} == copies
    assert report.files[0].counts == {"same": 1, "retired": 1}


def test_a_note_of_which_nothing_was_learnt_is_retired_and_its_copy_stays(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.write("b.md", STOP)
    folder.run()
    folder.write("a.md", START)
    assert [file.counts for file in folder.run().files] == [{"same": 1, "retired": 1}, {"same": 1}]


def test_a_copy_in_somebodys_own_deck_takes_nothing_from_the_library(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learn_for_real(folder)
    own = Request(owner_id=folder.learner.id, root="own", whole=False, asked=True)
    sources = importing.from_folder(folder.path)
    importing.import_files(folder.database, sources, own, folder.learner.id, NOW + timedelta(hours=9))
    folder.write("a.md", START)
    folder.run()
    assert "What stops a container?" not in schedules(folder)
    assert folder.cards()["What stops a container?"]["path"] == "a"
