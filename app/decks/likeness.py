"""How alike two notes are, and which of many are worth comparing.

Likeness goes by characters, so that it serves Japanese, which has no spaces between words, as well as English.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.decks.note import Note, NoteKind

LIKE = 0.6
"""From this likeness on (0 to 1) two texts say much the same."""

MOST_COMPARISONS = 1_000_000
"""Up to so many comparisons of short notes each is made; beyond, only of notes that share rare runs of letters."""

_QUESTION_WEIGHT = 0.6
_READ = 400  # characters of a text that are compared: enough to know it by, and a bound on the time
_USUAL = 80  # characters of a usual note; a longer one counts as several comparisons
_CANDIDATES = 6  # for each old note
_RUN = 3  # letters
_RUNS_OVER = 120  # letters of a note whose runs are noted: a bound on memory
_RARE = 30  # notes that share a run of letters; a run that more of them share tells nothing
_TRAILING = ".。?!、,:;"
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_NAME = re.compile(r"`([^`\n]+)`|((?:(?<![a-z0-9])-{1,2})?[a-z0-9][a-z0-9_./:-]*)", re.ASCII | re.IGNORECASE)


class Reading(NamedTuple):
    """A note prepared for comparing: its texts without spaces, width, case and kana differences, and what it names."""

    cloze: bool
    front: str
    back: str
    names: frozenset[str]

    @property
    def whole(self) -> str:
        """Question and answer in one."""
        return self.front + self.back


class Likeness(NamedTuple):
    """`score` is 0 to 1. `other_thing`: they name different things. `sure`: one is a rewording of the other."""

    score: float
    other_thing: bool
    sure: bool


def question(text: str) -> str:
    """The question as far as it matters for being the same: no spaces, no width, no punctuation at the end."""
    bare = _unspaced(text)
    return bare.rstrip(_TRAILING) or bare


def read(note: Note) -> Reading:
    """Prepare a note for `compare`."""
    return Reading(note.kind is NoteKind.CLOZE, _plain(note.front), _plain(note.back), _names(note))


def ratio(one: str, other: str) -> float:
    """How alike two texts are by their characters, 0 to 1."""
    from rapidfuzz import fuzz

    return fuzz.ratio(one, other) / 100


def compare(one: Reading, other: Reading) -> Likeness:
    """How alike two notes are; the question weighs more than the answer.

    Notes that name different things (`-d` and `-f`, `docker start` and `docker stop`) differ by a letter or two and
    are different notes all the same, unless the answer stayed.
    """
    whole = ratio(one.whole, other.whole)
    back = whole if one.cloze or other.cloze else ratio(one.back, other.back)
    score = whole
    if not (one.cloze or other.cloze):
        score = max(whole, _QUESTION_WEIGHT * ratio(one.front, other.front) + (1 - _QUESTION_WEIGHT) * back)
    nested = one.names <= other.names or other.names <= one.names
    other_thing = back < 0.9 and not nested
    return Likeness(score, other_thing, score >= LIKE and back >= LIKE and not other_thing)


def candidates(old: Sequence[Reading], new: Sequence[Reading]) -> Iterator[tuple[int, int]]:
    """Index pairs worth comparing, a handful for each old note, some perhaps twice; in a fixed order.

    Every pair is looked at while there are at most `MOST_COMPARISONS`; beyond, the time stays near linear.
    """
    size = sum(1 + len(reading.whole) // _USUAL for reading in old), sum(1 + len(r.whole) // _USUAL for r in new)
    return _by_likeness(old, new) if size[0] * size[1] <= MOST_COMPARISONS else _by_rare_runs(old, new)


def _by_likeness(old: Sequence[Reading], new: Sequence[Reading]) -> Iterator[tuple[int, int]]:
    from rapidfuzz import fuzz, process  # megabytes that a worker needs when notes were edited, and not before

    wholes, fronts = [reading.whole for reading in new], [reading.front for reading in new]
    for at, reading in enumerate(old):
        for text, texts, least in ((reading.whole, wholes, 60), (reading.front, fronts, 75)):
            near = process.extract(text, texts, scorer=fuzz.ratio, limit=_CANDIDATES, score_cutoff=least)
            yield from ((at, index) for _, _, index in near)


def _by_rare_runs(old: Sequence[Reading], new: Sequence[Reading]) -> Iterator[tuple[int, int]]:
    holders: dict[str, list[int]] = {}
    for at, reading in enumerate(new):
        for run in _runs(reading):
            known = holders.setdefault(run, [])
            if len(known) <= _RARE:
                known.append(at)
    for at, reading in enumerate(old):
        shared = (holders.get(run, ()) for run in _runs(reading))
        votes = Counter(index for indices in shared if len(indices) <= _RARE for index in indices)
        ranked = sorted(votes, key=lambda index: (-votes[index], index))
        yield from ((at, index) for index in ranked[:_CANDIDATES])


def _runs(reading: Reading) -> dict[str, None]:
    """The runs of three letters in a note, once each, in order."""
    text = reading.whole[:_RUNS_OVER]
    return dict.fromkeys(text[at : at + _RUN] for at in range(len(text) - _RUN + 1))


def _plain(text: str) -> str:
    return _unspaced(text[: 4 * _READ]).casefold().translate(_KATAKANA)[:_READ]


def _unspaced(text: str) -> str:
    """Without spaces and width; normalised twice, because an accent that stood on a space joins the letter before."""
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).split()))


def _names(note: Note) -> frozenset[str]:
    """What a note names: options, code and numbers, and in Japanese text every word in Latin letters."""
    text = unicodedata.normalize("NFKC", f"{note.front[:_READ]} {note.back[:_READ]}")
    japanese = _JAPANESE.search(text) is not None
    names: set[str] = set()
    for found in _NAME.finditer(text):
        code, word = found.groups()
        if code:
            names.update(_folded(part) for part in code.split())
        elif japanese or word.startswith("-") or any(letter.isdigit() for letter in word):
            names.add(_folded(word.rstrip("./:-") or word))
    return frozenset(names)


def _folded(name: str) -> str:
    """Options tell `-p` from `-P`; other names are often written either way."""
    return name if name.startswith("-") else name.casefold()
