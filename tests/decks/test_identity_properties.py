"""What holds of identity whatever the decks and the edits."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.decks.identity import Change, FileEdit, Match, match, match_files
from app.decks.note import Note
from tests.decks.docker_deck import CLOZE, DECK, basic, ids, known

SYLLABLES = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん漢字学校電車"
texts = st.text(SYLLABLES, min_size=4, max_size=14)
notes = st.builds(basic, texts, texts)
decks = st.lists(notes, max_size=12)


@given(decks, decks)
def test_matching_is_one_to_one_and_complete(old: list[Note], new: list[Note]) -> None:
    matching = match(known(old), new)
    assert sorted([*ids(matching), *matching.gone]) == list(range(len(old)))
    assert sorted([*(found.new for found in matching.matches), *matching.added]) == list(range(len(new)))


@given(st.lists(st.tuples(decks, decks), max_size=4), decks)
def test_matching_several_files_is_one_to_one_and_complete(
    files: list[tuple[list[Note], list[Note]]], retired: list[Note]
) -> None:
    edits = [FileEdit(known(old, 100 * at), new) for at, (old, new) in enumerate(files)]
    results = match_files(edits, known(retired, 900))
    everyone = [id for result in results for id in (*ids(result), *result.gone)]
    assert len(everyone) == len(set(everyone))
    assert {entry.id for edit in edits for entry in edit.old} <= set(everyone)
    for edit, result in zip(edits, results, strict=True):
        assert sorted([*(m.new for m in result.matches), *result.added]) == list(range(len(edit.new)))


@given(st.lists(st.sampled_from([*DECK, CLOZE]), max_size=12))
def test_what_did_not_change_is_all_same_with_copies_too(deck: list[Note]) -> None:
    assert match(known(deck), deck).matches == tuple(Match(at, at, Change.SAME) for at in range(len(deck)))


@given(st.lists(notes, max_size=12, unique=True), st.randoms(use_true_random=False))
def test_any_order_keeps_everybody(deck: list[Note], chance: random.Random) -> None:
    order = chance.sample(range(len(deck)), len(deck))
    matching = match(known(deck), [deck[at] for at in order])
    assert ids(matching) == order
    assert {found.change for found in matching.matches} <= {Change.SAME, Change.MOVED}


@given(decks, st.lists(st.tuples(st.sampled_from(["add", "cut", "reword", "copy", "move"]), st.integers(0, 99), notes)))
def test_no_edit_costs_an_untouched_note_its_progress(deck: list[Note], edits: list[tuple[str, int, Note]]) -> None:
    """Of notes with equal texts any may stand for any; so the texts that stayed are counted."""
    lines = list(deck)
    for verb, number, note in edits:
        _edit(lines, verb, number, note)
    found = {pair.new: deck[pair.id] for pair in match(known(deck), lines).matches}
    for text in set(deck):
        stayed = min(deck.count(text), lines.count(text))
        assert sum(found.get(at) == text == line for at, line in enumerate(lines)) == stayed


def _edit(lines: list[Note], verb: str, number: int, note: Note) -> None:
    """Do one thing to a deck, as an editor would."""
    at = number % len(lines) if lines else 0
    if verb == "add" or not lines:
        lines.insert(at, note)
    elif verb == "cut":
        del lines[at]
    elif verb == "copy":
        lines.insert(number * 7 % len(lines), lines[at])
    elif verb == "move":
        lines.insert(number * 7 % len(lines), lines.pop(at))
    else:
        lines[at] = lines[at]._replace(front=lines[at].front + "か")


@given(st.lists(notes, min_size=2, max_size=12, unique_by=lambda note: note.front), st.data())
def test_rewording_any_single_note_in_place_costs_nobody_anything(deck: list[Note], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(deck) - 1))
    new = [*deck[:at], data.draw(notes), *deck[at + 1 :]]
    kept = {found.id for found in match(known(deck), new).matches}
    assert kept == set(range(len(deck)))


@given(decks, decks, decks)
def test_the_same_question_always_has_the_same_answer(old: list[Note], new: list[Note], retired: list[Note]) -> None:
    edits = [FileEdit(known(old), new), FileEdit(known(new, 100), old)]
    assert match_files(edits, known(retired, 900)) == match_files(edits, known(retired, 900))
