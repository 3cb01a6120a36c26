"""Notes that only change places: one entry a deck, and undo puts every one of them back to where it was."""

from collections.abc import Mapping, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from app.models import ImportChange, Note
from tests.importing.library_folder import Folder
from tests.importing.test_undoing import rows_of

_NOTES = {
    "a": "Q: What starts a container?\nA: docker start\n",
    "b": "Q: Where do images lie?\nA: below /var/lib/docker\nA line more\n",
    "c": "C: [One], [two] and [three] layers.\n",
    "d": "T: volume\nD: storage that outlives its container\n",
    "e": "C: A port is published by [`-p`].\n",
    "f": "Q: Who writes compose files?\nA: people\n",
    "g": "Q: Which signal asks to stop?\nA: SIGTERM\n",
}
_REWORDED = {
    "A": "Q: What is it that starts a container?\nA: docker start\n",
    "C": "C: [Zero], [one], [two] and three layers.\n",
}
_KINDS = _NOTES | _REWORDED
FILES = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(sorted(_KINDS)), max_size=8) for name in ("x.md", "y.md")}
)


def write(folder: Folder, files: Mapping[str, Sequence[str]]) -> None:
    """Write deck files that hold these notes."""
    for file, notes in files.items():
        folder.write(file, f"---\nname: {file[0]}\ndialect: qa\n---\n" + "\n".join(_KINDS[note] for note in notes))


def changes(folder: Folder, import_id: int | None) -> list[str]:
    """What an import remembered, a word for each entry."""
    query = select(ImportChange.note_id, ImportChange.before).where(ImportChange.import_id == import_id)
    with folder.database.reading() as session:
        return sorted(
            "note" if row.note_id is not None else min(row.before or ("new deck",)) for row in session.execute(query)
        )


def test_a_note_put_on_top_of_many_is_one_entry_for_all_that_move(folder: Folder) -> None:
    many = "".join(f"Q: question {number}?\nA: answer {number}\n" for number in range(300))
    folder.write("a.md", many)
    folder.run()
    learnt, before = folder.learn(), rows_of(folder)
    folder.write("a.md", _NOTES["b"] + many)
    report = folder.run()
    assert changes(folder, report.import_id) == ["added", "digest", "layout"]
    assert report.files[0].counts == {"same": 300, "new": 1}
    assert list(folder.cards())[:3] == ["Where do images lie?", "question 0?", "question 1?"]
    assert folder.progress() == learnt
    folder.undo(report.import_id)
    after = rows_of(folder, {name: set(rows) for name, rows in before.items()})
    assert after == before


def test_more_new_notes_than_are_written_at_once_stand_apart_from_those_that_move(folder: Folder) -> None:
    """Without the look at the ids the new notes that are written first move along."""
    old, new = ("".join(f"Q: {word} {number}?\nA: yes\n" for number in range(1_100)) for word in ("old", "new"))
    folder.write("a.md", old)
    folder.run()
    before = rows_of(folder)
    folder.write("a.md", new + old)
    report = folder.run()
    _check_places(folder)
    assert list(folder.cards())[1_099:1_101] == ["new 1099?", "old 0?"]
    folder.undo(report.import_id)
    assert rows_of(folder, {name: set(rows) for name, rows in before.items()}) == before


def test_moving_many_takes_as_many_statements_as_moving_few(folder: Folder) -> None:
    counts = []
    for size in (20, 400):
        many = "".join(f"Q: {size} question {number}?\nA: answer {number}\n" for number in range(size))
        folder.write(f"{size}.md", many)
        folder.run()
        folder.write(f"{size}.md", _NOTES["b"] + many)
        asked: list[str] = []
        listener = lambda *call, asked=asked: asked.append(call[2])  # noqa: E731
        event.listen(folder.database.engine, "before_cursor_execute", listener)
        folder.run()
        event.remove(folder.database.engine, "before_cursor_execute", listener)
        counts.append(sum(one.startswith(("UPDATE notes", "UPDATE cards")) for one in asked))
    assert counts == [4, 4]


def test_lines_that_change_are_put_back_too(folder: Folder) -> None:
    folder.write("a.md", _NOTES["a"] + _NOTES["b"])
    folder.run()
    folder.write("a.md", "\n\n" + _NOTES["a"] + "\n" + _NOTES["b"])
    report = folder.run()
    assert changes(folder, report.import_id) == ["digest", "layout"]
    assert _lines(folder) == [3, 6]
    folder.undo(report.import_id)
    assert _lines(folder) == [1, 3]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FILES, min_size=2, max_size=4))
def test_every_undo_gives_every_row_back(folder: Folder, versions: list[dict[str, list[str]]]) -> None:
    """Without `layout.put_back` coming first, or with runs that overlap, rows come back in other places."""
    write(folder, {"x.md": (), "y.md": ()})
    folder.run()
    done = []
    for files in versions:
        write(folder, files)
        before = rows_of(folder)
        done.append((before, folder.run().import_id))
        _check_places(folder)
    for before, import_id in reversed(done):
        if import_id is not None:
            folder.undo(import_id)
            assert rows_of(folder, {name: set(rows) for name, rows in before.items()}) == before


def _check_places(folder: Folder) -> None:
    """The notes that are in a deck stand in it from 0 on, without a gap."""
    query = select(Note.deck_id, func.count(), func.count(Note.position.distinct()), func.max(Note.position))
    with folder.database.reading() as session:
        for _, notes, places, last in session.execute(query.where(Note.retired_at.is_(None)).group_by(Note.deck_id)):
            assert notes == places == last + 1


def _lines(folder: Folder) -> list[int]:
    with folder.database.reading() as session:
        return list(session.execute(select(Note.line).order_by(Note.position)).scalars())
