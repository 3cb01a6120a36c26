"""The plan and its report: true counts, problems with their lines, and nothing that is not written down changes."""

import pytest
from sqlalchemy import select

from app import stats
from app.decks.problems import how_many, problem
from app.errors import NotFoundError
from app.importing import ImportReport
from app.importing.report import problems_as_json
from app.models import Deck
from tests.importing.library_folder import Folder
from tests.importing.test_importing import sentences
from tests.importing.test_progress import LIST, START, STOP
from tests.library import TODAY

_NAMED = "---\nname: Docker\n---\n"


def lines(report: ImportReport) -> list[tuple[str, int]]:
    """File and line of every problem."""
    return [(file.file, problem["line"]) for file in report.files for problem in file.problems]


def test_a_report_counts_every_kind_of_change_once(folder: Folder) -> None:
    folder.write("a.md", START + STOP + LIST)
    folder.write("b.md", "Q: What is a layer?\nA: a step of an image\nQ: Who builds?\nA: buildx\n")
    folder.run()
    folder.write("a.md", START.replace("What starts", "Which command starts") + STOP.replace("container stop", "stop"))
    folder.write("b.md", "Q: Who builds?\nA: buildx\n" + LIST + "Q: Where do volumes live?\nA: /var/lib/docker\n")
    report = folder.run()
    counts = {file.file: file.counts for file in report.files}
    assert counts["a.md"] == {"reworded": 1, "answer changed": 1}
    assert counts["b.md"] == {"same": 1, "moved": 1, "new": 1, "retired": 1}
    assert report.summary == (
        f"{folder.path}: 2 files; 1 same, 1 reworded, 1 answer changed, 1 moved, 1 new, 1 retired"
    )
    assert [(item.kind, item.line) for item in report.files[0].items] == [("reworded", 1), ("answer changed", 3)]
    folder.write("b.md", "Q: Who builds?\nA: buildx\nQ: What is a layer?\nA: a step of an image\n")
    assert folder.run().files[1].counts == {"same": 1, "back": 1, "retired": 2}


def test_a_first_plan_tells_what_the_first_import_does(folder: Folder) -> None:
    folder.write("a.md", _NAMED + START + "A: two\n")
    folder.write("b.md", _NAMED + STOP)
    folder.write("c.md", "no notes")
    before = folder.tables()
    planned = folder.plan().report()
    assert folder.tables() == before
    done = folder.run()
    assert (done.files, planned.import_id, done.import_id) == (planned.files, None, 1)


def test_problems_stand_with_file_and_line_and_the_other_notes_are_imported(folder: Folder) -> None:
    folder.write("a.md", START + "A: two\n" + STOP)
    folder.write("x/b.md", LIST + "---\nstray\n---\nQ: what?\n")
    report = folder.run()
    assert lines(report) == [("a.md", 3), ("x/b.md", 4), ("x/b.md", 6)]
    assert sentences(report)[1] == (
        'x/b.md: text outside a card: "stray"; start the note with "Q:", "C:" or "T:", or take the text out'
    )
    assert len(folder.cards()) == 3
    assert report.summary == f"{folder.path}: 2 files; 3 new, 3 problems"


def test_of_very_many_problems_the_first_200_are_kept_and_all_are_counted(folder: Folder) -> None:
    """Each line may be one: a file of half a megabyte with 140,000 filled 130 MB of the disk, and a worker's memory."""
    folder.write("a.md", START + "A: two\n" * 1_000)
    report = folder.run()
    assert report.summary == f"{folder.path}: 1 file; 1 new, 1000 problems"
    assert lines(report) == [("a.md", line) for line in range(3, 204)]
    assert sentences(report)[-1] == (
        "a.md: further problems from here on, which are not listed: 800; "
        'mend those above and import again, or list all with "oboegaki deck check"'
    )
    with folder.database.reading() as session:
        (deck,) = stats.deck_tree(session, folder.learner, TODAY)
    assert deck.problems == 1_000


def test_of_very_many_problems_one_that_may_pass_is_always_kept_and_so_tried_again() -> None:
    many = [problem(line, "second-answer", start=1) for line in range(300)]
    passing = [problem(400, "media-unreadable", name="x.png", reason="I/O error")] * 2
    kept = problems_as_json([*many, *passing])
    assert [each["code"] for each in kept[200:]] == ["media-unreadable", "more-problems"]
    assert how_many(kept) == 302


def test_an_unchanged_file_keeps_its_problems_where_its_page_shows_them(folder: Folder) -> None:
    folder.write("a.md", START + "A: two\n")
    folder.run()
    decks = folder.tables()["decks"]
    folder.run()
    assert folder.tables()["decks"] == decks
    assert "second-answer" in str(decks)


def test_a_mended_file_has_no_problems_any_more(folder: Folder) -> None:
    folder.write("a.md", START + "A: two\n")
    folder.run()
    folder.write("a.md", START)
    folder.run()
    assert "second-answer" not in str(folder.tables()["decks"])


def test_a_file_that_is_as_it_was_before_it_could_not_be_read_has_its_own_problems_again(folder: Folder) -> None:
    text = START + "C: nothing hidden\n"
    folder.write("a.md", text)
    first = folder.run().files[0].problems
    learnt = folder.learn()
    (folder.path / "a.md").write_bytes(b"\xff")
    assert [problem["code"] for problem in folder.run().files[0].problems] == ["not-utf8"]
    folder.write("a.md", text)
    assert folder.run(asked=False).files[0].counts == {"same": 1}
    with folder.database.reading() as session:
        assert session.scalars(select(Deck.problems)).one() == first
    assert folder.progress() == learnt
    assert folder.run(asked=False).import_id is None


def test_a_file_that_no_longer_says_what_it_is_is_read_as_before(folder: Folder) -> None:
    folder.write("a.md", "---\ndialect: outline\n---\nterm : meaning\n\n- build\n  - makes an image\n")
    folder.run()
    before = folder.cards()
    folder.write("a.md", "- build\n  - makes an image\n")
    report = folder.run()
    assert report.files[0].dialect == "outline"
    assert list(folder.cards()) == ["build"]
    assert folder.cards()["build"]["id"] == before["build"]["id"]


def test_a_new_file_that_cannot_be_read_takes_no_decks_name(folder: Folder) -> None:
    folder.write("b.md", _NAMED + START)
    folder.run()
    folder.write("a.md", "---\nname: Docker\ndialect: klingon\n---\n" + STOP)
    folder.write("b.md", _NAMED + START + LIST)
    report = folder.run()
    assert folder.decks() == ["Docker"]
    assert [(file.file, file.state) for file in report.files] == [("a.md", "unreadable"), ("b.md", "read")]
    assert sentences(report)[0].startswith('a.md: unknown dialect "klingon"; choose one of: ')
    assert len(sentences(report)) == 1


def test_a_file_that_became_unreadable_keeps_its_decks_name(folder: Folder) -> None:
    folder.write("a.md", _NAMED + START)
    folder.run()
    folder.write("a.md", "---\nname: Docker\ndialect: klingon\n---\n" + START)
    folder.write("b.md", _NAMED + STOP)
    folder.run()
    assert sorted(folder.decks()) == ["Docker", "Docker (b.md)"]
    assert folder.cards()["What starts a container?"]["path"] == "Docker"


def test_deck_names_that_two_files_exchange_are_exchanged(folder: Folder) -> None:
    names = {"a.md": "---\nname: One\n---\n", "b.md": "---\nname: Two\n---\n"}
    folder.write("a.md", names["a.md"] + START)
    folder.write("b.md", names["b.md"] + STOP)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", names["b.md"] + START)
    folder.write("b.md", names["a.md"] + STOP)
    report = folder.run()
    assert {question: card["path"] for question, card in folder.cards().items()} == {
        "What starts a container?": "Two",
        "What stops a container?": "One",
    }
    assert folder.progress() == learnt
    folder.undo(report.import_id)
    assert folder.cards()["What starts a container?"]["path"] == "One"
    assert folder.progress() == learnt


def test_an_emptied_folder_is_retired_when_somebody_asks(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    learnt = folder.learn()
    folder.remove("a.md")
    assert folder.run(asked=True).files[0].counts == {"retired": 1}
    assert folder.decks() == []
    folder.write("a.md", START)
    folder.run(asked=False)
    assert folder.progress() == learnt


def test_a_file_whose_disappearance_was_undone_can_disappear_again_after_its_return(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.write("b.md", STOP)
    folder.run()
    folder.remove("b.md")
    folder.undo(folder.run().import_id)
    folder.write("b.md", STOP)
    assert folder.run(asked=False).import_id is None
    folder.remove("b.md")
    folder.run(asked=False)
    assert folder.decks() == ["a"]


def test_an_error_of_import_is_one_that_the_page_can_translate(folder: Folder) -> None:
    folder.path.rmdir()
    with pytest.raises(NotFoundError) as missing:
        folder.run()
    assert missing.value.template % missing.value.details == str(missing.value)
    assert missing.value.details == {"folder": folder.path}
