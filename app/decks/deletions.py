"""Which card of a note is which after an edit: each card keeps its own schedule when its siblings change.

Cards are counted from 1: a basic note has card 1; a reversed note has card 1 (front to back) and card 2 (back to
front); a cloze note has one card for each number its deletions carry, and several deletions may carry the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from app.decks.likeness import question, ratio
from app.decks.note import Deletion, Note, NoteKind

_ANSWER_WEIGHT = 0.6
_ENOUGH = 0.35  # a deletion in the same place with another answer has 0.4
_EVERY_PAIR = 2_500  # so many pairs of cards of a note are compared; beyond, only some of each card
_NEAR = 4
_LONGEST_ALIGNED = 50_000_000  # product of two texts' lengths; beyond, places are carried over in proportion

_Cards = dict[int, list[Deletion]]
_Spans = dict[Deletion, tuple[int, int]]


class _Segment(NamedTuple):
    """A stretch of a text, start to end, and the stretch of the other text that it became."""

    start: int
    end: int
    other_start: int
    other_end: int

    def carry(self, at: int) -> int:
        """A position in this stretch, as one in the other text; in proportion where the stretch was replaced."""
        return self.other_start + round(
            (at - self.start) * (self.other_end - self.other_start) / (self.end - self.start)
        )


def match_cards(old: Note, new: Note) -> dict[int, int]:
    """New card number -> old card number, of a note before and after an edit, whatever its kind was and is."""
    if old.kind is NoteKind.CLOZE and new.kind is NoteKind.CLOZE:
        return match_deletions(old.deletions, new.deletions, old.front, new.front)
    if new.kind is NoteKind.CLOZE and new.deletions:
        return {_nearest_card(new.deletions, old.back): 1}
    if old.kind is NoteKind.CLOZE and old.deletions:
        return {1: _nearest_card(old.deletions, new.back)}
    return {card: card for card in range(1, min(old.cards, new.cards) + 1)}


def match_deletions(old: Sequence[Deletion], new: Sequence[Deletion], old_text: str, new_text: str) -> dict[int, int]:
    """New card number -> old card number of a cloze note; a card that is new is left out.

    The same hidden answer is the strongest evidence, the same place in the text the next. What is left then is paired
    in order where as many old as new cards are left and each hides what is not in the other text: a text written anew
    keeps its cards, but a deletion that was unmarked and another one that was marked are two.
    """
    there, back = _segments(old_text, new_text), _segments(new_text, old_text)
    cards = _by_card(old), _by_card(new)
    found = _by_likeness(*cards, {deletion: _carried(deletion, there) for deletion in old})
    gone = [card for card in cards[0] if card not in found.values() and not _stands(cards[0][card], there, new_text)]
    came = [card for card in cards[1] if card not in found and not _stands(cards[1][card], back, old_text)]
    if len(gone) == len(came):
        found.update(zip(came, gone, strict=True))
    return dict(sorted(found.items()))


def _by_card(deletions: Iterable[Deletion]) -> _Cards:
    """The deletions of each card, in the order of their places."""
    cards: _Cards = {}
    for deletion in sorted(deletions, key=lambda deletion: deletion.start):
        cards.setdefault(deletion.card, []).append(deletion)
    return cards


def _by_likeness(old: _Cards, new: _Cards, spans: _Spans) -> dict[int, int]:
    """Pair cards one to one: those that hide the same in the same places, then the most alike first."""
    found = _untouched(old, new, spans)
    kept = set(found.values())
    left = {card: old[card] for card in old if card not in kept}, {card: new[card] for card in new if card not in found}
    pairs = _worth_comparing(*left, spans)
    scores = {(before, now): _card_likeness(old[before], new[now], spans) for before, now in pairs}
    taken: set[int] = set()
    for (before, now), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if score >= _ENOUGH and before not in taken and now not in found:
            found[now] = before
            taken.add(before)
    return found


def _worth_comparing(old: _Cards, new: _Cards, spans: _Spans) -> Iterator[tuple[int, int]]:
    """The pairs of cards that may be one; of very many, those near each other and those that hide the same."""
    if len(old) * len(new) <= _EVERY_PAIR:
        yield from product(old, new)
        return
    starts = [parts[0].start for parts in new.values()]
    order, same = list(new), _by_answer(new)
    for card, parts in old.items():
        at = bisect_left(starts, spans[parts[0]][0])
        near = order[max(at - _NEAR, 0) : at + _NEAR]
        yield from ((card, other) for other in {*near, *same.get(question(parts[0].answer), ())})


def _by_answer(cards: _Cards) -> dict[str, list[int]]:
    """The first few cards that hide each answer."""
    found: dict[str, list[int]] = {}
    for card, parts in cards.items():
        alike = found.setdefault(question(parts[0].answer), [])
        if len(alike) < _NEAR:
            alike.append(card)
    return found


def _untouched(old: _Cards, new: _Cards, spans: _Spans) -> dict[int, int]:
    """New card number -> old card number of cards whose every deletion is still there."""
    there = {tuple((part.answer, spans[part]) for part in parts): card for card, parts in old.items()}
    now = {card: tuple((part.answer, _span(part)) for part in parts) for card, parts in new.items()}
    return {card: there[parts] for card, parts in now.items() if parts in there}


def _card_likeness(old: list[Deletion], new: list[Deletion], spans: _Spans) -> float:
    """0 to 1: how well the hidden spans of one card cover those of the other."""
    best = [max(_likeness(before, now, spans[before]) for before in old) for now in new]
    return sum(best) / max(len(old), len(new))


def _likeness(old: Deletion, new: Deletion, span: tuple[int, int]) -> float:
    same = question(old.answer) == question(new.answer)
    answer = 1 if same else ratio(old.answer.casefold(), new.answer.casefold())
    return _ANSWER_WEIGHT * answer + (1 - _ANSWER_WEIGHT) * _overlap(span, _span(new))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """0 to 1: the common part of two spans, of what they cover together."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    together = max(one[1], other[1]) - min(one[0], other[0])
    return max(0, common) / together if together else 1


def _span(deletion: Deletion) -> tuple[int, int]:
    return deletion.start, deletion.start + len(deletion.answer)


def _carried(deletion: Deletion, segments: Sequence[_Segment]) -> tuple[int, int]:
    """Where a span of one text stands in the other; empty where it was cut out."""
    start, end = _span(deletion)
    if not segments or start == end:
        return 0, 0
    first = bisect_right(segments, start, key=lambda part: part.start) - 1
    last = bisect_left(segments, end, key=lambda part: part.start) - 1
    return segments[first].carry(start), segments[last].carry(end)


def _stands(deletions: Iterable[Deletion], segments: Sequence[_Segment], text: str) -> bool:
    """Whether what a card hides stands in the other text where it stood, only unmarked."""
    spans = ((deletion, _carried(deletion, segments)) for deletion in deletions)
    return any(text[start:end] == deletion.answer for deletion, (start, end) in spans)


def _segments(text: str, other: str) -> list[_Segment]:
    """The stretches of `text`, each with what became of it in `other`: equal ones, and replaced ones between them."""
    if len(text) * len(other) > _LONGEST_ALIGNED:
        return [_Segment(0, len(text), 0, len(other))]
    from rapidfuzz.distance import Indel  # as in likeness.py: not before notes were edited

    segments: list[_Segment] = []
    at = 0, 0
    for start, other_start, size in Indel.opcodes(text, other).as_matching_blocks():
        segments.append(_Segment(at[0], start, at[1], other_start))
        segments.append(_Segment(start, start + size, other_start, other_start + size))
        at = start + size, other_start + size
    return [part for part in segments if part.start < part.end]


def _nearest_card(deletions: Sequence[Deletion], answer: str) -> int:
    """The card that hides what is most like `answer`; among equals the first."""
    ranked = sorted(
        deletions, key=lambda deletion: (-ratio(question(deletion.answer), question(answer)), deletion.card)
    )
    return ranked[0].card
