"""A mistake on the command line is one sentence on standard error and exit status 1, whatever the command."""

import os
from io import StringIO
from pathlib import Path

import pytest

from app import cli
from app.config import Config
from tests.entrance import PASSWORD

NOBODY = 'There is no account "nobody"; "oboegaki user list" shows the names of all accounts'
NO_NOTES = (
    "holds no notes, so nothing was cut; write bullets below a heading: one with something below it is a note, and so "
    'is "term : meaning"'
)


@pytest.fixture(autouse=True)
def folder(environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder to stand in, with one deck file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("Q: x\nA: y\n")
    (tmp_path / "notes.txt").write_text("Q: x\nA: y\n")
    (tmp_path / "memo.md").write_text("- x\n  - y\n")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "cards" / "notes.txt").write_text("Q: x\nA: y\n")
    for pipe in ("pipe.md", "cards/pipe.md"):
        os.mkfifo(tmp_path / pipe)


def status(monkeypatch: pytest.MonkeyPatch, line: str) -> object:
    """The exit status of `oboegaki LINE`, the password on standard input."""
    monkeypatch.setattr("sys.argv", ["oboegaki", *line.split()])
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


MISTAKES = {
    "due --user nobody": NOBODY,
    "due --user nobody --json": NOBODY,
    "user password nobody --password-stdin": NOBODY,
    "deck import a.md --user nobody": NOBODY,
    "deck import a.md --user nobody --dry-run": NOBODY,
    "deck export Docker --user nobody": NOBODY,
    "deck export Docker/Nothing": 'There is no deck "Docker/Nothing"; paths look like Docker/Network',
    "deck import none.md": "none.md: there is no such file or folder; check the path",
    "deck check none": "none: there is no such file or folder; check the path",
    "deck check notes.txt": "notes.txt: this is no Markdown file; deck files end in .md or .markdown",
    "deck import notes.txt": "notes.txt: this is no Markdown file; deck files end in .md or .markdown",
    "deck check circle": "circle: there is no such file or folder; check the path",
    "deck import circle --dry-run": "circle: there is no such file or folder; check the path",
    f"deck check {'x' * 300}": f"{'x' * 300}: there is no such file or folder; check the path",
    "deck check pipe.md": "pipe.md: this is no plain file; put a plain file in its place",
    "deck import cards/notes.txt": "cards/notes.txt: this is no Markdown file; deck files end in .md or .markdown",
    "deck import cards/pipe.md": "cards/pipe.md: this is no plain file; put a plain file in its place",
    "deck cut none.md": "none.md: cannot be read (No such file or directory); check the path",
    "deck cut empty.md": f"empty.md: {NO_NOTES}",
    "deck cut notes.txt -o new.md": f"notes.txt: {NO_NOTES}",
    "deck cut memo.md -o a.md": "a.md: the file exists and was left as it is; choose another name",
    "deck cut memo.md -o none/b.md": "none/b.md: cannot be written (No such file or directory); check the path",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_what_does_not_exist_is_named_with_a_remedy(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = status(monkeypatch, line)
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err) == (1, "", f"oboegaki: {MISTAKES[line]}\n")


@pytest.mark.parametrize("line", ["deck import a.md", "deck import a.md --dry-run", "deck import .", "deck import /"])
def test_nothing_outside_the_cards_folder_becomes_the_library(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Config
) -> None:
    code = status(monkeypatch, line)
    path = line.split()[2]
    assert (code, capsys.readouterr().err) == (
        1,
        f"oboegaki: {path}: is not in the cards folder {config.cards_dir}, from which the shared library comes; put "
        "the files into that folder, set OBOEGAKI_CARDS_DIR to theirs, or give --user NAME for decks of one account\n",
    )


@pytest.mark.parametrize("line", ["deck import", "deck import --dry-run"])
def test_a_cards_folder_that_is_not_there_is_named_with_its_setting(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBOEGAKI_CARDS_DIR", "/nope")
    code = status(monkeypatch, line)
    assert (code, capsys.readouterr().err) == (
        1,
        "oboegaki: /nope: there is no such folder; make it, or set OBOEGAKI_CARDS_DIR to the one with the deck files\n",
    )


@pytest.mark.parametrize("line", ["", "deck", "user", "data"])
def test_what_a_command_is_for_is_never_cut_short(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert status(monkeypatch, f"{line} --help") == 0
    summaries = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert len(summaries) >= 3
    assert [summary for summary in summaries if not summary.endswith(".") or "..." in summary] == []


@pytest.mark.parametrize(
    "line", ["due --user", "user add", "deck export", "nothing", "deck nothing", "deck import --dialect outlines"]
)
def test_a_wrong_call_is_explained_with_exit_status_2(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch, line) == 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "postgresql+psycopg://127.0.0.1:1/oboegaki",
            'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        ),
        ("sqlite:////dev", "unable to open database file"),
    ],
)
def test_a_database_that_does_not_answer_is_one_sentence(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBOEGAKI_DATABASE_URL", url)
    code = status(monkeypatch, "user list")
    assert (code, capsys.readouterr().err) == (
        1,
        f"oboegaki: the database does not answer ({reason}); look at it and at OBOEGAKI_DATABASE_URL, and try again\n",
    )
