"""Promises of identity across files: notes carried, files renamed and split, retired notes that return."""

import random

from app.decks.identity import Change, FileEdit, Match, Matching, match_across, match_files
from tests.decks.docker_deck import BRIDGE, BUILD, CACHE, CLOZE, DECK, RUN, STOP, VOLUME, basic, edited, ids, known, of


def test_a_note_carried_to_another_file_keeps_its_progress() -> None:
    left, right = match_files([FileEdit(known(DECK), DECK[1:]), FileEdit(known([CLOZE], 50), [RUN, CLOZE])])
    assert right.matches == (Match(0, 0, Change.MOVED), Match(50, 1, Change.SAME))
    assert left.gone == () == right.added


def test_what_stands_in_the_old_place_of_a_carried_note_is_new() -> None:
    unlike = basic("富士山の高さは", "3776 m")
    left, right = match_files([FileEdit(known(DECK), edited(2, unlike)), FileEdit([], [BUILD])])
    assert left.added == (2,)
    assert right.matches == (Match(2, 0, Change.MOVED),)


def test_a_note_carried_to_another_file_and_reworded_keeps_its_progress() -> None:
    reworded = basic("データを永続化する仕組みは何と何か、二つ挙げよ", VOLUME.back)
    left, right = match_files(
        [FileEdit(known(DECK), [*DECK[:4], CACHE]), FileEdit(known([CLOZE], 50), [CLOZE, reworded])]
    )
    assert of(right, 1) == Match(4, 1, Change.REWORDED)
    assert left.gone == ()


def test_a_renamed_file_keeps_everything_and_its_places() -> None:
    anew = basic("Which driver is used by default?", "橋")
    old_name, new_name = match_files([FileEdit(known(DECK), []), FileEdit([], edited(3, anew))])
    assert old_name == Matching((), (), ())
    assert ids(new_name) == [0, 1, 2, 3, 4, 5]
    assert [found.change for found in new_name.matches] == [Change.MOVED] * 3 + [Change.REWORDED] + [Change.MOVED] * 2


def test_the_gone_notes_of_a_renamed_file_are_told_once() -> None:
    results = match_files([FileEdit(known(DECK), []), FileEdit([], DECK[:4])])
    assert [result.gone for result in results] == [(), (4, 5)]


def test_a_file_split_in_two_keeps_everything() -> None:
    results = match_files([FileEdit(known(DECK), []), FileEdit([], DECK[:4]), FileEdit([], DECK[4:])])
    assert [ids(result) for result in results] == [[], [0, 1, 2, 3], [4, 5]]
    assert [result.gone for result in results] == [(), (), ()]


def test_a_retired_note_that_returns_has_its_progress_back() -> None:
    results = match_files([FileEdit(known(DECK), [*DECK, CLOZE])], retired=known([CLOZE], 70))
    assert of(results[0], 6) == Match(70, 6, Change.MOVED)


def test_a_retired_note_that_returns_reworded_has_its_progress_back() -> None:
    reworded = basic("コンテナを起動するコマンドはどれか", RUN.back)
    results = match_files([FileEdit(known(DECK[2:]), [*DECK[2:], reworded])], retired=known([RUN, CLOZE], 70))
    assert of(results[0], 4) == Match(70, 4, Change.REWORDED)


def test_of_equal_retired_notes_the_first_given_returns_and_it_is_doubtful() -> None:
    results = match_files([FileEdit([], [CLOZE])], retired=known([CLOZE, CLOZE], 70))
    assert results[0].matches == (Match(70, 0, Change.MOVED, doubtful=True),)


def test_retired_notes_are_no_loss() -> None:
    assert match_files([FileEdit(known(DECK), DECK)], retired=known([CLOZE], 70))[0].gone == ()


def test_identical_notes_in_two_files_stay_with_their_files() -> None:
    left, right = match_files([FileEdit(known([RUN, STOP]), [STOP, RUN]), FileEdit(known([RUN], 9), [RUN])])
    assert (sorted(ids(left)), ids(right)) == ([0, 1], [9])


def test_leftovers_of_several_files_match_by_text_question_and_likeness() -> None:
    new = [basic("コンテナを停止するためのコマンドは何か", STOP.back), basic(BRIDGE.front, "host"), RUN]
    matching = match_across(known([RUN, STOP, BRIDGE, CACHE]), new)
    assert matching.matches == (
        Match(1, 0, Change.REWORDED),
        Match(2, 1, Change.ANSWER_CHANGED, doubtful=True),
        Match(0, 2, Change.MOVED),
    )
    assert matching.gone == (3,)


def test_a_question_written_anew_is_not_found_in_another_file() -> None:
    assert match_across(known([BRIDGE]), [basic("Which driver is used by default?", "橋")]).added == (0,)


def test_two_thousand_reworded_leftovers_find_their_own() -> None:
    old = [basic(f"第{at}章の用語「{at * 7919 % 10007}」の意味は何か", f"意味その{at}") for at in range(2000)]
    new = [note._replace(front=note.front.replace("何か", "どんなものか")) for note in old]
    order = random.Random(7).sample(range(2000), 2000)  # noqa: S311 - a shuffle
    assert ids(match_across(known(old), [new[at] for at in order])) == order
