"""The deletions of a `C:` note: `[…]` hides its inside, one card each, in the order of the text.

The rules are those of hashcards: `\\[` and `\\]` are brackets as text, the brackets of an image stay, of nested pairs
only the innermost counts, and a bracket without its other half vanishes.
"""

import re
from collections.abc import Iterator

from app.decks.note import Deletion, Note, NoteKind, Problem
from app.decks.problems import excerpt, problem

MOST_DELETIONS = 500
_BRACKETS = re.compile(r"\\[\[\]]|!?\[|\]")
_LINK = re.compile(r"(?<![\\!])\[([^\[\]\n]+)(?<!\\)\]\(")
_FOOTNOTE = re.compile(r"(?<![\\!])\[(\^[^\[\]\s]+)\]")
_TASK = re.compile(r"^[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?\[[ xX]\](?=\s)", re.MULTILINE)


def read_cloze(raw: str, line: int) -> Iterator[Note | Problem]:
    """The note of the cloze `raw` that starts in `line`, or the problem that kept it from becoming one."""
    text, deletions = _deletions(raw)
    error = _error(raw, deletions, line)
    if error:
        yield error
        return
    yield from _doubtful(raw, line)
    yield Note(NoteKind.CLOZE, text, "", deletions, (), "", line)


def _deletions(raw: str) -> tuple[str, tuple[Deletion, ...]]:
    """`raw` without its brackets, and the spans that they marked."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    done = length = 0
    opened, image = -1, False
    for found in _BRACKETS.finditer(raw):
        kept = raw[done : found.start()]
        length += len(kept)
        bracket, done = found[0], found.end()
        if image:
            image = bracket != "]"
            shown = bracket
        elif bracket == "![":
            image, shown = True, bracket
        elif bracket[0] == "\\":
            shown = bracket[1]
        else:
            if bracket == "]" and opened >= 0:
                spans.append((opened, length))
            opened, shown = (length if bracket == "[" else -1), ""
        parts += (kept, shown)
        length += len(shown)
    text = "".join([*parts, raw[done:]])
    return text, tuple(Deletion(text[start:end], start, card) for card, (start, end) in enumerate(spans, 1))


def _error(raw: str, deletions: tuple[Deletion, ...], line: int) -> Problem | None:
    if not deletions:
        return problem(line, "cloze-without-deletion")
    if any(not deletion.answer for deletion in deletions):
        at = max(raw.find("[]"), 0)
        return problem(line + raw.count("\n", 0, at), "empty-deletion")
    if len(deletions) > MOST_DELETIONS:
        return problem(line, "too-many-deletions", count=len(deletions), limit=MOST_DELETIONS)
    return None


def _doubtful(raw: str, line: int) -> Iterator[Problem]:
    """Warn, once a kind, of brackets that mean something else in Markdown."""
    kinds = ((_LINK, "link-is-deletion"), (_FOOTNOTE, "footnote-is-deletion"), (_TASK, "task-is-deletion"))
    for pattern, code in kinds:
        found = pattern.search(raw)
        if found:
            text = excerpt(found[1]) if found.groups() else ""
            yield problem(line + raw.count("\n", 0, found.start()), code, text=text)
