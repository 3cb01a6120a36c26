"""Deletions of a cloze: hidden behind a box of fixed width on the front, filled in on the back."""

import re
from collections.abc import Iterable

from markupsafe import escape

from app.decks.note import Deletion
from app.markup.marks import FILL_END, FILL_START, Piece, Stash, defuse

_BLOCK_START = re.compile(r"(?:[ \t]*(?:`{3,}[^\n]*\n|~{3,}[^\n]*\n|[-*+] +|\d{1,9}[.)] +|#{1,6} +|> ?|\|))+")
_BLOCK_END = re.compile(r"\n[ \t]*(?:`{3,}|~{3,})[ \t]*$|[ \t]*\|$")


def with_boxes(text: str, deletions: Iterable[Deletion], card: int, stash: Stash) -> str:
    """`text` with a private mark in place of each deletion that `card` asks for."""
    for start, end, hint in reversed(_asked(text, deletions, card)):
        text = text[:start] + (stash.add(_box(hint)) or "[…]") + text[end:]
    return text


def with_fillings(text: str, deletions: Iterable[Deletion], card: int) -> str:
    """`text` with private marks around each deletion that `card` asks for."""
    for start, end, _ in reversed(_asked(text, deletions, card)):
        text = (
            text[:start] + _filled(text[start:end], at_line_start=text[:start].endswith("\n") or not start) + text[end:]
        )
    return text


def _filled(answer: str, *, at_line_start: bool) -> str:
    # A fence, bullet or hash only counts at the start of its line, so the mark goes behind it.
    found = _BLOCK_START.match(answer) if at_line_start else None
    start = found.end() if found else 0
    ending = _BLOCK_END.search(answer, start)
    end = ending.start() if ending else len(answer)
    return answer[:start] + FILL_START + answer[start:end] + FILL_END + answer[end:]


def _asked(text: str, deletions: Iterable[Deletion], card: int) -> list[tuple[int, int, str]]:
    """The spans (start, end, hint) that `card` asks for, in text order; one inside another goes with the outer one."""
    spans: list[tuple[int, int, str]] = []
    for each in sorted(deletions, key=lambda deletion: (deletion.start, -len(deletion.answer))):
        end = each.start + len(each.answer)
        if each.card == card and 0 <= each.start < end <= len(text) and (not spans or each.start >= spans[-1][1]):
            spans.append((each.start, end, each.hint))
    return spans


def _box(hint: str) -> Piece:
    words = defuse(hint) or "[…]"
    return Piece(f'<span class="deletion asked">{escape(words)}</span>', words)
