"""Lines before Markdown: brings what people write in notes to the one form that Python-Markdown reads well.

Nested lists may be indented by two, three or four spaces or by tabs, may follow a paragraph without a blank line, and
are never deeper than a dozen levels; code fences, display math and outsized tables are finished here and leave a
private mark in their place; rules and headings get blank lines around them. All of it in one pass over the lines.
"""

import re
from typing import NamedTuple

from markupsafe import escape

from app.markup.boxes import UNREAD
from app.markup.code import LANGUAGE, MOST_COLOURING, code_block, colouring
from app.markup.formula import keep_formula
from app.markup.inline import MATH, RUBY
from app.markup.marks import PIPE, Piece, Stash

_DEEPEST_LIST, _DEEPEST_QUOTE, _LONGEST_FORMULA, _MOST_CELLS = 12, 6, 60, 4_000
_FENCE = re.compile(r"(`{3,}|~{3,})([^`]*)$|(~{3,})(.*)$")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(?:\s+(.*)|$)")
_RULE = re.compile(r"([-*_])[ ]*(?:\1[ ]*){2,}$")
_HEADING = re.compile(r"#{1,6}(?=\s|$)")
_ROW_OF_DASHES = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*+\|?\s*$")
_PIPED = re.compile(f"{RUBY}|{MATH}")
_MANY_ITEMS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)]) +){4}")


class _Item(NamedTuple):
    indent: int
    ordered: bool


def arrange(text: str, stash: Stash) -> str:
    """`text` as Markdown that needs nothing but the library's strict rules, finished blocks kept in `stash`."""
    return "\n".join(_Arrangement(text.split("\n"), stash, 0).run())


class _Arrangement:
    """One pass over lines; those of a quotation are a pass of their own."""

    def __init__(self, lines: list[str], stash: Stash, depth: int) -> None:
        self.lines, self.stash, self.depth = lines, stash, depth
        self.at = 0
        self.items: list[_Item] = []
        self.out: list[str] = []
        self.fence_ends = _longest_fence_ends(lines)

    def run(self) -> list[str]:
        """The arranged lines."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                self._blank()
            else:
                start = line[: len(line) - len(line.lstrip(" \t"))]
                self._line(len(start.expandtabs(4)), line[len(start) :])
            self.at += 1
        return self.out

    def _line(self, indent: int, body: str) -> None:
        if self._is_indented_code(indent):
            self.out.append(" " * indent + body)
        elif body[0] in "`~$>|#-*_+0123456789" or "|" in body:
            for block in (self._fence, self._formula, self._quote, self._rule, self._item, self._heading, self._table):
                if block(indent, body):
                    return
            self._words(indent, body)
        else:
            self._words(indent, body)

    def _is_indented_code(self, indent: int) -> bool:
        return indent >= 4 and not self.items and bool(self.out) and (not self.out[-1] or self.out[-1][:4] == "    ")

    def _fence(self, indent: int, body: str) -> bool:
        found = self._fenced(body, self.at)
        if not found:
            return False
        mark, end = found
        self._enter(indent)
        self._alone(mark)
        self.at = end
        return True

    def _fenced(self, body: str, at: int) -> tuple[str, int] | None:
        """The mark of the code block that opens with `body` in line `at`, and its last line; None if it never ends."""
        opening = _FENCE.match(body)
        fence = opening and (opening[1] or opening[3])
        if not opening or not fence or self.fence_ends[at + 1].get(fence[0], 0) < len(fence):
            return None
        end = next(number for number in range(at + 1, len(self.lines)) if _ends(self.lines[number], fence))
        column = _columns(self.lines[at].partition(fence)[0])
        code = "\n".join(_dedented(line, column) for line in self.lines[at + 1 : end])
        mark = self.stash.add(Piece(self._coloured(code, opening[2] or opening[4] or ""), code, block=True))
        return (mark, end) if mark else None

    def _coloured(self, code: str, info: str) -> str:
        found = LANGUAGE.search(info)
        language = found[0] if found else ""
        self.stash.coloured += colouring(code, language)
        return code_block(code, language if self.stash.coloured <= MOST_COLOURING else "")

    def _formula(self, indent: int, body: str) -> bool:
        if not body.startswith("$$"):
            return False
        lines = [body[2:]]
        end = self.at
        while not lines[-1].rstrip().endswith("$$"):
            end += 1
            if end >= len(self.lines) or not self.lines[end].strip() or end - self.at > _LONGEST_FORMULA:
                return False
            lines.append(self.lines[end])
        tex = "\n".join(lines).rstrip()[:-2].strip()
        mark = keep_formula(tex, "block", self.stash) if tex and "$" not in tex else None
        if not mark:
            return False
        self._enter(indent)
        self._alone(mark)
        self.at = end
        return True

    def _quote(self, indent: int, body: str) -> bool:
        if not body.startswith(">"):
            return False
        if self.depth >= _DEEPEST_QUOTE:
            self._words(indent, body.lstrip("> \t") or "\\>")
            return True
        start = self.at
        while self.at + 1 < len(self.lines) and self.lines[self.at + 1].lstrip().startswith(">"):
            self.at += 1
        inner = [line.lstrip()[1:].removeprefix(" ") for line in self.lines[start : self.at + 1]]
        self._enter(indent)
        self._open()
        self.out += [self._margin() + ("> " + line).rstrip(" \t") for line in self._inside(inner)]
        self._blank()
        return True

    def _inside(self, lines: list[str]) -> list[str]:
        return _Arrangement(lines, self.stash, self.depth + 1).run()

    def _rule(self, indent: int, body: str) -> bool:
        if not _RULE.match(body):
            return False
        self._enter(indent)
        self._alone("---")
        return True

    def _heading(self, indent: int, body: str) -> bool:
        if not body.startswith("#"):
            return False
        if not _HEADING.match(body):
            self._words(indent, "\\" + body)
            return True
        self._enter(indent)
        words = body.rstrip()
        bare = words.rstrip("#")
        self._alone(_protected(bare.rstrip() if bare.endswith(" ") and bare.strip() else words))
        return True

    def _item(self, indent: int, body: str) -> bool:
        found = _ITEM.match(body)
        if not found or not self._may_begin(found):
            return False
        ordered = found[1][0].isdigit()
        left = self._leave(indent)
        changed = bool(left) and left[-1].ordered != ordered
        if changed or not (self.items or left):
            self._open()
        margin = self._margin()
        self.items.append(_Item(indent, ordered))
        marker = f"{found[1][:-1]}." if ordered else "-"
        self.out.append(f"{margin}{marker} {self._first_words(found[2] or '')}")
        return True

    def _may_begin(self, found: re.Match[str]) -> bool:
        """In a list or after a blank line any item may begin; a paragraph is only ended by a bullet or by 1."""
        if self.items or not self.out or not self.out[-1]:
            return True
        return bool(found[2]) and (not found[1][0].isdigit() or found[1][:-1] == "1")

    def _first_words(self, words: str) -> str:
        if words[:4] in ("[ ] ", "[x] ", "[X] "):
            return ("☐ " if words[1] == " " else "☑ ") + _protected(words[4:])
        found = self._fenced(words, self.at) if words[:3] in ("```", "~~~") else None
        if found:
            mark, self.at = found
            return mark
        if _MANY_ITEMS.match(words) or (words[:1] == "#" and not _HEADING.match(words)):
            return "\\" + _protected(words)
        return _protected(words)

    def _table(self, indent: int, body: str) -> bool:
        following = self.lines[self.at + 1].strip() if self.at + 1 < len(self.lines) else ""
        if "|" not in body or "|" not in following or not _ROW_OF_DASHES.match(following):
            return False
        self._enter(indent)
        end = self.at
        while end + 1 < len(self.lines) and "|" in self.lines[end + 1]:
            end += 1
        rows = [line.strip() for line in self.lines[self.at : end + 1]]
        self._open()
        if rows[1].count("|") * len(rows) > _MOST_CELLS:
            whole = "\n".join(rows)
            self._alone(self.stash.add(Piece(code_block(whole, ""), whole, block=True)) or "")
        else:
            self.out += [self._margin() + _protected(row) for row in rows]
            self._blank()
        self.at = end
        return True

    def _words(self, indent: int, body: str) -> None:
        if not self.out or not self.out[-1]:
            self._leave(indent)
        self.out.append(self._margin() + _protected(body))

    def _enter(self, indent: int) -> None:
        """A block at `indent` belongs to the item it is indented under."""
        self._leave(indent)

    def _leave(self, indent: int) -> list[_Item]:
        """Close the items that something at `indent` is not part of: those not at least two columns to its left."""
        left = []
        while self.items and indent < self.items[-1].indent + 2:
            left.append(self.items.pop())
        return left

    def _margin(self) -> str:
        return "    " * min(len(self.items), _DEEPEST_LIST)

    def _alone(self, line: str) -> None:
        self._open()
        self.out.append(self._margin() + line)
        self._blank()

    def _open(self) -> None:
        if self.out:
            self._blank()

    def _blank(self) -> None:
        if self.out and self.out[-1]:
            self.out.append("")


def _longest_fence_ends(lines: list[str]) -> list[dict[str, int]]:
    """For each line, the longest closing fence of each kind in it or below; shared where nothing changes."""
    longest: list[dict[str, int]] = [{}] * (len(lines) + 1)
    for number in range(len(lines) - 1, -1, -1):
        longest[number] = longest[number + 1]
        body = lines[number].strip()
        if body[:3] in ("```", "~~~") and not body.strip(body[0]) and len(body) > longest[number].get(body[0], 0):
            longest[number] = longest[number] | {body[0]: len(body)}
    return longest


def _ends(line: str, fence: str) -> bool:
    body = line.strip()
    return len(body) >= len(fence) and not body.strip(fence[0])


def _columns(start: str) -> int:
    return len(start.expandtabs(4))


def _dedented(line: str, columns: int) -> str:
    """`line` without up to `columns` columns of its indentation."""
    body = line.lstrip(" \t")
    start = line[: len(line) - len(body)]
    return line[len(start) :] if _columns(start) <= columns and start else _without(line, start, columns)


def _without(line: str, start: str, columns: int) -> str:
    if columns == 0 or not start:
        return line
    return " " * (_columns(start) - columns) + line[len(start) :]


def _protected(line: str) -> str:
    """`line` with the bars of ruby and math made private, so that a table does not split there."""
    if "|" not in line or not ("{" in line or "$" in line):
        return line
    return _PIPED.sub(lambda found: found[0].replace("|", PIPE), line)


def plain_box(text: str) -> str:
    """`text` as it was written, in a scrolling box: for what is too long or too tangled to be parsed."""
    return f"{UNREAD}{escape(text)}</pre>"
