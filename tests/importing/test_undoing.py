"""Undo of an import as a whole: what was there is as it was, what the import made is retired."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app import checking, importing
from app.errors import NotFoundError, RefusedError
from app.importing.report import Kind
from app.models import Deck, Note
from tests.conftest import NOW
from tests.importing.library_folder import Folder
from tests.importing.test_identity_kept import write
from tests.importing.test_progress import LIST, START, STOP
from tests.library import give

_KEPT = ("users", "schedules", "reviews", "cards", "notes")


def rows_of(folder: Folder, ids: dict[str, set[Any]] | None = None) -> dict[str, dict[Any, tuple[Any, ...]]]:
    """The rows of the tables that an import changes, by key; of `ids` only, where given."""
    tables = folder.tables()
    found = {name: {row[:2] if name == "schedules" else row[0]: row for row in tables[name]} for name in _KEPT}
    # A deck keeps in `held` which content was undone.
    found["decks"] = {row[0]: row[:9] + row[10:] for row in tables["decks"]}
    if ids is None:
        return found
    return {name: {key: row for key, row in rows.items() if key in ids[name]} for name, rows in found.items()}


def test_undo_gives_every_row_back_that_was_there(folder: Folder) -> None:
    folder.write("a.md", START + STOP + "C: [One] and [two].\n")
    folder.write("b.md", LIST)
    folder.run()
    folder.learn()
    before, cards = rows_of(folder), list(folder.cards())
    folder.write("a.md", "C: [One] and [two] and [three].\n" + STOP.replace("What", "Which command"))
    folder.write("c/d.md", START + "Q: new?\nA: yes\n")
    folder.remove("b.md")
    report = folder.run()
    folder.undo(report.import_id)
    assert rows_of(folder, {name: set(rows) for name, rows in before.items()}) == before
    assert list(folder.cards()) == cards
    assert folder.decks() == ["a", "b"]


def test_what_a_note_has_none_of_is_no_value_in_the_database_after_an_undo_either(folder: Folder) -> None:
    folder.write("a.md", START + "C: [One] and [two].\n")
    folder.run()
    folder.write("a.md", START + "C: [One] and two.\n")
    folder.undo(folder.run().import_id)
    with folder.database.reading() as session:
        values = select(func.count(Note.deletions), func.count(Note.gone_deletions))  # JSON's own null would count
        assert session.execute(values).one() == (1, 0)


def test_an_undone_import_asked_for_again_brings_the_same_notes_back(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.write("a.md", START + STOP)
    first = folder.run()
    learnt = folder.learn()
    folder.undo(first.import_id)
    assert folder.run().files[0].counts == {"same": 1, "back": 1}
    assert folder.progress() == learnt


def test_an_import_that_nobody_asked_for_leaves_undone_content_alone_until_it_changes(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.write("a.md", STOP)
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).files[0].state == "held"
    assert list(folder.cards()) == ["What starts a container?"]
    folder.write("a.md", STOP + LIST)
    folder.run(asked=False)
    assert list(folder.cards()) == ["What stops a container?", "What lists the images?"]


def test_an_undone_disappearance_is_held_too(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.write("b.md", STOP)
    folder.run()
    folder.remove("b.md")
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None
    assert folder.decks() == ["a", "b"]
    folder.run()
    assert folder.decks() == ["a"]


@pytest.mark.parametrize("known", [True, False])
def test_a_file_does_not_take_the_deck_of_one_whose_disappearance_was_undone(folder: Folder, known: bool) -> None:
    folder.write("a.md", "---\nname: Docker\n---\n" + START)
    if known:
        folder.write("b.md", STOP)
    folder.run()
    folder.remove("a.md")
    folder.undo(folder.run().import_id)
    folder.write("b.md", "---\nname: Docker\n---\n" + STOP)
    report = folder.run(asked=False)
    assert folder.decks() == ["Docker", "Docker (b.md)"]
    assert sorted(folder.cards()) == ["What starts a container?", "What stops a container?"]
    assert [(problem["code"], problem["details"]["other"]) for problem in report.files[0].problems] == [
        ("deck-taken", "a.md")
    ]


def test_a_deck_that_only_moved_in_an_undone_import_is_not_held(folder: Folder) -> None:
    folder.write("b.md", START)
    folder.run()
    folder.write("a.md", STOP)
    folder.undo(folder.run().import_id)
    with folder.database.reading() as session:
        held = {deck.path: deck.held for deck in session.scalars(select(Deck))}
    assert held["b"] is None
    assert held["a"] is not None


def test_an_undone_renaming_is_held_too(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.remove("a.md")
    folder.write("b.md", START)
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None
    assert folder.decks() == ["a"]


def test_an_undone_renaming_within_one_deck_is_held_too(folder: Folder) -> None:
    name = "---\nname: Docker\n---\n"
    folder.write("a.md", name + START)
    folder.run()
    folder.remove("a.md")
    folder.write("b.md", name + STOP + START)
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None
    assert list(folder.cards()) == ["What starts a container?"]


def test_after_an_undo_no_two_decks_have_one_file(folder: Folder) -> None:
    """A name that moved to another file comes back; the file that made a deck meanwhile is the first deck's again."""
    named = "---\nname: Docker\n---\n"
    folder.write("b.md", named + START + STOP)
    folder.run()
    cards = list(folder.cards())
    folder.write("a.md", named + STOP)
    folder.write("b.md", START)
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None, "what was undone is held, in both files"
    folder.remove("a.md")
    folder.write("b.md", named + START + STOP.replace("A: ", "A: rather "))
    report = folder.run(asked=False)
    assert report.count(Kind.NEW) == 0
    assert list(folder.cards()) == cards
    with folder.database.reading() as session:
        assert checking.check(session).faults == ()
        files = session.scalars(select(Deck.file).where(Deck.file.is_not(None))).all()
    assert len(files) == len(set(files))


def test_a_file_that_made_a_deck_of_one_that_only_held_others_is_held_too(folder: Folder) -> None:
    folder.write("Docker/a.md", START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.write("Docker/a.md", START)
    folder.write("b.md", "---\nname: Docker\n---\n" + STOP)
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None
    assert sorted(folder.decks()) == ["Docker", "Docker/a"]
    folder.run()
    assert folder.progress() == learnt


def test_an_undone_merger_of_two_files_is_held_too(folder: Folder) -> None:
    """The one that stayed took the name of the other's deck, which is not there: that it is gone is held as well."""
    folder.write("a.md", START)
    folder.write("b.md", "---\nname: Docker\n---\n" + STOP)
    folder.run()
    cards = list(folder.cards())
    folder.write("a.md", "---\nname: Docker\n---\n" + START + STOP)
    folder.remove("b.md")
    folder.undo(folder.run().import_id)
    assert folder.run(asked=False).import_id is None
    assert list(folder.cards()) == cards


_LATER: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "changed twice": ({"a.md": START + STOP}, {"a.md": STOP + LIST}),
    "renamed, then changed": ({"a.md": "", "b.md": START}, {"b.md": STOP + START}),
    "changed, then taken away": ({"a.md": START + STOP}, {"a.md": ""}),
    "made, then changed": ({"b.md": STOP}, {"b.md": STOP + LIST}),
    "a folder made, then a deck of its name": (
        {"Docker/b.md": STOP + LIST},
        {"Docker/b.md": STOP, "b.md": "---\nname: Docker\n---\n" + LIST},
    ),
}


@pytest.mark.parametrize("edits", _LATER.values(), ids=_LATER)
def test_imports_that_were_undone_one_after_the_other_are_all_held(
    folder: Folder, edits: tuple[dict[str, str], dict[str, str]]
) -> None:
    """The files say what the last of them read; an edit of another file does not bring it back either."""
    write(folder, {"a.md": START, "c.md": "Q: c?\nA: c\n"})
    folder.run()
    before, imports = list(folder.cards()), []
    for edit in edits:
        write(folder, edit)
        imports.append(folder.run().import_id)
    for import_id in reversed(imports):
        folder.undo(import_id)
    assert folder.run(asked=False).import_id is None
    folder.write("c.md", "Q: c?\nA: changed\n")
    assert folder.run(asked=False).count(Kind.ANSWER_CHANGED) == 1
    assert list(folder.cards()) == before


def test_undo_of_a_first_import_leaves_no_card(folder: Folder) -> None:
    folder.write("x/a.md", START)
    folder.undo(folder.run().import_id)
    assert (folder.cards(), folder.decks()) == ({}, [])


def test_a_deck_gets_its_path_back_that_the_import_gave_to_another(folder: Folder) -> None:
    folder.write("a.md", "---\nname: Docker\n---\n" + START)
    folder.run()
    folder.write("a.md", "---\nname: Docker/Basics\n---\n" + START)
    folder.write("b.md", "---\nname: Docker\n---\n" + STOP)
    folder.undo(folder.run().import_id)
    assert folder.decks() == ["Docker"]
    assert list(folder.cards()) == ["What starts a container?"]


def test_undo_keeps_reviews_and_the_progress_made_since(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.write("a.md", START + STOP)
    second = folder.run()
    card = folder.cards()["What starts a container?"]["id"]
    with folder.database.writing() as session:
        give(session, folder.learner, card, 5, NOW)
    before = folder.tables()
    folder.undo(second.import_id)
    after = folder.tables()
    assert (after["reviews"], after["schedules"]) == (before["reviews"], before["schedules"])
    assert len(after["reviews"]) == 1


def test_a_deck_of_an_import_undone_before_does_not_share_the_file_of_one_that_has_it_again(folder: Folder) -> None:
    """Else the next look would read the file twice, and retire what was learnt."""
    folder.write("a.md", "name: a\n".join(["---\n", "---\n"]) + START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.remove("a.md")
    folder.write("a/c.md", "---\nname: a\n---\n" + START + LIST)
    second = folder.run()
    folder.write("a.md", "---\nname: X\n---\nQ: one?\nA: yes\n")
    third = folder.run()
    folder.undo(third.import_id)
    folder.undo(second.import_id)
    with folder.database.reading() as session:
        files = session.scalars(select(Deck.file).where(Deck.file.is_not(None))).all()
    assert len(files) == len(set(files))
    assert folder.run(asked=False).import_id is None
    assert folder.progress() == learnt


def test_only_the_newest_import_can_be_undone(folder: Folder) -> None:
    folder.write("a.md", START)
    first = folder.run()
    folder.write("a.md", START + STOP)
    second = folder.run()
    with pytest.raises(
        RefusedError, match=f"^Import {first.import_id} is not the newest; undo import {second.import_id} first$"
    ):
        folder.undo(first.import_id)
    folder.undo(second.import_id)
    folder.undo(first.import_id)
    assert folder.cards() == {}


def test_an_import_is_undone_once(folder: Folder) -> None:
    folder.write("a.md", START)
    report = folder.run()
    folder.undo(report.import_id)
    with pytest.raises(RefusedError, match=f"^Import {report.import_id} was undone before; nothing was changed$"):
        folder.undo(report.import_id)


def test_the_import_of_another_owner_does_not_exist(folder: Folder) -> None:
    folder.write("a.md", START)
    report = folder.run()
    sentence = f"^There is no import {report.import_id}; choose one from the list of imports$"
    with folder.database.writing() as session, pytest.raises(NotFoundError, match=sentence):
        importing.undo(session, report.import_id or 0, folder.learner.id, NOW)
