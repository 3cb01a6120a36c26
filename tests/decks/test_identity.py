"""Promises of identity in one file: an edit never costs progress, and no two notes become one."""

import pytest

from app.decks.identity import Change, Match, Matching, match
from app.decks.note import Deletion, NoteKind
from tests.decks.docker_deck import BRIDGE, BUILD, CACHE, CLOZE, DECK, RUN, STOP, VOLUME, basic, edited, ids, known, of


def test_an_unchanged_file_is_all_same() -> None:
    matching = match(known(DECK), DECK)
    assert matching == Matching(tuple(Match(at, at, Change.SAME) for at in range(6)), (), ())


def test_a_first_import_is_all_new() -> None:
    assert match([], DECK) == Matching((), (0, 1, 2, 3, 4, 5), ())


def test_an_emptied_file_retires_all() -> None:
    assert match(known(DECK, 10), []) == Matching((), (), (10, 11, 12, 13, 14, 15))


def test_tags_heading_and_line_are_no_part_of_a_note() -> None:
    moved_down = [note._replace(tags=("x",), heading="A", line=99) for note in DECK]
    assert {found.change for found in match(known(DECK), moved_down).matches} == {Change.SAME}


@pytest.mark.parametrize(
    "front",
    [
        "コンテナを停止するコマンドはどれか",  # another ending
        "コンテナの停止をするコマンドは何か",  # another particle
        "コンテナを止めるコマンドは何か",  # a plainer word
        "コンテナーを停止するコマンドは、何でしょうか",  # spelling, politeness
        "こんてなを停止するコマンドは何か",  # kana
    ],
)
def test_a_reworded_question_keeps_its_progress(front: str) -> None:
    found = of(match(known(DECK), edited(1, basic(front, STOP.back))), 1)
    assert found == Match(1, 1, Change.REWORDED, doubtful=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ｄｏｃｋｅｒとは何か", "Dockerとは何か"),  # width
        ("ﾎﾟｰﾄを公開するには", "ポートを公開するには"),
        ("Docker とは 何か", "Dockerとは何か"),  # spaces
        ("Dockerとは何か。", "Dockerとは何か？"),  # punctuation at the end
    ],
)
def test_width_spaces_and_final_punctuation_leave_the_question_the_same(old: str, new: str) -> None:
    found = match(known([basic(old, "箱"), *DECK]), [*DECK, basic(new, "まったく別の答え")])
    assert of(found, 6) == Match(0, 6, Change.ANSWER_CHANGED)


def test_a_changed_answer_keeps_its_progress() -> None:
    found = of(match(known(DECK), edited(3, basic(BRIDGE.front, "host（二十年前から変わらない）"))), 3)
    assert found == Match(3, 3, Change.ANSWER_CHANGED)


def test_a_question_that_differs_in_spaces_only_is_reworded() -> None:
    found = of(match(known(DECK), edited(0, basic("コンテナを 起動するコマンドは何か？", RUN.back))), 0)
    assert found == Match(0, 0, Change.REWORDED)


def test_a_moved_note_is_moved_and_the_others_are_not() -> None:
    matching = match(known(DECK), [CACHE, RUN, STOP, BUILD, BRIDGE, VOLUME])
    assert [found.change for found in matching.matches] == [Change.MOVED] + [Change.SAME] * 5
    assert ids(matching) == [5, 0, 1, 2, 3, 4]


def test_a_note_that_moved_and_was_reworded_keeps_its_progress() -> None:
    reworded = basic("nginxで応答を蓄えておくための指令は何か", CACHE.back)
    matching = match(known(DECK), [reworded, *DECK[:5]])
    assert of(matching, 0) == Match(5, 0, Change.REWORDED)


def test_a_question_written_anew_in_its_place_keeps_its_progress_and_is_doubtful() -> None:
    found = of(match(known(DECK), edited(3, basic("Which driver is used by default?", "橋"))), 3)
    assert found == Match(3, 3, Change.REWORDED, doubtful=True)


def test_several_questions_written_anew_in_their_places_keep_theirs_in_order() -> None:
    new = [RUN, STOP, basic("How do you bake?", "oven"), basic("Who crosses?", "x"), VOLUME, CACHE]
    matching = match(known(DECK), new)
    assert ids(matching) == [0, 1, 2, 3, 4, 5]
    assert [found.new for found in matching.matches if found.doubtful] == [2, 3]


def test_a_deck_put_into_another_language_keeps_its_progress_by_its_answers() -> None:
    english = [basic(f"Question {letter}", note.back) for letter, note in zip("fedcba", reversed(DECK), strict=True)]
    matching = match(known(DECK), english)
    assert ids(matching) == [5, 4, 3, 2, 1, 0]
    assert all(found.doubtful for found in matching.matches)


def test_the_only_note_of_a_file_keeps_its_progress_when_much_of_it_is_reworded() -> None:
    new = basic("動いているコンテナを停止させたいときは", "`docker container stop`")
    assert match(known([STOP]), [new]).matches == (Match(0, 0, Change.REWORDED, doubtful=True),)


def test_a_file_filled_with_other_notes_keeps_nothing() -> None:
    others = [basic(f"{word}の首都は", city) for word, city in [("日本", "東京"), ("仏", "パリ"), ("伊", "ローマ")]]
    matching = match(known([RUN, STOP, BUILD]), others)
    assert matching == Matching((), (0, 1, 2), (0, 1, 2))


def test_one_note_that_stayed_does_not_speak_for_many_that_were_replaced() -> None:
    others = [basic(f"{word}の首都は", city) for word, city in [("日本", "東京"), ("仏", "パリ"), ("伊", "ローマ")]]
    matching = match(known([RUN, STOP, BUILD, BRIDGE]), [RUN, *others])
    assert ids(matching) == [0]
    assert matching.gone == (1, 2, 3)


def test_a_new_note_elsewhere_takes_nobodys_progress() -> None:
    matching = match(known(DECK), [*DECK[1:], basic("富士山の高さは", "3776 m")])
    assert (matching.gone, matching.added) == ((0,), (5,))


def test_two_new_notes_where_one_unlike_note_was_are_new() -> None:
    new = [*DECK[:3], basic("富士山の高さは", "3776 m"), basic("琵琶湖の深さは", "104 m"), *DECK[4:]]
    matching = match(known(DECK), new)
    assert (matching.gone, matching.added) == ((3,), (3, 4))


D_OPTION = basic("`docker run` の `-d` は何か", "バックグラウンドで動かす")
F_OPTION = basic("`docker run` の `-f` は何か", "読むファイルを選ぶ")


def test_short_questions_that_differ_in_an_option_stay_apart() -> None:
    matching = match(known([D_OPTION, F_OPTION, RUN]), [F_OPTION, D_OPTION, RUN])
    assert [(found.id, found.doubtful) for found in matching.matches] == [(1, False), (0, False), (2, False)]


def test_another_option_in_the_same_place_keeps_progress_and_is_doubtful() -> None:
    matching = match(known([RUN, D_OPTION, BUILD]), [RUN, F_OPTION, BUILD])
    assert of(matching, 1) == Match(1, 1, Change.REWORDED, doubtful=True)


def test_another_option_in_another_place_is_another_note() -> None:
    matching = match(known([RUN, D_OPTION, BUILD, VOLUME]), [RUN, BUILD, VOLUME, F_OPTION])
    assert (matching.gone, matching.added) == ((1,), (3,))


def test_start_is_not_stop_although_they_read_alike() -> None:
    matching = match(known([STOP, *DECK[2:]]), [*DECK[2:], RUN])
    assert (matching.gone, matching.added) == ((0,), (4,))


def test_an_option_corrected_with_the_answer_kept_is_a_rewording() -> None:
    fixed = basic("`docker run` の `-f` は何か", D_OPTION.back)
    assert of(match(known([RUN, D_OPTION, BUILD]), [RUN, fixed, BUILD]), 1) == Match(1, 1, Change.REWORDED)


def test_two_equally_good_readings_are_doubtful() -> None:
    old = [basic("コンテナの一覧を見るには", "docker ps"), *DECK]
    new = [*DECK, basic("コンテナの一覧を見る方法は", "docker ps"), basic("コンテナの一覧を見る手段は", "docker ps")]
    matching = match(known(old), new)
    assert of(matching, 6) == Match(0, 6, Change.REWORDED, doubtful=True)
    assert matching.added == (7,)


def test_the_better_reading_wins_over_the_nearer_one() -> None:
    moved = basic("既定のネットワークドライバーは何か", "bridge")
    new = [RUN, STOP, BUILD, basic("富士山の高さは", "3776 m"), VOLUME, CACHE, moved]
    matching = match(known(DECK), new)
    assert of(matching, 6) == Match(3, 6, Change.REWORDED)
    assert matching.added == (3,)


def test_swapped_answers_of_neighbours_stay_with_their_questions() -> None:
    matching = match(known([RUN, STOP]), [basic(RUN.front, STOP.back), basic(STOP.front, RUN.back)])
    assert matching.matches == (Match(0, 0, Change.ANSWER_CHANGED), Match(1, 1, Change.ANSWER_CHANGED))


def test_a_note_turned_round_in_its_place_keeps_its_progress() -> None:
    assert of(match(known(DECK), edited(4, basic(VOLUME.back, VOLUME.front))), 4).id == 4


def test_notes_of_one_question_go_with_their_answers() -> None:
    old = [basic("特徴は", "軽くて起動が速い"), RUN, basic("特徴は", "世代ごとに保存される")]
    new = [basic("特徴は", "世代ごとに保存されること"), RUN, basic("特徴は", "軽くて起動がとても速い")]
    matching = match(known(old), new)
    assert [(found.id, found.doubtful) for found in matching.matches] == [(2, False), (1, False), (0, False)]


def test_two_identical_notes_pair_in_order() -> None:
    deck = [RUN, STOP, RUN]
    assert match(known(deck), deck).matches == tuple(Match(at, at, Change.SAME) for at in range(3))


@pytest.mark.parametrize(("removed", "kept"), [(1, 4), (4, 1)])
def test_of_two_identical_notes_the_one_left_is_the_one_between_its_neighbours(removed: int, kept: int) -> None:
    old = [RUN, VOLUME, STOP, BUILD, VOLUME, BRIDGE]
    matching = match(known(old), old[:removed] + old[removed + 1 :])
    assert matching.gone == (removed,)
    assert kept in ids(matching)
    assert not any(found.doubtful for found in matching.matches)


def test_an_identical_note_is_found_by_its_stretch_when_its_neighbours_were_reworded() -> None:
    old = [RUN, VOLUME, BUILD, STOP, VOLUME, BRIDGE]
    new = [
        RUN,
        BUILD,
        basic("コンテナを止めるコマンドは何か", STOP.back),
        VOLUME,
        basic("既定のドライバーは", "bridge"),
    ]
    assert match(known(old), new).gone == (1,)


def test_a_second_copy_of_a_note_is_new_and_the_first_keeps_its_progress() -> None:
    matching = match(known(DECK), [*DECK, RUN])
    assert ids(matching) == [0, 1, 2, 3, 4, 5]
    assert matching.added == (6,)


def test_a_cloze_with_another_deletion_has_its_answer_changed() -> None:
    new = CLOZE._replace(deletions=(Deletion("既定", 0, 1), Deletion("bridge", 9, 2)))
    assert match(known([RUN, CLOZE]), [RUN, new]).matches[1] == Match(1, 1, Change.ANSWER_CHANGED)


def test_a_basic_note_made_a_cloze_keeps_its_progress_anywhere_in_the_file() -> None:
    old = basic("既定のネットワークは何か", "bridgeである")
    assert of(match(known([old, RUN, STOP]), [RUN, STOP, CLOZE]), 2) == Match(0, 2, Change.REWORDED)


def test_a_basic_note_made_reversed_keeps_its_progress() -> None:
    matching = match(known(DECK), [*DECK[1:], RUN._replace(kind=NoteKind.REVERSED)])
    assert of(matching, 5) == Match(0, 5, Change.REWORDED)


def test_a_huge_file_of_one_question_keeps_its_order() -> None:
    old = [basic("何か", f"答え{at}") for at in range(3000)]
    new = [basic("何か", f"{at}番目の返事") for at in range(3000)]
    assert ids(match(known(old), new)) == list(range(3000))
