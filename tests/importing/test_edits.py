"""Whatever is edited over two files, no schedule is lost, and notes that nobody touched keep theirs."""

from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import from_environment
from app.db import Database
from tests.importing.library_folder import Folder

_WORDS = ("kernel", "volume", "bridge", "socket", "layer", "branch", "cursor", "filter", "packet", "router")
_NOTES = st.lists(st.sampled_from(_WORDS), unique=True, max_size=len(_WORDS))


def text_of(word: str, version: int) -> str:
    """A note about one word; another version words it anew."""
    how = ("What does the word", "Tell what the word", "Say what the term")[version]
    return f"Q: {how} {word} stand for, and where is it used?\nA: The {word} that belongs to {word[::-1] * 3}.\n"


@st.composite
def edits(draw: st.DrawFn) -> list[dict[str, str]]:
    """Versions of a folder with two files: notes in any order, in either file, worded in one of three ways."""
    versions = []
    for _ in range(draw(st.integers(2, 4))):
        words = draw(_NOTES)
        cut = draw(st.integers(0, len(words)))
        wording = {word: draw(st.integers(0, 2)) for word in words}
        files = {"a.md": words[:cut], "b.md": words[cut:]}
        versions.append({file: "".join(text_of(word, wording[word]) for word in each) for file, each in files.items()})
    return versions


@settings(max_examples=30)
@given(versions=edits())
def test_no_edit_loses_a_schedule_or_gives_an_untouched_note_another_ones(
    migrated_file: Path, versions: list[dict[str, str]]
) -> None:
    with TemporaryDirectory() as home:
        folder = _folder(Path(home), migrated_file)
        known: dict[str, int] = {}
        for version in versions:
            for file, text in version.items():
                folder.write(file, text or f"Q: what fills {file}?\nA: nothing\n")
            folder.run()
            now = folder.progress()
            untouched = known.keys() & folder.cards().keys()
            assert {question: now.get(question) for question in untouched} == {
                question: known[question] for question in untouched
            }
            assert folder.run().import_id is None
            before = _schedules(folder)
            known = folder.learn()
            assert _schedules(folder).items() >= before.items()
        folder.database.close()


def _schedules(folder: Folder) -> dict[Any, Any]:
    """The interval of every schedule, by learner and card."""
    return {(row[0], row[1]): row[4] for row in folder.tables()["schedules"]}


def _folder(home: Path, migrated_file: Path) -> Folder:
    (home / "data").mkdir()
    (home / "cards").mkdir()
    copyfile(migrated_file, home / "data" / "oboegaki.db")
    config = from_environment({"OBOEGAKI_DATA_DIR": str(home / "data"), "OBOEGAKI_CARDS_DIR": str(home / "cards")})
    return Folder(Database(config), config)
