"""Where two sequences agree: equal items paired by their neighbours, and the steady ones between which others stand.

The pairing of equal items follows P. Heckel, "A technique for isolating differences between files" (1978): items that
occur once on each side are sure, and what stands beside a sure pair and is equal belongs to it too.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Pair(NamedTuple):
    """The item at index `old` is the one at index `new`; `sure` is false where another reading is as good."""

    old: int
    new: int
    sure: bool = True


def pair_equal(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Pair equal items one to one, as many as there are, in time linear in their number.

    Equal items that occur several times go with their neighbours, then with the stretch of the sequence they stand in,
    then in order. Only the last is not sure, and only where the two sides do not hold equally many.
    """
    head, tail = _common_ends(old, new)
    found = {new_at: new_at for new_at in range(head)}
    found.update((len(new) - 1 - back, len(old) - 1 - back) for back in range(tail))
    olds, news = range(head, len(old) - tail), range(head, len(new) - tail)
    if olds and news:
        _pair_unique(old, new, olds, news, found)
        _extend(old, new, news, found, 1)
        _extend(old, new, reversed(news), found, -1)
        _pair_by_stretch(old, new, olds, news, found)
    return _completed(old, new, olds, news, found)


def pair_equal_anywhere(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Pair equal items of two gatherings from several sequences, whose ends and order mean nothing.

    Equal items that occur several times go with their neighbours, then in order, the first of either side first.
    """
    found: dict[int, int] = {}
    olds, news = range(len(old)), range(len(new))
    _pair_unique(old, new, olds, news, found)
    _extend(old, new, news, found, 1)
    _extend(old, new, reversed(news), found, -1)
    return _completed(old, new, olds, news, found)


def steady(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of (old, new) that rises on both sides: what did not move when the fewest others did."""
    ordered = sorted(pairs, key=lambda pair: pair[1])
    if all(a[0] < b[0] for a, b in pairwise(ordered)):
        return ordered
    ends: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for at, (old, _) in enumerate(ordered):
        length = bisect_left(ends, old)
        ends[length : length + 1] = [old]
        tails[length : length + 1] = [at]
        before.append(tails[length - 1] if length else -1)
    run, at = [], tails[-1]
    while at >= 0:
        run.append(ordered[at])
        at = before[at]
    return run[::-1]


class Gap(NamedTuple):
    """A place between two steady pairs, or before the first or behind the last: the free items there."""

    old: list[int]
    new: list[int]


def gaps(anchors: Sequence[tuple[int, int]], old: Iterable[int], new: Iterable[int]) -> list[Gap]:
    """The places between `anchors` (steady pairs) that hold free items of either side, in order."""
    places: dict[int, Gap] = {}
    for side, free in enumerate((old, new)):
        marks = [anchor[side] for anchor in anchors]
        for at in free:
            place = bisect_left(marks, at)
            gap = places.setdefault(place, Gap([], []))
            (gap.new if side else gap.old).append(at)
    return [places[place] for place in sorted(places)]


def _common_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many items are equal at the start and, beyond those, at the end."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _pair_unique(
    old: Sequence[Hashable], new: Sequence[Hashable], olds: range, news: range, found: dict[int, int]
) -> None:
    counts = Counter(old[at] for at in olds), Counter(new[at] for at in news)
    only = {old[at]: at for at in olds if counts[0][old[at]] == 1 == counts[1][old[at]]}
    found.update((at, only[new[at]]) for at in news if new[at] in only)


def _extend(
    old: Sequence[Hashable], new: Sequence[Hashable], news: Iterable[int], found: dict[int, int], step: int
) -> None:
    """Let equal items join the pair beside them; `step` 1 joins what follows a pair, -1 what stands before it."""
    taken = set(found.values())
    for at in news:
        if at in found or at - step not in found:
            continue
        beside = found[at - step] + step
        if 0 <= beside < len(old) and beside not in taken and old[beside] == new[at]:
            found[at] = beside
            taken.add(beside)


def _pair_by_stretch(
    old: Sequence[Hashable], new: Sequence[Hashable], olds: range, news: range, found: dict[int, int]
) -> None:
    """Pair what is equal and stands between the same two steady pairs."""
    taken = set(found.values())
    free = [at for at in olds if at not in taken], [at for at in news if at not in found]
    if not all(free):
        return
    for gap in gaps(steady((was, at) for at, was in found.items()), *free):
        waiting = _by_item(old, gap.old)
        for at in gap.new:
            if mates := waiting.get(new[at]):
                found[at] = mates.pop()


def _completed(
    old: Sequence[Hashable], new: Sequence[Hashable], olds: range, news: range, found: dict[int, int]
) -> list[Pair]:
    """All pairs, with what is equal and left paired in order; not sure where the sides have unlike many left."""
    taken = set(found.values())
    waiting = _by_item(old, [at for at in olds if at not in taken])
    seekers = [at for at in news if at not in found and new[at] in waiting]
    sought = Counter(new[at] for at in seekers)
    doubted = {at for at in seekers if sought[new[at]] != len(waiting[new[at]])}
    for at in seekers:
        if mates := waiting[new[at]]:
            found[at] = mates.pop()
    return [Pair(found[at], at, at not in doubted) for at in sorted(found)]


def _by_item(items: Sequence[Hashable], indices: Sequence[int]) -> dict[Hashable, list[int]]:
    """The indices of each item, last first, so that `pop` takes the first."""
    places: dict[Hashable, list[int]] = {}
    for at in reversed(indices):
        places.setdefault(items[at], []).append(at)
    return places
