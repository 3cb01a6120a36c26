"""Where code blocks are: ``` or ~~~ at any indent, closed by the same mark, at least as long.

A fence without an end protects nothing, so that one typo never swallows the rest of a deck.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_MARKS = r"(?:(?P<ticks>`{3,}+)(?P<info>[^`\n]*)|(?P<tildes>~{3,}+)(?P<tilde_info>.*))$"
_BULLETS = r"[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*+"
_FENCE = re.compile(rf"^(?P<before>{_BULLETS}){_MARKS}", re.MULTILINE)
_TAGGED_FENCE = re.compile(rf"^(?P<before>(?:[QACTD]:)?{_BULLETS}){_MARKS}", re.MULTILINE)


class Fences(NamedTuple):
    """The closed code blocks of a text as (start, end) offsets from mark to mark, and where unclosed fences start."""

    closed: list[tuple[int, int]]
    unclosed: list[int]


def find_fences(text: str) -> Fences:
    """Every code block of `text`, in time linear in its length whatever it holds.

    A block may open behind a bullet (`- ```sh`); it closes on a line of its own.
    """
    return _pair_up(text, _FENCE)


def find_tagged_fences(text: str) -> Fences:
    """Every code block of a text in `qa`, where one may also open behind a marker (`A: ```sh`)."""
    return _pair_up(text, _TAGGED_FENCE)


def _pair_up(text: str, fence: re.Pattern[str]) -> Fences:
    if "```" not in text and "~~~" not in text:
        return Fences([], [])
    lines = list(fence.finditer(text))
    closers = _closers(lines)
    fences = Fences([], [])
    end = -1
    for index, line in enumerate(lines):
        if line.start() < end:
            continue
        closer = closers[index]
        if closer is None:
            fences.unclosed.append(line.end("before"))
        else:
            end = lines[closer].end()
            fences.closed.append((line.end("before"), end))
    return fences


def _closers(lines: list[re.Match[str]]) -> list[int | None]:
    """For each fence line the index of the line that would close it, from the last to the first.

    Kept for each mark: the closing lines still ahead that are longer than all nearer ones, the nearest on top.
    """
    ahead: dict[str, list[tuple[int, int]]] = {"`": [], "~": []}
    found: list[int | None] = [None] * len(lines)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        run = line["ticks"] or line["tildes"]
        stack = ahead[run[0]]
        nearest = bisect_right(stack, -len(run), key=lambda closer: -closer[0]) - 1
        found[index] = stack[nearest][1] if stack and nearest >= 0 else None
        if not line["before"].strip() and not (line["info"] or line["tilde_info"] or "").strip():
            while stack and stack[-1][0] <= len(run):
                stack.pop()
            stack.append((len(run), index))
    return found


def is_fence(line: str) -> bool:
    """Whether `line` by itself would open or close a code block."""
    return ("```" in line or "~~~" in line) and bool(_FENCE.match(line))


def hide_code(text: str, fences: Fences) -> str:
    """`text` with the inside of its closed code blocks blanked out, offsets unchanged: no marker is seen there.

    Line ends are blanked out too: lines are counted in the text itself.
    """
    if not fences.closed:
        return text
    parts = []
    done = 0
    for start, end in fences.closed:
        inside = text.index("\n", start)
        parts += [text[done:inside], " " * (end - inside)]
        done = end
    return "".join([*parts, text[done:]])


def lines_at(text: str, offsets: list[int]) -> Iterator[int]:
    """The line of each of the rising `offsets`, counted from 0."""
    line = done = 0
    for offset in offsets:
        line += text.count("\n", done, offset)
        done = offset
        yield line
