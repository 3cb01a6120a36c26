"""How large and how deep a side of a note may be, so that no card is slow to show."""

import re

from app.decks.note import Note, Problem
from app.decks.problems import problem

SIDE_BYTES = 65_536
DEEPEST = 30
LONGEST_RUN = 500
# A shorter side is quick to show whatever it holds.
_SHORT = 2 * DEEPEST
_MARKS = "[]()<>{}*_`~$^=#|\\&!+-:;.'\""
_PAIRS = tuple((pair[0], re.compile(f"[{re.escape(pair)}]")) for pair in ("[]", "()", "{}"))
_QUOTES_AND_LISTS = re.compile(rf"^(?:[ \t]*+(?:[>*+-]|\d{{1,9}}[.)])){{{DEEPEST + 1}}}", re.MULTILINE)
_INDENT = re.compile(rf"^(?:    |\t){{{DEEPEST + 1}}}[ \t]*(?:[>*+-]|\d{{1,9}}[.)])[ \t]", re.MULTILINE)


def over_limit(note: Note) -> Problem | None:
    """The problem of a note that would be slow to show, or None."""
    if len(note.front) <= _SHORT and len(note.back) <= _SHORT:
        return None
    return _over(note.front, note.line) or _over(note.back, note.line)


def _over(side: str, line: int) -> Problem | None:
    if len(side) <= _SHORT:
        return None
    if len(side) > SIDE_BYTES // 4 and len(side.encode()) > SIDE_BYTES:
        return problem(line, "side-too-long", limit=SIDE_BYTES)
    if len(side) > LONGEST_RUN:
        for mark in _MARKS:
            if mark * (LONGEST_RUN + 1) in side:
                return problem(line, "run-too-long", mark=mark, limit=LONGEST_RUN)
    return problem(line, "nested-too-deep", limit=DEEPEST) if _deep(side) else None


def _deep(side: str) -> bool:
    for opening, pair in _PAIRS:
        if side.count(opening) > DEEPEST and _nesting(side, pair) > DEEPEST:
            return True
    return bool(_QUOTES_AND_LISTS.search(side) or _INDENT.search(side))


def _nesting(side: str, pair: re.Pattern[str]) -> int:
    """How deep brackets of one kind stand inside each other; a closing one without its other half counts nothing."""
    depth = deepest = 0
    for bracket in pair.findall(side):
        depth = depth + 1 if bracket in "[({" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
