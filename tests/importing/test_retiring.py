"""A deck of a learner's own is put away: retired like one whose file is gone, and back when the file is sent again."""

import pytest
from sqlalchemy import select

from app import checking, importing, library
from app.errors import NotFoundError
from app.importing import ImportReport, Request
from app.importing.report import Kind, State
from app.importing.retiring import put_away
from app.models import Deck
from tests.conftest import NOW, add_learner
from tests.importing.library_folder import Folder
from tests.importing.test_progress import LIST, START, STOP
from tests.importing.test_undoing import rows_of
from tests.library import give


def send(folder: Folder, *, owner_id: int | None = None) -> ImportReport:
    """Import what is in the folder as decks of the learner's own, or of another's."""
    owner_id = owner_id or folder.learner.id
    request = Request(owner_id=owner_id, root="sent", whole=False, asked=True)
    return importing.import_files(folder.database, importing.from_folder(folder.path), request, owner_id, NOW)


def away(folder: Folder, path: str) -> ImportReport:
    """Put away the deck with this path, whosever it is, in the learner's name."""
    with folder.database.writing() as session:
        deck_id = session.scalars(select(Deck.id).where(Deck.path == path)).one()
        return put_away(session, folder.learner.id, deck_id, "sent", NOW)


def learn(folder: Folder) -> dict[str, int]:
    """Answer every card; the id of each, by its question."""
    cards = {question: card["id"] for question, card in folder.cards().items()}
    with folder.database.writing() as session:
        for card_id in cards.values():
            give(session, folder.learner, card_id, 4)
    return cards


def cards(folder: Folder) -> dict[str, int]:
    """The id of each card that is in a deck, by its question; the database agrees with itself."""
    with folder.database.reading() as session:
        assert checking.check(session).faults == ()
    assert folder.progress().keys() == folder.cards().keys()
    return {question: card["id"] for question, card in folder.cards().items()}


def test_a_deck_that_is_put_away_is_gone_until_its_file_is_sent_again_with_its_progress(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.write("b.md", LIST)
    send(folder)
    learnt = learn(folder)
    report = away(folder, "a")
    (file,) = report.files
    assert (file.state, file.counts, report.import_id is not None) == (State.MISSING, {Kind.RETIRED: 2}, True)
    assert folder.decks() == ["b"]
    assert cards(folder).items() < learnt.items()
    assert send(folder).files[0].counts == {Kind.BACK: 2}
    assert cards(folder) == learnt


def test_it_is_undone_as_every_import_is(folder: Folder) -> None:
    folder.write("a.md", START + "C: [One] and [two].\n")
    send(folder)
    learn(folder)
    before = rows_of(folder)
    report = away(folder, "a")
    with folder.database.writing() as session:
        importing.undo(session, report.import_id or 0, folder.learner.id, NOW)
    assert rows_of(folder) == before
    away(folder, "a")
    assert folder.decks() == []


def test_what_was_sent_again_under_another_name_goes_on_with_the_progress_of_what_is_put_away(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    send(folder)
    learnt = learn(folder)
    folder.remove("a.md")
    folder.write("b.md", START + STOP)
    send(folder)
    report = away(folder, "a")
    assert report.files[0].counts == {Kind.MOVED: 2}
    assert folder.decks() == ["b"]
    assert cards(folder) == learnt


def test_a_deck_above_others_is_put_away_and_goes_on_holding_them_until_they_go_too(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.write("a/b.md", STOP)
    send(folder)
    learn(folder)
    before = rows_of(folder)
    report = away(folder, "a")
    assert [card["path"] for card in folder.cards().values()] == ["a/b"]
    assert is_away(folder, "a")
    with pytest.raises(NotFoundError):
        away(folder, "a")
    with folder.database.writing() as session:
        importing.undo(session, report.import_id or 0, folder.learner.id, NOW)
    assert rows_of(folder) == before
    away(folder, "a")
    away(folder, "a/b")
    assert folder.decks() == []
    send(folder)
    assert (sorted(folder.decks()), is_away(folder, "a"), len(cards(folder))) == (["a", "a/b"], False, 2)


def is_away(folder: Folder, path: str) -> bool:
    """Whether the page of a deck says that it is put away."""
    with folder.database.reading() as session:
        return library.deck_by_path(session, folder.learner.id, path).is_away


def test_only_a_deck_of_ones_own_that_has_a_file_and_is_there_can_be_put_away(folder: Folder) -> None:
    folder.write("mine/a.md", START)
    send(folder)
    away(folder, "mine/a")
    folder.remove("mine/a.md")
    folder.write("theirs.md", STOP)
    with folder.database.writing() as session:
        taro = add_learner(session, "taro").id
    send(folder, owner_id=taro)
    folder.remove("theirs.md")
    folder.write("library.md", LIST)
    folder.run()
    before = folder.tables()
    for path in ("mine/a", "mine", "theirs", "library"):
        with pytest.raises(
            NotFoundError, match=r"^You have no deck \d+ of your own; choose one from the list on Today$"
        ):
            away(folder, path)
    assert folder.tables() == before
