"""Which dialect a deck file is written in, where nobody said.

One dialect for the whole file, and only from what no other dialect would hold: two that fit are told, never guessed
between. Looked at outside front matter and closed code blocks. `outline` is what remains: no mark of another dialect,
most lines are bullets, and a bullet has another below it. With `## ` headings that may be `heading` as well, and is
asked about, unless such a bullet stands above the first of them: it would be lost in that dialect.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.decks import outline, qa
from app.decks.fences import find_tagged_fences, hide_code
from app.decks.front_matter import FrontMatter
from app.decks.note import Note, Problem

Reader = Callable[[str, int], Iterator[Note | Problem]]

READERS: Mapping[str, Reader] = {"qa": qa.parse, "outline": outline.parse}
# Recognised, but without a module yet.
LATER = ("obsidian", "heading", "anki-cloze", "inka")
DIALECTS = (*READERS, *LATER)

_FIRST_LINE = re.compile(r"(?:[^\S\n]*(?:---[^\S\n]*)?\n)*+([QCT]):")
_OBSIDIAN_TAG = re.compile(r"(?:^|(?<=\s))#flashcards(?:/|(?![\w/-]))", re.MULTILINE)
_SECTION = re.compile(r"^---$", re.MULTILINE)
_QA_MARK = re.compile(r"^[QC]:", re.MULTILINE)
_INKA_NOTE = re.compile(r"^\d+\.", re.MULTILINE)
_INKA_REST = re.compile(r"^(?:>|Deck:)|\{", re.MULTILINE)
_INLINE_CODE = re.compile(r"(?<!`)(`{1,8}+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_ANKI = re.compile(r"\{\{c\d+::")
_HEADING = re.compile(r"^##\s", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\S")


class Choice(NamedTuple):
    """The dialects that fit a file: exactly one, or the candidates to ask about, or none."""

    candidates: tuple[str, ...]

    @property
    def dialect(self) -> str | None:
        """The one dialect, if there is just one."""
        return self.candidates[0] if len(self.candidates) == 1 else None


def detect(found: FrontMatter) -> Choice:
    """The dialects that the text below the front matter `found`, and its tags, speak for."""
    text = hide_code(found.body, find_tagged_fences(found.body))
    marked = tuple(name for name, fits in _EVIDENCE.items() if fits(text, found))
    if marked:
        return Choice(marked)
    anki = "{{c" in text and bool(_ANKI.search(_INLINE_CODE.sub("", text)))
    first_heading = _HEADING.search(text)
    above = text[: first_heading.start()] if first_heading else text
    bullets = not anki and _mostly_bullets(text)
    memo = bullets and _nests(above)
    weak = {"anki-cloze": anki, "heading": bool(first_heading) and not memo, "outline": bullets and _nests(text)}
    return Choice(tuple(name for name, fits in weak.items() if fits))


class Evidence:
    """What a text in pieces speaks for, as far as that can be told without holding it: whether it is `qa` alone.

    Each piece but the first begins with a marker of `qa`, so a section of `inka` never reaches from one into the next.
    """

    def __init__(self, found: FrontMatter) -> None:
        self.seen = False
        self._found = found
        self._in_section = False

    def is_only_qa(self, piece: str) -> bool:
        """Whether everything up to the end of the next piece speaks for `qa` and for no other dialect."""
        text = hide_code(piece, find_tagged_fences(piece))
        is_qa = self.seen or _qa(text, self._found)
        self.seen = True
        rules = [rule.span() for rule in _SECTION.finditer(text)]
        inside = rules[1:] if self._in_section else rules
        self._in_section = bool(len(inside) % 2) if rules else self._in_section
        return is_qa and not _obsidian(text, self._found) and not _any_inka(text, inside)


def _qa(text: str, _found: FrontMatter) -> bool:
    """A first line with a marker; a term only where its definition is the next marker."""
    first = _FIRST_LINE.match(text)
    if first is None or first[1] != "T":
        return first is not None
    following = qa.MARKS_AND_TERMS.search(text, first.end())
    return following is not None and following[1] == "D"


def _obsidian(text: str, found: FrontMatter) -> bool:
    tagged = any(tag == "flashcards" or tag.startswith("flashcards/") for tag in found.tags)
    return tagged or ("#flashcards" in text and bool(_OBSIDIAN_TAG.search(text)))


def _inka(text: str, _found: FrontMatter) -> bool:
    """A numbered line with an answer, a deck or a brace between two `---`, and no marker of `qa` there."""
    return _any_inka(text, [rule.span() for rule in _SECTION.finditer(text)])


def _any_inka(text: str, rules: Sequence[tuple[int, int]]) -> bool:
    sections = (text[start[1] : end[0]] for start, end in zip(rules[::2], rules[1::2], strict=False))
    return any(
        _INKA_NOTE.search(section) and _INKA_REST.search(section) and not _QA_MARK.search(section)
        for section in sections
    )


_EVIDENCE = {"qa": _qa, "obsidian": _obsidian, "inka": _inka}


def _nests(text: str) -> bool:
    """Whether some bullet has another right below it, two columns in or more."""
    before = None
    for line in text.split("\n"):
        bullet = _BULLET.match(line)
        indent = len(bullet[1].expandtabs(4)) if bullet else None
        if indent is not None and before is not None and indent >= before + 2:
            return True
        if line.strip():
            before = indent
    return False


def _mostly_bullets(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith(("#", "<br", "```", "~~~"))]
    return 2 * sum(bool(_BULLET.match(line)) for line in lines) >= len(lines)
