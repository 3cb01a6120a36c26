"""Promises of alignment: equal items pair one to one, with their neighbours, in any amount."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.decks.alignment import Gap, Pair, gaps, pair_equal, pair_equal_anywhere, steady

letters = st.text("abcd", max_size=14)


def places(pairs: list[Pair]) -> list[tuple[int, int]]:
    return [pair[:2] for pair in pairs]


def test_what_occurs_once_pairs_wherever_it_is() -> None:
    assert pair_equal("abc", "cab") == [Pair(2, 0), Pair(0, 1), Pair(1, 2)]


def test_what_is_on_one_side_only_stays_alone() -> None:
    assert pair_equal("axb", "ayb") == [Pair(0, 0), Pair(2, 2)]


def test_copies_go_with_the_neighbour_before_them() -> None:
    assert places(pair_equal("1a2a3", "2a31a")) == [(2, 0), (3, 1), (4, 2), (0, 3), (1, 4)]


def test_copies_go_with_the_neighbour_behind_them() -> None:
    assert places(pair_equal("xa1ya2", "za2wa1")) == [(4, 1), (5, 2), (1, 4), (2, 5)]


def test_copies_without_an_equal_neighbour_go_with_their_stretch() -> None:
    assert pair_equal("1xax2yay3", "1u2uau3") == [Pair(0, 0), Pair(4, 2), Pair(6, 4), Pair(8, 6)]


def test_copies_that_nothing_tells_apart_go_in_order_and_are_not_sure_where_one_is_too_many() -> None:
    assert pair_equal("1xaxax2", "1za2z")[1] == Pair(2, 2)
    assert pair_equal_anywhere("aa", "a") == [Pair(0, 0, sure=False)]
    assert pair_equal_anywhere("aa", "aa") == [Pair(0, 0), Pair(1, 1)]


def test_of_gatherings_the_ends_mean_nothing() -> None:
    assert pair_equal_anywhere("axa", "ya") == [Pair(0, 1, sure=False)]


def test_of_gatherings_neighbours_still_go_together() -> None:
    assert places(pair_equal_anywhere("a1a2", "a2")) == [(2, 0), (3, 1)]


@given(letters, letters)
def test_as_many_equal_items_pair_as_there_are(old: str, new: str) -> None:
    for pairs in (pair_equal(old, new), pair_equal_anywhere(old, new)):
        assert Counter(new[pair.new] for pair in pairs) == Counter(old) & Counter(new)
        assert all(old[pair.old] == new[pair.new] for pair in pairs)
        assert len({pair.old for pair in pairs}) == len({pair.new for pair in pairs}) == len(pairs)


@given(letters)
def test_a_sequence_pairs_with_itself_in_place(items: str) -> None:
    assert pair_equal(items, items) == [Pair(at, at) for at in range(len(items))]


@given(st.permutations(range(8)))
def test_the_steady_run_rises_and_none_is_longer(order: list[int]) -> None:
    run = steady(zip(order, range(8), strict=True))
    assert run == sorted(run, key=lambda pair: pair[0])
    longest = [1] * 8
    for at in range(8):
        longest[at] += max((longest[before] for before in range(at) if order[before] < order[at]), default=0)
    assert len(run) == max(longest)


def test_nothing_is_steady_in_nothing() -> None:
    assert steady([]) == []


def test_gaps_lie_before_between_and_behind_anchors() -> None:
    found = gaps([(1, 0), (4, 3)], [0, 2, 3, 5], [1, 2, 4])
    assert found == [Gap([0], []), Gap([2, 3], [1, 2]), Gap([5], [4])]


def test_without_anchors_all_is_one_gap() -> None:
    assert gaps([], [0, 1], [0]) == [Gap([0, 1], [0])]
