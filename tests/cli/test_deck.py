"""The command `oboegaki deck`."""

import json
import resource
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.cli.deck import deck
from app.config import Config
from app.db import Database
from app.models import Deck, Note
from tests.conftest import add_learner
from tests.pictures import PNG

pytestmark = pytest.mark.usefixtures("environment")

START = "Q: What starts a container?\nA: docker container start\n"
STOP = "Q: What stops a container?\nA: docker container stop\n"


def run(*arguments: str | Path) -> Result:
    """What the command did."""
    return CliRunner().invoke(deck, [str(argument) for argument in arguments])


def live(database: Database) -> list[str]:
    """The questions that are in a deck file."""
    query = select(Note.front).join(Deck).where(Note.retired_at.is_(None)).order_by(Deck.position, Note.position)
    with database.reading() as session:
        return list(session.execute(query).scalars())


def test_a_deck_file_for_which_there_is_no_room_leaves_no_half_of_it(tmp_path: Path) -> None:
    memo, written = tmp_path / "memo.md", tmp_path / "new.md"
    memo.write_text("- term\n  - meaning\n")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, most[1]))
    try:
        result = run("cut", memo, "-o", written)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert str(result.exception) == f"{written}: cannot be written (File too large); check the path"
    assert not written.exists()
    assert run("cut", memo, "-o", written).exit_code == 0


def test_check_of_a_folder_without_deck_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text(START)
    result = run("check", tmp_path / "notes")
    sentence = f"{tmp_path / 'notes'}: there are no deck files here; they end in .md or .markdown\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", sentence)
    assert run("check", tmp_path / "notes", "--json").stdout == "[]\n"


def test_check_prints_notes_and_problems_for_a_program(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nname: Docker\ntags: [x]\n---\n" + START + "C: A [box].\nA: stray\n")
    result = run("check", tmp_path / "a.md", "--json")
    assert result.exit_code == 1
    (file,) = json.loads(result.stdout)
    basic, cloze = file.pop("notes")
    assert basic == {
        "kind": "basic",
        "front": "What starts a container?",
        "back": "docker container start",
        "text": None,
        "deletions": [],
        "cards": 1,
        "tags": ["x"],
        "deck": "Docker",
        "line": 5,
    }
    assert (cloze["text"], cloze["front"], cloze["deletions"]) == (
        "A box.",
        None,
        [{"answer": "box", "start": 2, "card": 1}],
    )
    (problem,) = file.pop("problems")
    assert (problem["line"], problem["code"]) == (8, "answer-after-cloze")
    assert problem["message"] == "answer after the cloze in line 7, left out"
    assert file == {"file": "a.md", "dialect": "qa"}


def test_check_names_the_place_of_a_problem_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(START + "A: two\n")
    by_file, by_folder = run("check", tmp_path / "a.md"), run("check", tmp_path)
    sentence = by_file.stdout.splitlines()[0]
    assert sentence.startswith(f"{tmp_path}/a.md:3: second answer, left out; the first one is in line 2; ")
    assert by_folder.stdout.splitlines()[0] == sentence
    assert (by_file.exit_code, by_folder.exit_code) == (1, 1)


def test_a_warning_costs_no_note_and_no_exit_status(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(START + "Q: empty?\nA:\n")
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f'{tmp_path}/a.md:4: warning: empty answer; write it after "A:"',
        "a.md: qa, notes: 2, cards: 2",
    ]


def test_check_tells_a_missing_picture_by_its_line_as_an_import_would(config: Config) -> None:
    (config.cards_dir / "net").mkdir()
    (config.cards_dir / "bridge.png").write_bytes(PNG)
    (config.cards_dir / "net" / "a.md").write_text("Q: a\nA: b\n\n![x](../bridge.png) ![y](none.png)\n")
    expected = (
        '{folder}/net/a.md:4: warning: "none.png" is not there; put the file there, its path counted from the deck '
        "file, or correct the name"
    )
    for path in (config.cards_dir, config.cards_dir / "net", config.cards_dir / "net" / "a.md"):
        result = run("check", path)
        told, _ = result.stdout.splitlines()
        assert (told, result.exit_code) == (expected.format(folder=config.cards_dir), 0)


def test_check_makes_neither_a_data_folder_nor_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text(START)
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "none"))
    assert run("check", tmp_path / "a.md").exit_code == 0
    assert not (tmp_path / "none").exists()


def test_check_reads_a_large_file_too(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(START + "".join(f"Q: {number}\nA: {'x' * 1000}\n" for number in range(1100)))
    assert run("check", tmp_path).stdout == "a.md: qa, notes: 1101, cards: 1101\n"


def test_cut_writes_a_deck_file_that_reads_to_the_same_notes_and_leaves_others_alone(tmp_path: Path) -> None:
    memo, output = tmp_path / "memo.md", tmp_path / "deck.md"
    memo.write_text("# Docker\n- start : makes it run\n- stop\n  - ends it\n")
    assert run("cut", memo, "-o", output).exit_code == 0
    fronts = [note["front"] for note in json.loads(run("check", output, "--json").stdout)[0]["notes"]]
    assert len(fronts) == 2
    written = output.read_text()
    again = run("cut", memo, "-o", output)
    assert str(again.exception) == f"{output}: the file exists and was left as it is; choose another name"
    assert output.read_text() == written


def test_cut_says_which_memo_cannot_be_read(tmp_path: Path) -> None:
    sentence = f"{tmp_path}/none.md: cannot be read (No such file or directory); check the path"
    assert str(run("cut", tmp_path / "none.md").exception) == sentence


def test_import_takes_the_cards_folder_and_says_what_it_did(config: Config, database: Database) -> None:
    (config.cards_dir / "a.md").write_text(START)
    result = run("import")
    assert result.stdout.splitlines() == ["a.md: read: 1 new", f"{config.cards_dir}: 1 file; 1 new", "import 1"]
    assert live(database) == ["What starts a container?"]
    (config.cards_dir / "a.md").write_text(START.replace("What starts", "Which command starts"))
    assert "  a.md:1: ~ reworded: What starts a container? -> Which command starts a container?" in run("import").stdout


def test_a_dry_run_shows_the_same_report_and_writes_nothing(config: Config, database: Database) -> None:
    (config.cards_dir / "a.md").write_text(START)
    planned = json.loads(run("import", "--dry-run", "--json").stdout)
    assert live(database) == []
    done = json.loads(run("import", "--json").stdout)
    assert (planned["files"], planned["import_id"]) == (done["files"], None)


def test_a_part_of_the_cards_folder_does_not_retire_the_rest(config: Config, database: Database) -> None:
    (config.cards_dir / "a.md").write_text(START)
    (config.cards_dir / "x").mkdir()
    (config.cards_dir / "x/b.md").write_text(STOP)
    run("import")
    (config.cards_dir / "x/b.md").write_text(STOP.replace("What stops", "How does one stop"))
    assert run("import", config.cards_dir / "x").exit_code == 0
    assert live(database) == ["What starts a container?", "How does one stop a container?"]
    assert run("import", config.cards_dir / "a.md").exit_code == 0
    assert len(live(database)) == 2


def test_a_refused_import_retires_nothing(config: Config, database: Database, tmp_path: Path) -> None:
    """Taken as the library, the other folder would put its notes in the place of all others."""
    (config.cards_dir / "a.md").write_text(START)
    run("import")
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.md").write_text(STOP)
    (config.cards_dir / "link.md").symlink_to(other / "b.md")
    for path in (other, other / "b.md", config.cards_dir / "link.md", tmp_path):
        assert run("import", path).exit_code == 1
    assert live(database) == ["What starts a container?"]


def test_a_report_counts_one_thing_as_one(config: Config) -> None:
    (config.cards_dir / "img.png").write_bytes(PNG)
    (config.cards_dir / "a.md").write_text(START + "\n![x](img.png)\nA: stray\n")
    told = run("import").stdout.splitlines()
    assert told[0] == "a.md: read: 1 new, 1 picture or sound"
    assert told[-2] == f"{config.cards_dir}: 1 file; 1 new, 1 picture or sound, 1 problem"


def test_import_for_an_account_makes_decks_of_its_own(tmp_path: Path, database: Database) -> None:
    with database.writing() as session:
        owner = add_learner(session, "hanako")
    (tmp_path / "own.md").write_text(START)
    assert run("import", tmp_path / "own.md", "--user", "Hanako").exit_code == 0
    with database.reading() as session:
        assert session.execute(select(Deck.path, Deck.owner_id)).all() == [("own", owner.id)]


def test_import_for_nobody_is_refused(tmp_path: Path) -> None:
    sentence = 'There is no account "taro"; "oboegaki user list" shows the names of all accounts'
    assert str(run("import", tmp_path, "--user", "taro").exception) == sentence


def test_an_exported_deck_imports_to_the_same_notes(config: Config, database: Database, tmp_path: Path) -> None:
    (config.cards_dir / "a.md").write_text("---\nname: Docker/Basics\n---\n" + START + "C: A [box].\n")
    run("import")
    output = tmp_path / "out.md"
    assert run("export", "Docker/Basics", "-o", output).exit_code == 0
    (config.cards_dir / "a.md").write_text(output.read_text())
    counts = json.loads(run("import", "--json").stdout)["files"][0]["counts"]
    assert counts == {"same": 2}


def test_a_deck_that_only_holds_others_is_not_exported_and_they_are_named(config: Config) -> None:
    (config.cards_dir / "a.md").write_text("---\nname: Docker/Network\n---\n" + START)
    (config.cards_dir / "b.md").write_text("---\nname: Docker/基本\n---\n" + STOP)
    run("import")
    refused = run("export", "Docker")
    assert (refused.exit_code, refused.stdout) == (1, "")
    sentence = 'The deck "Docker" has no notes of its own; choose one below it: Docker/Network, Docker/基本'
    assert str(refused.exception) == sentence


def test_a_deck_whose_notes_are_all_gone_is_not_exported(config: Config, tmp_path: Path) -> None:
    (config.cards_dir / "a.md").write_text("---\nname: Docker\n---\n" + START)
    run("import")
    (config.cards_dir / "a.md").unlink()
    run("import")
    refused = run("export", "Docker", "-o", tmp_path / "out.md")
    assert (refused.exit_code, str(refused.exception)) == (1, 'The deck "Docker" has no notes; choose another')
    assert not (tmp_path / "out.md").exists()
