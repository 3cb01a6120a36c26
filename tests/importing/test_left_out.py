"""Files that make no deck are told with the reason and the remedy; nothing is left out in silence."""

import io
import os
import zipfile

import pytest

from app.importing import ImportReport, from_json
from app.importing.report import MOST_LEFT_OUT
from app.importing.uploads import Upload, from_uploads
from tests.importing.library_folder import Folder
from tests.importing.test_progress import START
from tests.pictures import png

HIDDEN = "a hidden file or folder, which is left out; take the dot at the beginning of its name away to have it read"
OTHER_KIND = 'no Markdown file, so it makes no deck; give it a name that ends in ".md" to have it read'
ELSEWHERE = "a link that leads out of the folder, or to nothing; put the file itself into the folder"


def told(report: ImportReport) -> dict[str, str]:
    """What is said of the files that were left out."""
    return {
        one["file"]: f"{one['message'] % one['details']}; {one['remedy'] % one['details']}" for one in report.left_out
    }


@pytest.fixture(params=["first import", "plan"])
def report(request: pytest.FixtureRequest, folder: Folder) -> ImportReport:
    """What is said of a folder that holds all kinds of files."""
    folder.write("a.md", START + "Q: b?\nA: ![](shown.png)\n")
    for file in ("notes.txt", ".draft.md", ".git/x.md", "x/.hidden/y.md"):
        folder.write(file, START)
    for file in ("shown.png", "x/unused.png"):
        (folder.path / file).parent.mkdir(exist_ok=True)
        (folder.path / file).write_bytes(png())
    (folder.path.parent / "outside.md").write_text(START)
    (folder.path / "out.md").symlink_to(folder.path.parent / "outside.md")
    (folder.path / "nowhere.md").symlink_to(folder.path / "none.md")
    (folder.path / "linked").symlink_to(folder.path / "x")
    os.mkfifo(folder.path / "pipe.md")
    return folder.run() if request.param == "first import" else folder.plan().report()


def test_every_file_that_makes_no_deck_is_told_with_its_reason(report: ImportReport) -> None:
    assert told(report) == {
        ".draft.md": HIDDEN,
        ".git/": HIDDEN,
        "x/.hidden/": HIDDEN,
        "notes.txt": OTHER_KIND,
        "out.md": ELSEWHERE,
        "nowhere.md": ELSEWHERE,
        "linked/": "a link to a folder, which is not followed; put the folder itself in its place",
        "pipe.md": "no plain file; put a plain file in its place",
        "x/unused.png": "no card shows this picture or plays this sound, so it is left out; "
        'show it with "![](x/unused.png)", the path counted from the deck file',
    }
    assert report.files[0].counts == {"new": 2}


def test_a_report_keeps_what_was_left_out(report: ImportReport) -> None:
    assert from_json(report.as_json()).left_out == report.left_out


def test_what_is_left_out_is_nothing_that_an_import_would_do(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    folder.write("notes.txt", START)
    plan = folder.plan().report()
    assert (plan.changes, plan.needs_a_look, list(told(plan))) == (False, False, ["notes.txt"])


def test_many_are_counted_and_a_hundred_listed(folder: Folder) -> None:
    folder.write("a.md", START)
    for number in range(MOST_LEFT_OUT + 5):
        folder.write(f"{number}.txt", "")
    report = folder.run()
    assert (len(report.left_out), report.more_left_out) == (100, 5)


def test_a_zip_tells_what_is_left_out_of_it_too() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("a.md", "x/notes.txt", ".obsidian/app.json", "__MACOSX/._a.md", "p.png", "../../q.txt"):
            archive.writestr(name, START)
    found = from_uploads([Upload("decks.zip", io.BytesIO(packed.getvalue()))])
    assert {one.file: str(one.problem) for one in found.left_out()} == {
        "x/notes.txt": OTHER_KIND,
        ".obsidian/app.json": HIDDEN,
        "../../q.txt": HIDDEN,
    }
    assert [source.file for source in found] == ["a.md"]


def test_a_file_that_is_too_large_keeps_its_notes(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.md", START)
    folder.run()
    monkeypatch.setattr("app.importing.folder.MOST_BYTES", 1024 * 1024)
    folder.write("a.md", START + "x" * 1024 * 1024)
    (found,) = folder.run().files
    assert (found.state, [str(one["message"] % one["details"]) for one in found.problems]) == (
        "unreadable",
        ["the file is larger than 1 MiB"],
    )
    assert list(folder.cards()) == ["What starts a container?"]
