"""A mistake on the command line is one sentence on standard error and exit status 1, whatever the command."""

from io import StringIO
from pathlib import Path

import pytest

from app import cli
from tests.entrance import PASSWORD

NOBODY = 'There is no account "nobody"; "oboegaki user list" shows the names of all accounts'


@pytest.fixture(autouse=True)
def folder(environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder to stand in, with one deck file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("Q: x\nA: y\n")
    (tmp_path / "notes.txt").write_text("Q: x\nA: y\n")


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
    "deck cut none.md": "none.md: cannot be read (No such file or directory); check the path",
    "deck cut a.md -o a.md": "a.md: the file exists and was left as it is; choose another name",
    "deck cut a.md -o none/b.md": "none/b.md: cannot be written (No such file or directory); check the path",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_what_does_not_exist_is_named_with_a_remedy(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = status(monkeypatch, line)
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err) == (1, "", f"oboegaki: {MISTAKES[line]}\n")


@pytest.mark.parametrize("line", ["due --user", "user add", "deck export", "nothing", "deck nothing"])
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
