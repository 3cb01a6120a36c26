"""An edit never costs progress: in whatever way the files changed, each card keeps its schedule."""

from tests.importing.library_folder import Folder

START = "Q: What starts a container?\nA: docker container start\n"
STOP = "Q: What stops a container?\nA: docker container stop\n"
LIST = "Q: What lists the images?\nA: docker image ls\n"


def test_an_import_again_changes_nothing(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    folder.learn()
    before = folder.tables()
    assert folder.run().import_id is None
    assert folder.tables() == before


def test_a_dry_run_writes_nothing(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    folder.write("a.md", STOP + LIST)
    before = folder.tables()
    report = folder.plan().report()
    assert folder.tables() == before
    assert (report.files[0].counts, report.import_id) == ({"same": 1, "new": 1, "retired": 1}, None)


def test_a_reworded_question_keeps_its_progress(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", START.replace("What starts", "Which command starts") + STOP)
    report = folder.run()
    assert folder.progress()["Which command starts a container?"] == learnt["What starts a container?"]
    assert report.files[0].counts == {"reworded": 1, "same": 1}
    assert report.files[0].items[0].before == ("What starts a container?", "docker container start")


def test_a_changed_answer_keeps_its_progress(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", START + STOP.replace("container stop", "stop"))
    assert folder.run().files[0].counts == {"same": 1, "answer changed": 1}
    assert folder.progress() == learnt


def test_another_order_keeps_progress_and_changes_the_order_of_study(folder: Folder) -> None:
    folder.write("a.md", START + STOP + LIST)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", LIST + START + STOP)
    folder.run()
    assert folder.progress() == learnt
    assert list(folder.cards()) == [
        "What lists the images?",
        "What starts a container?",
        "What stops a container?",
    ]


def test_a_note_moved_to_another_file_takes_its_progress_along(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.write("b.md", LIST)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", START)
    folder.write("b.md", LIST + STOP)
    assert [file.counts for file in folder.run().files] == [{"same": 1}, {"same": 1, "moved": 1}]
    assert folder.progress() == learnt
    assert folder.cards()["What stops a container?"]["path"] == "b"


def test_a_renamed_file_keeps_all_progress(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.remove("a.md")
    folder.write("z.md", START + STOP)
    folder.run()
    assert folder.progress() == learnt
    assert folder.decks() == ["z"]


def test_a_renamed_file_of_the_same_deck_keeps_the_deck_even_when_rewritten(folder: Folder) -> None:
    name = "---\nname: Docker\n---\n"
    folder.write("a.md", name + START + STOP)
    folder.run()
    learnt = folder.learn()
    deck_id = folder.cards()["What starts a container?"]["deck_id"]
    folder.remove("a.md")
    folder.write("z.md", name + START + STOP.replace("What stops", "How does one stop"))
    folder.run()
    assert folder.progress()["How does one stop a container?"] == learnt["What stops a container?"]
    assert {card["deck_id"] for card in folder.cards().values()} == {deck_id}


def test_a_deck_under_a_new_name_keeps_all_progress(folder: Folder) -> None:
    folder.write("a.md", "---\nname: Docker\n---\n" + START)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", "---\nname: Docker/Basics\n---\n" + START)
    folder.run()
    assert folder.progress() == learnt
    assert folder.decks() == ["Docker/Basics", "Docker"]


def test_removed_notes_come_back_with_their_progress(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", START)
    folder.run()
    assert list(folder.progress()) == ["What starts a container?"]
    folder.write("a.md", START + STOP)
    assert folder.run().files[0].counts == {"same": 1, "back": 1}
    assert folder.progress() == learnt


def test_a_file_that_disappears_retires_its_deck_and_returns_with_everything(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.write("b.md", STOP)
    folder.run()
    learnt = folder.learn()
    folder.remove("b.md")
    report = folder.run()
    assert (folder.decks(), report.files[-1].counts) == (["a"], {"retired": 1})
    assert list(folder.progress()) == ["What starts a container?"]
    folder.write("b.md", STOP)
    folder.run()
    assert (folder.decks(), folder.progress()) == (["a", "b"], learnt)


def test_identical_notes_stay_apart(folder: Folder) -> None:
    folder.write("a.md", START + STOP + START)
    folder.run()
    folder.learn()
    rows = folder.tables()["schedules"]
    folder.write("a.md", START + STOP + LIST + START)
    folder.run()
    assert folder.tables()["schedules"] == rows
    assert len(folder.tables()["cards"]) == 4


def test_a_cloze_keeps_its_cards_when_a_deletion_is_added_in_front(folder: Folder) -> None:
    folder.write("a.md", "C: A container has [its own network] and [its own files].\n")
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", "C: A [container] has [its own network] and [its own files].\n")
    folder.run()
    assert folder.progress() == learnt
    ordinals = [card["ordinal"] for card in folder.cards().values()]
    assert ordinals == [3, 1, 2]


def test_a_deletion_that_was_taken_out_comes_back_with_its_card(folder: Folder) -> None:
    both = "C: A container has [its own network] and [its own files].\n"
    folder.write("a.md", both)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", both.replace("[its own network]", "its own network"))
    folder.run()
    assert len(folder.progress()) == 1
    folder.write("a.md", both)
    folder.run()
    assert folder.progress() == learnt


def test_a_basic_note_that_becomes_reversed_keeps_its_card(folder: Folder) -> None:
    folder.write("a.md", "Q: image\nA: a template for containers\n")
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", "T: image\nD: a template for containers\n")
    folder.run()
    assert folder.progress() == learnt
    assert list(folder.cards()) == ["image", "a template for containers"]


def test_a_file_that_cannot_be_read_keeps_its_notes(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    learnt = folder.learn()
    (folder.path / "a.md").write_bytes(b"Q: caf\xe9?\nA: coffee\n")
    report = folder.run()
    assert folder.progress() == learnt
    problem = report.files[0].problems[0]
    sentence = f"{problem['message']}; {problem['remedy']}" % problem["details"]
    assert sentence == "the file is not UTF-8 text (byte 0xE9); save it again as UTF-8"


def test_new_cards_in_front_are_found_by_those_who_learnt_the_others(folder: Folder) -> None:
    folder.write("a.md", START)
    folder.run()
    with folder.database.writing() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO new_cursors (user_id, deck_id, position) SELECT 1, id, 99 FROM decks"
        )
    folder.write("a.md", STOP + START)
    folder.run()
    assert [position for *_, position in folder.tables()["new_cursors"]] == [0]


def test_nothing_is_written_into_the_files(folder: Folder) -> None:
    folder.write("a.md", START)
    path = folder.path / "a.md"
    before = path.read_bytes(), path.stat().st_mtime_ns
    folder.run()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [each.name for each in folder.path.iterdir()] == ["a.md"]


def test_a_cloze_that_was_a_plain_note_for_a_while_has_all_its_cards_back(folder: Folder) -> None:
    cloze, plain = "C: [One], [two] and [three] layers.\n", "Q: One, two and three layers.\nA: three\n"
    folder.write("a.md", cloze)
    folder.run()
    learnt = folder.learn()
    folder.write("a.md", plain)
    folder.run()
    assert len(folder.progress()) == 1
    folder.write("a.md", plain.replace("A: three", "A: three of them"))
    folder.run()
    folder.write("a.md", cloze)
    folder.run()
    assert folder.progress() == learnt


def test_a_plain_note_that_becomes_a_cloze_goes_on_as_the_card_that_asks_for_its_answer(folder: Folder) -> None:
    folder.write("a.md", "Q: How many layers are there?\nA: three\n")
    folder.run()
    (interval,) = folder.learn().values()
    folder.write("a.md", "C: How [many] layers are there? [three]\n")
    folder.run()
    assert folder.progress() == {"How many layers are there? three <three>": interval}
