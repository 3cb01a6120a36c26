"""Schedules that answers made stay with their cards, whole, whatever an edit does to the files."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import checking
from app.models import Schedule
from tests.conftest import NOW
from tests.importing.library_folder import Folder
from tests.importing.test_progress import LIST, START, STOP
from tests.library import days, give

_GRADES = ((5, 4), (2,), (4, 5, 3), (5,), (3, 1))
_FILES = {
    "a.md": START + STOP + LIST,
    "b.md": "C: [One], [two] and [three] layers.\n",
    "c.md": "Q: base?\nA: layer\nT: image\nD: template\n",
}
_WHICH = START.replace("What starts", "Which command starts")

EDITS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "reworded": ({"a.md": _WHICH + STOP + LIST}, {"What starts a container?": "Which command starts a container?"}),
    "answer changed": ({"a.md": START + STOP.replace("docker container stop", "docker stop") + LIST}, {}),
    "reordered": ({"a.md": LIST + START + STOP}, {}),
    "moved to another file": ({"a.md": START + LIST, "c.md": STOP + _FILES["c.md"]}, {}),
    "two files changed places": ({"a.md": _FILES["b.md"], "b.md": _FILES["a.md"]}, {}),
    "file renamed": ({"a.md": "", "x/z.md": _FILES["a.md"]}, {}),
    "file renamed and reworded": (
        {"a.md": "", "z.md": _WHICH + STOP + LIST},
        {"What starts a container?": "Which command starts a container?"},
    ),
    "deck renamed": ({"b.md": "---\nname: Layers/Three\n---\n" + _FILES["b.md"]}, {}),
    "heading, tags and blank lines": (
        {"a.md": "---\ntags: [x]\n---\n\n\n" + START + "\n\n" + STOP + "---\n" + LIST},
        {},
    ),
    "deletion added": (
        {"b.md": "C: [One], [two] and [three] [layers].\n"},
        {"One, two and three layers. <One>": "One, two and three layers. <One>"},
    ),
    "deletion added in front": (
        {"b.md": "C: [Of] [One], [two] and [three] layers.\n"},
        {
            f"One, two and three layers. <{one}>": f"Of One, two and three layers. <{one}>"
            for one in ("One", "two", "three")
        },
    ),
    "windows line ends": ({"a.md": (START + STOP + LIST).replace("\n", "\r\n")}, {}),
}


def learn_for_real(folder: Folder) -> dict[str, tuple[Any, ...]]:
    """Answer every card, each in another way; the schedules that come of it."""
    with folder.database.writing() as session:
        for number, card in enumerate(folder.cards().values()):
            for day, grade in enumerate(_GRADES[number % len(_GRADES)]):
                moment = NOW - days(30 - 7 * day) + timedelta(minutes=number)
                give(session, folder.learner, card["id"], grade, moment)
    return schedules(folder)


def schedules(folder: Folder) -> dict[str, tuple[Any, ...]]:
    """Everything but keys of the schedules of cards that are in a deck, by question; the log agrees with all."""
    columns = [column for column in Schedule.__table__.c if column.name not in ("user_id", "card_id", "deck_id")]
    query = select(Schedule.card_id, *columns)
    with folder.database.reading() as session:
        assert checking.check(session).faults == ()
        rows = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    return {question: rows[card["id"]] for question, card in folder.cards().items() if card["id"] in rows}


def write(folder: Folder, files: Mapping[str, str]) -> None:
    """Write the files; one without text goes."""
    for file, text in files.items():
        folder.write(file, text)
        if not text:
            folder.remove(file)


@pytest.mark.parametrize("edit", EDITS)
def test_schedules_and_reviews_are_as_they_were_after_an_edit_and_after_its_return(folder: Folder, edit: str) -> None:
    files, renamed = EDITS[edit]
    write(folder, _FILES)
    folder.run()
    learnt = learn_for_real(folder)
    reviews = folder.tables()["reviews"]
    write(folder, files)
    folder.run()
    assert schedules(folder) == {renamed.get(question, question): row for question, row in learnt.items()}
    write(folder, dict.fromkeys(files, "") | _FILES)
    folder.run()
    assert schedules(folder) == learnt
    assert folder.tables()["reviews"] == reviews


@pytest.mark.parametrize("gone", _FILES)
def test_a_removed_file_is_out_of_every_queue_and_returns_whole(folder: Folder, gone: str) -> None:
    write(folder, _FILES)
    folder.run()
    learnt = learn_for_real(folder)
    folder.remove(gone)
    folder.run()
    assert schedules(folder).keys() < learnt.keys()
    with folder.database.reading() as session:
        queued = session.execute(select(Schedule.card_id).where(Schedule.deck_id.is_not(None))).scalars().all()
    assert set(queued) == {card["id"] for card in folder.cards().values()}
    write(folder, {f"other/{gone}": _FILES[gone]})
    folder.run()
    assert schedules(folder) == learnt


def test_identical_notes_keep_a_schedule_each_through_an_edit_around_them(folder: Folder) -> None:
    folder.write("a.md", START + STOP + START)
    folder.run()
    first, _stop, second = [row[0] for row in folder.tables()["cards"]]
    with folder.database.writing() as session:
        give(session, folder.learner, first, 5)
        give(session, folder.learner, second, 2)
    before = folder.tables()["schedules"]
    folder.write("a.md", LIST + START + START)
    folder.run()
    assert folder.tables()["schedules"] == before
    folder.write("a.md", START + LIST)
    folder.write("b.md", START)
    folder.run()
    kept = [row[0] for row in folder.tables()["cards"] if row[4] is not None]
    assert {first, second} < set(kept)
    assert len(kept) == 3


@pytest.mark.parametrize("text", ["docker run -p [8000]:[8000] web", "[a], [a] and [b]", "[a] [b] [a] [a]"])
def test_deletions_of_the_same_answer_each_come_back_with_their_own_card(folder: Folder, text: str) -> None:
    folder.write("a.md", f"C: [First] {text}.\n")
    folder.run()
    cards = folder.tables()["cards"]
    folder.write("a.md", f"C: [First] {text.replace('[', '').replace(']', '')}.\n")
    folder.run()
    assert len(folder.cards()) == 1
    folder.write("a.md", f"C: [First] {text}.\n")
    folder.run()
    assert folder.tables()["cards"] == cards


def test_an_answer_after_an_edit_goes_on_where_the_card_was(folder: Folder) -> None:
    folder.write("a.md", START + STOP)
    folder.run()
    card = folder.cards()["What starts a container?"]["id"]
    with folder.database.writing() as session:
        give(session, folder.learner, card, 5, NOW - days(7))
        give(session, folder.learner, card, 5, NOW - days(6))
    folder.write("b.md", STOP + _WHICH)
    folder.remove("a.md")
    folder.run()
    card = folder.cards()["Which command starts a container?"]["id"]
    with folder.database.writing() as session:
        outcome = give(session, folder.learner, card, 4)
    schedule = outcome.progress.schedule
    assert (schedule.repetitions, schedule.interval, schedule.easiness, outcome.revision) == (3, 17, 270, 3)
