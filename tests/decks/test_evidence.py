"""Promises of the single steps: what each of them takes, and what it leaves."""

from app.decks.alignment import Pair
from app.decks.evidence import (
    Pairing,
    best_pairs,
    by_answer,
    by_likeness,
    by_likeness_across,
    by_place,
    by_question,
    by_question_across,
    by_text,
    by_text_across,
)
from app.decks.note import Note, NoteKind


def notes(*texts: str) -> list[Note]:
    """A note for each "front=back"."""
    parts = [text.partition("=") for text in texts]
    return [Note(NoteKind.BASIC, front, back) for front, _, back in parts]


def test_the_best_pair_is_taken_first() -> None:
    assert best_pairs({(0, 0): 0.7, (0, 1): 0.9, (1, 1): 0.8, (1, 0): 0.6}) == [Pair(0, 1), Pair(1, 0)]


def test_a_rival_nearly_as_good_makes_a_pair_doubtful() -> None:
    assert best_pairs({(0, 0): 0.90, (0, 1): 0.86}) == [Pair(0, 0, sure=False)]
    assert best_pairs({(0, 0): 0.90, (1, 0): 0.86}) == [Pair(0, 0, sure=False)]
    assert best_pairs({(0, 0): 0.90, (0, 1): 0.84}) == [Pair(0, 0)]


def test_a_rival_that_has_its_own_partner_is_no_rival() -> None:
    assert best_pairs({(1, 1): 0.99, (0, 0): 0.80, (0, 1): 0.79}) == [Pair(1, 1), Pair(0, 0)]


def test_equal_scores_go_in_order() -> None:
    scores = {(old, new): 0.5 for old in (1, 0) for new in (1, 0)}
    assert [pair[:2] for pair in best_pairs(scores)] == [(0, 0), (1, 1)]


def test_text_takes_no_note_of_another_kind() -> None:
    pairing = Pairing(notes("a=b"), [Note(NoteKind.REVERSED, "a", "b")])
    by_text(pairing)
    assert pairing.found == {}
    by_question(pairing)
    assert pairing.found == {0: Pair(0, 0)}


def test_a_question_of_another_file_is_not_sure_when_its_answer_is_unlike() -> None:
    pairing = Pairing(
        notes("特徴は=軽くて速い", "既定は=bridgeという橋"), notes("特徴は=世代を残す", "既定は=bridgeの橋")
    )
    by_question_across(pairing)
    assert pairing.found == {0: Pair(0, 0, sure=False), 1: Pair(1, 1)}


def test_the_same_text_of_another_file_is_sure() -> None:
    pairing = Pairing(notes("特徴は=軽い"), notes("特徴は=軽い"))
    by_text_across(pairing)
    by_question_across(pairing)
    assert pairing.found == {0: Pair(0, 0)}


def test_a_question_is_not_taken_twice() -> None:
    pairing = Pairing(notes("特徴は=軽い", "特徴は=速い"), notes("特徴は=速い", "特徴は=軽い", "特徴は=安い"))
    by_text(pairing)
    by_question(pairing)
    assert {new: pair.old for new, pair in pairing.found.items()} == {0: 1, 1: 0}


def test_what_went_elsewhere_or_came_from_there_is_not_free() -> None:
    pairing = Pairing(notes("a", "b", "c"), notes("d", "e"), {1: Pair(2, 1)}, lost={0}, foreign={0})
    assert (pairing.free_old(), pairing.free_new()) == ([1], [])


def test_across_files_a_likeness_that_would_do_inside_is_too_little() -> None:
    old, new = notes("あいうえおかきくけこ=さしすせそた"), notes("あいうえおかきまみむ=さしすせやゆ")
    inside, across = Pairing(old, new), Pairing(old, new)
    by_likeness(inside)
    by_likeness_across(across)
    assert (len(inside.found), len(across.found)) == (1, 0)


def test_in_place_a_smaller_likeness_will_do_and_is_doubtful() -> None:
    old = notes("始", "あいうえおかきくけこ=さしすせ", "終")
    new = notes("始", "あいうえおかきまみむ=さやゆよ", "山川草木=花鳥風月", "終")
    in_place, elsewhere = Pairing(old, new), Pairing(old, [new[0], new[3], new[1], new[2]])
    for pairing in (in_place, elsewhere):
        by_text(pairing)
        by_likeness(pairing)
    assert in_place.found[1] == Pair(1, 1, sure=False)
    assert sorted(elsewhere.found) == [0, 1]


def test_of_two_that_read_the_same_the_one_in_the_same_place_is_taken() -> None:
    old = notes("始", "あいうえおかきく=さしすせ", "中", "終")
    pairing = Pairing(old, notes("あいうえおかきけ=さしすせ", "始", "あいうえおかきこ=さしすせ", "別=事", "中", "終"))
    by_text(pairing)
    by_likeness(pairing)
    assert (pairing.found[2], 0 in pairing.found) == (Pair(1, 2), False)


def test_in_one_place_a_little_more_likeness_does_not_swap_two_notes() -> None:
    first, second = "あいうえおかきくけこさしすせそたちつてと", "山うえ川かきく海こさしす空たちつて星"
    old = notes("始", first, second, "終")
    new = notes("始", "らりるえおかきくけこさしすせそたちつてと", "あいうえおかきくけこさしすせそたちつ花鳥", "終")
    pairing = Pairing(old, new)
    by_text(pairing)
    by_likeness(pairing)
    assert {pair.old: pair.new for pair in pairing.found.values()} == {0: 0, 1: 1, 2: 2, 3: 3}


def test_of_the_only_note_of_a_file_the_file_is_the_place() -> None:
    pairing = Pairing(notes("あいうえおかきくけこ=さしすせ"), notes("あいうえおかきまみむ=さやゆよ"))
    by_likeness(pairing)
    assert pairing.found == {0: Pair(0, 0, sure=False)}


def test_an_answer_pairs_what_nobody_else_answers_and_is_doubtful() -> None:
    old = notes("一覧は=docker ps", "作るには=build", "捨てるには=prune", "消すには=prune", "可か=はい")
    new = notes("Clean?=prune", "Yes?=はい", "Make?=build", "List?=`docker ps`", "Show?=docker ps")
    pairing = Pairing(old, new)
    by_answer(pairing)
    assert pairing.found == {2: Pair(1, 2, sure=False), 4: Pair(0, 4, sure=False)}


def test_a_place_needs_a_neighbour_that_stayed() -> None:
    pairing = Pairing(notes("あ"), notes("い"))
    by_place(pairing)
    assert pairing.found == {}


def test_a_place_needs_as_many_old_as_new() -> None:
    pairing = Pairing(notes("始", "あ", "終"), notes("始", "い", "う", "終"))
    by_text(pairing)
    by_place(pairing)
    assert sorted(pairing.found) == [0, 3]


def test_a_place_pairs_in_order_and_is_doubtful() -> None:
    pairing = Pairing(notes("始", "あ", "い", "終"), notes("始", "う", "え", "終"))
    by_text(pairing)
    by_place(pairing)
    assert (pairing.found[1], pairing.found[2]) == (Pair(1, 1, sure=False), Pair(2, 2, sure=False))
