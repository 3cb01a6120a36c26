"""What speaks for two notes being one: their text, their question, their place, their likeness, each a step.

The text comes first. Every other step looks only at notes that no step before it has paired, and pairs one to one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.decks.alignment import Gap, Pair, gaps, pair_equal, pair_equal_anywhere, steady
from app.decks.likeness import LIKE, Likeness, Reading, candidates, compare, question, read
from app.decks.note import Note

LIKE_IN_PLACE = 0.5
LIKE_ACROSS = 0.7
NEARLY_AS_GOOD = 0.05
"""A pair is not sure where another free partner is at most so much less alike."""

_SAME_PLACE = 0.1
_SAME_RANK = 0.05
_TELLING = 4  # letters
_EVERY_PAIR = 400  # a gap or a group of one question up to this many pairs is compared pair by pair


@dataclass
class Pairing:
    """The notes of one file before and after an edit, and who was found to be who; `lost` old notes went elsewhere."""

    old: Sequence[Note]
    new: Sequence[Note]
    found: dict[int, Pair] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    foreign: set[int] = field(default_factory=set)

    def free_old(self) -> list[int]:
        """The old notes without a partner, in order."""
        taken = {pair.old for pair in self.found.values()} | self.lost
        return [at for at in range(len(self.old)) if at not in taken]

    def free_new(self) -> list[int]:
        """The new notes without a partner, in order."""
        return [at for at in range(len(self.new)) if at not in self.found and at not in self.foreign]

    def anchors(self) -> list[tuple[int, int]]:
        """The pairs that stayed in order."""
        return steady((pair.old, pair.new) for pair in self.found.values())

    def add(self, pairs: Iterable[Pair]) -> None:
        """Take pairs over."""
        self.found.update((pair.new, pair) for pair in pairs)


def text(note: Note) -> tuple[object, ...]:
    """What makes two notes the same to the letter: kind, front, back and deletions."""
    return note[:4]


def by_text(pairing: Pairing) -> None:
    """Pair the notes of a file that are the same to the letter."""
    pairing.add(pair_equal([text(note) for note in pairing.old], [text(note) for note in pairing.new]))


def by_text_across(pairing: Pairing) -> None:
    """Pair notes of different files that are the same to the letter."""
    pairing.add(pair_equal_anywhere([text(note) for note in pairing.old], [text(note) for note in pairing.new]))


def by_question(pairing: Pairing) -> None:
    """Pair notes that ask the same; where several do, the answer decides, then the place."""
    several: list[tuple[list[int], list[int]]] = []
    for old, new in _asking_the_same(pairing):
        if len(old) == len(new) == 1:
            pairing.add([Pair(old[0], new[0])])
        else:
            several.append((old, new))
    if several:
        _among_several(pairing, several)


def by_question_across(pairing: Pairing) -> None:
    """Pair notes of different files that ask the same; not sure where their answers differ much."""
    by_question(pairing)
    for new, pair in pairing.found.items():
        if pair.sure and text(pairing.old[pair.old]) != text(pairing.new[new]):
            sure = compare(read(pairing.old[pair.old]), read(pairing.new[new])).sure
            pairing.found[new] = pair._replace(sure=sure)


def by_likeness(pairing: Pairing) -> None:
    """Pair notes that read alike; those in the same place between notes that stayed need to be less alike."""
    scores: dict[tuple[int, int], float] = {}
    verdicts: dict[tuple[int, int], Likeness] = {}
    readings = _Readings(pairing)
    place = _Places(pairing)
    for old, new in _worth_comparing(readings, place):
        verdict = verdicts[old, new] = compare(readings.old[old], readings.new[new])
        in_place = place.is_shared(old, new)
        if verdict.score >= (LIKE_IN_PLACE if in_place else LIKE) and (in_place or not verdict.other_thing):
            scores[old, new] = verdict.score + place.nearness(old, new)
    pairing.add(pair._replace(sure=pair.sure and verdicts[pair[:2]].sure) for pair in best_pairs(scores))


def by_likeness_across(pairing: Pairing) -> None:
    """Pair notes of different files that read alike: no place speaks for them, so they need to be more alike."""
    readings = _Readings(pairing)
    verdicts = {(old, new): compare(readings.old[old], readings.new[new]) for old, new in readings.candidates()}
    alike = {pair: v.score for pair, v in verdicts.items() if v.score >= LIKE_ACROSS and not v.other_thing}
    pairing.add(pair._replace(sure=pair.sure and verdicts[pair[:2]].sure) for pair in best_pairs(alike))


def by_answer(pairing: Pairing) -> None:
    """Pair notes of a file whose questions are unlike but whose answer is the same, and nobody else's; not sure.

    So a deck keeps its progress when its questions are put into another language.
    """
    readings = _Readings(pairing)
    old, new = _only_answers(readings.old), _only_answers(readings.new)
    pairing.add(Pair(old[answer], at, sure=False) for answer, at in new.items() if answer in old)


def by_place(pairing: Pairing) -> None:
    """Pair what stands in the same place between notes that stayed, in order, however unlike.

    A question written anew looks like another note; taking it for one would cost its progress, so it is kept, and is
    not sure. A place speaks only where as many old as new notes stand in it, next to a note that stayed, and where no
    more are guessed than stayed in the whole file: a file filled with other notes keeps nothing.
    """
    place = _Places(pairing)
    for gap in place.gaps:
        if len(gap.old) == len(gap.new) and place.speaks_for(gap):
            for old, new in zip(gap.old, gap.new, strict=True):
                sure = compare(read(pairing.old[old]), read(pairing.new[new])).sure
                pairing.add([Pair(old, new, sure)])


def best_pairs(scores: dict[tuple[int, int], float]) -> list[Pair]:
    """Pair one to one, the best score first, then the lowest indices; not sure where a free rival is nearly as good."""
    rivals: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
    for old, new in scores:
        rivals[0].setdefault(old, []).append(new)
        rivals[1].setdefault(new, []).append(old)
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for (old, new), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if old in taken[0] or new in taken[1]:
            continue
        near = [scores[old, at] for at in rivals[0][old] if at != new and at not in taken[1]]
        near += [scores[at, new] for at in rivals[1][new] if at != old and at not in taken[0]]
        pairs.append(Pair(old, new, all(other < score - NEARLY_AS_GOOD for other in near)))
        taken[0].add(old)
        taken[1].add(new)
    return pairs


def _asking_the_same(pairing: Pairing) -> Iterator[tuple[list[int], list[int]]]:
    """The free old and new notes of each question that both sides ask."""
    asked: dict[str, tuple[list[int], list[int]]] = {}
    for at in pairing.free_old():
        asked.setdefault(question(pairing.old[at].front), ([], []))[0].append(at)
    for at in pairing.free_new():
        if group := asked.get(question(pairing.new[at].front)):
            group[1].append(at)
    return (group for group in asked.values() if group[1])


def _among_several(pairing: Pairing, groups: list[tuple[list[int], list[int]]]) -> None:
    """Pair within groups of one question: small ones by answer and place, others in order."""
    place = _Places(pairing)
    for old, new in groups:
        if len(old) * len(new) <= _EVERY_PAIR:
            readings = [read(pairing.old[at]) for at in old], [read(pairing.new[at]) for at in new]
            scores = {
                (one, other): compare(readings[0][i], readings[1][j]).score + place.nearness(one, other)
                for i, one in enumerate(old)
                for j, other in enumerate(new)
            }
            pairing.add(best_pairs(scores))
        else:
            pairing.add(Pair(one, other, len(old) == len(new)) for one, other in zip(old, new, strict=False))


def _only_answers(readings: dict[int, Reading]) -> dict[str, int]:
    """Answers long enough to tell a note by, which one note alone has."""
    often = Counter(reading.back for reading in readings.values())
    return {r.back: at for at, r in readings.items() if len(r.back) >= _TELLING and often[r.back] == 1}


class _Readings:
    """The free notes of a pairing, prepared for comparing, by index."""

    def __init__(self, pairing: Pairing) -> None:
        old, new = pairing.free_old(), pairing.free_new()
        both = bool(old and new)
        self.old: dict[int, Reading] = {at: read(pairing.old[at]) for at in old if both}
        self.new: dict[int, Reading] = {at: read(pairing.new[at]) for at in new if both}

    def candidates(self) -> Iterator[tuple[int, int]]:
        """The pairs that may be alike."""
        old, new = list(self.old), list(self.new)
        likely = candidates(list(self.old.values()), list(self.new.values()))
        return ((old[one], new[other]) for one, other in likely)


class _Places:
    """The places between the notes that stayed, and who stands where."""

    def __init__(self, pairing: Pairing) -> None:
        anchors = pairing.anchors()
        self.gaps = gaps(anchors, pairing.free_old(), pairing.free_new())
        self._stayed = len(anchors)
        self._old = {at: (gap, rank) for gap in self.gaps for rank, at in enumerate(gap.old)}
        self._new = {at: (gap, rank) for gap in self.gaps for rank, at in enumerate(gap.new)}

    def speaks_for(self, gap: Gap) -> bool:
        """Whether a place is evidence: no more stand in it than stayed, so one at least stayed, and borders it."""
        return max(len(gap.old), len(gap.new)) <= self._stayed

    def is_shared(self, old: int, new: int) -> bool:
        """Whether both stand in the same place, and it is evidence; of a file's only note the file is the place."""
        gap = self._old[old][0]
        alone = self._stayed == 0 and len(gap.old) == len(gap.new) == 1
        return gap is self._new[new][0] and (alone or self.speaks_for(gap))

    def nearness(self, old: int, new: int) -> float:
        """What the place adds to a likeness."""
        (gap, rank), (other, other_rank) = self._old[old], self._new[new]
        if gap is not other:
            return 0
        same_rank = rank == other_rank and len(gap.old) == len(gap.new)
        return _SAME_PLACE + _SAME_RANK * same_rank


def _worth_comparing(readings: _Readings, place: _Places) -> Iterator[tuple[int, int]]:
    yield from readings.candidates()
    for gap in place.gaps:
        if len(gap.old) * len(gap.new) <= _EVERY_PAIR:
            yield from ((old, new) for old in gap.old for new in gap.new)
        elif len(gap.old) == len(gap.new):
            yield from zip(gap.old, gap.new, strict=True)
