"""A memo as it stands: headings, below them bullets in bullets, text and code blocks, each with its line.

Made for memos as people write them: any mixture of tabs and spaces, two columns or more to a level, `<br></br>` and
rules between topics, code that was not indented below its bullet, bullets that were never finished.
"""

import re
from dataclasses import dataclass, field
from unicodedata import east_asian_width

from app.decks.fences import Fences, find_fences, is_fence, lines_at
from app.decks.note import Problem
from app.decks.problems import problem

DEEPEST = 20
# A bullet of this many columns was wrapped by hand: text right below it is the rest of its sentence.
_WRAPPED = 60
_LONGEST_SENTENCE = 2_000
_HEADING = re.compile(r"(#{1,6})(?![^ \t])")
_BULLET = re.compile(r"([ \t]*+)([-*+]|\d{1,9}[.)])(?:([ \t]++)(.*))?")
_BREAK = r"<br[ \t]*/?>(?:[ \t]*</br>)?"
_SPACER = re.compile(rf"\s*+(?:(?:{_BREAK}\s*+)+|(?:-\s*+){{3,}}|(?:\*\s*+){{3,}}|(?:_\s*+){{3,}})", re.I)
_BREAK_TWICE = re.compile(r"<br[ \t]*+/?>[ \t]*+</br>", re.I)
_BREAKS = re.compile(rf"(?:{_BREAK}\s*+)++", re.I)
_NO_SENTENCE = tuple("!|><#`~$")


@dataclass
class Block:
    """Lines of text or of a code block, indented as among themselves. `last` is the line of its end."""

    lines: list[str]
    line: int
    last: int
    code: bool = False


@dataclass
class Bullet:
    """One bullet: its text as one line (`last` is where that ends in the memo), its mark (`-`, `1.`), what is below."""

    text: str
    mark: str
    indent: int
    line: int
    last: int
    below: list["Bullet | Block"] = field(default_factory=list)


@dataclass
class Section:
    """What stands below a heading, up to the next one; `way` are the headings that lead there, itself the last."""

    way: tuple[str, ...]
    line: int
    items: list[Bullet | Block] = field(default_factory=list)


def read_memo(text: str, first_line: int = 1) -> tuple[list[Section], list[Problem]]:
    """The sections of `text` and what is unfinished in it, lines counted from `first_line`."""
    reader = _Reader(text, first_line)
    reader.read()
    return reader.sections, reader.problems


class _Reader:
    def __init__(self, text: str, first_line: int) -> None:
        self.lines = text.split("\n")
        self.first_line = first_line
        self.sections = [Section((), first_line)]
        self.problems: list[Problem] = []
        self._levels: list[int] = []
        # The bullets that are open, from the outermost in.
        self._open: list[Bullet] = []
        self._blank = True
        self._separated = True
        self._sentence: Bullet | None = None
        self._text: Block | None = None
        self._text_indent = 0
        self._told_deep = False
        self._find_code(text, find_fences(text))

    def _find_code(self, text: str, fences: Fences) -> None:
        starts = lines_at(text, [start for start, _ in fences.closed])
        ends = lines_at(text, [end for _, end in fences.closed])
        self._code_ends = dict(zip(starts, ends, strict=True))
        self._unclosed = set(lines_at(text, fences.unclosed))

    def read(self) -> None:
        """Go through the lines once."""
        number = 0
        while number < len(self.lines):
            end = self._code_ends.get(number, number)
            if number in self._code_ends or number in self._unclosed:
                self._code(number, end)
            else:
                self._line(number)
            number = end + 1

    def _line(self, number: int) -> None:
        line = self.lines[number]
        if not line.strip():
            self._pause()
        elif _SPACER.fullmatch(line):
            self._pause()
            self._separated = True
        elif heading := _HEADING.match(line):
            self._heading(number, len(heading[1]), heading_text(line))
        elif bullet := _BULLET.fullmatch(line):
            self._bullet(number, bullet)
        else:
            self._plain(number)

    def _pause(self) -> None:
        self._blank, self._sentence, self._text = True, None, None

    def _heading(self, number: int, level: int, text: str) -> None:
        self._pause()
        self._separated = True
        self._open.clear()
        above = [name for name, depth in zip(self.sections[-1].way, self._levels, strict=True) if depth < level]
        self._levels = [*self._levels[: len(above)], level]
        self.sections.append(Section((*above, text), self.first_line + number))

    def _bullet(self, number: int, found: re.Match[str]) -> None:
        indent = columns(found[1])
        line = self.first_line + number
        bullet = Bullet(tidy(found[4] or ""), found[2], indent, line, line)
        self._close_for(indent)
        if len(self._open) == DEEPEST:
            self._open.pop()
            self._too_deep(line)
        (self._open[-1].below if self._open else self.sections[-1].items).append(bullet)
        self._open.append(bullet)
        self._blank = self._separated = False
        self._text = None
        wide = width(self.lines[number]) >= _WRAPPED and not self.lines[number].endswith(("  ", "\\"))
        self._sentence = bullet if wide else None
        if not bullet.text:
            self.problems.append(problem(line, "empty-bullet"))

    def _too_deep(self, line: int) -> None:
        if not self._told_deep:
            self.problems.append(problem(line, "bullets-too-deep", limit=DEEPEST))
        self._told_deep = True

    def _plain(self, number: int) -> None:
        line = self.lines[number]
        if self._sentence and self._goes_on(self._sentence, line):
            self._sentence.text = joined(self._sentence.text, tidy(line))
            self._sentence.last += 1
        elif self._text and not self._blank:
            self._text.lines.append(plain_breaks(dedent(line, self._text_indent)))
            self._text.last += 1
        else:
            self._text_indent = columns(line)
            lazy = not self._blank and not self._separated
            self._text = self._place(number, number, self._text_indent, self._open[-1:] if lazy else [])
            self._text.lines = [plain_breaks(line) for line in self._text.lines]
        self._blank = False

    @staticmethod
    def _goes_on(sentence: Bullet, line: str) -> bool:
        return len(sentence.text) < _LONGEST_SENTENCE and not line.lstrip().startswith(_NO_SENTENCE)

    def _code(self, number: int, end: int) -> None:
        """A code block; one without an end is closed at once, so that it swallows nothing."""
        first = self.lines[number]
        bullet = _BULLET.match(first)
        marks = len(first) - len(first.lstrip(" \t-*+.)0123456789"))
        indent = columns(bullet[1]) if bullet else columns(first)
        block = self._place(number, end, indent, [] if self._separated else self._open[:1])
        inner = len(first[:marks].expandtabs(4))
        block.lines = [first[marks:], *(dedent(line, inner) for line in self.lines[number + 1 : end + 1])]
        block.code = True
        if number in self._unclosed:
            self.problems.append(problem(self.first_line + number, "code-without-end"))
            run = block.lines[0]
            block.lines.append(run[: len(run) - len(run.lstrip(run[0]))])
        self._pause()
        self._blank = False

    def _place(self, number: int, end: int, indent: int, otherwise: list[Bullet]) -> Block:
        """Put a block below the innermost bullet it is indented under, or else below `otherwise` or the heading."""
        lines = [dedent(line, indent) for line in self.lines[number : end + 1]]
        block = Block(lines, self.first_line + number, self.first_line + end)
        under = [bullet for bullet in self._open if bullet.indent < indent] or otherwise
        if under:
            del self._open[self._open.index(under[-1]) + 1 :]
            under[-1].below.append(block)
        else:
            self._open.clear()
            self.sections[-1].items.append(block)
        self._sentence = None
        return block

    def _close_for(self, indent: int) -> None:
        """Leave only those bullets open below which one at `indent` stands: two columns further out, or more."""
        while self._open and self._open[-1].indent > indent - 2:
            self._open.pop()


def heading_text(line: str) -> str:
    """The text of a heading's line without the marks, also those that may close it."""
    text = line.lstrip("#").strip()
    open_end = text.rstrip("#")
    return tidy(open_end if not open_end or open_end[-1:].isspace() else text)


def columns(line: str) -> int:
    """The columns of white space at the start of `line`, tabs going to the next multiple of four."""
    return len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(4)) if line[:1] in " \t" else 0


def dedent(line: str, indent: int) -> str:
    """`line` with up to `indent` columns of white space at its start taken away."""
    have = columns(line)
    return " " * max(have - indent, 0) + line.lstrip(" \t")


def width(line: str) -> int:
    """The columns that `line` takes, where Japanese takes two a character."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line.rstrip())


def tidy(text: str) -> str:
    """`text` of a bullet or heading without `<br></br>` at its end and with a plain `<br>` inside."""
    text = text.strip()
    if "<" in text:
        breaks = list(_BREAKS.finditer(text))
        if breaks and breaks[-1].end() == len(text):
            text = text[: breaks[-1].start()].rstrip()
    return literal(plain_breaks(text))


def literal(text: str) -> str:
    """`text` with a backslash before what would be a code block or a rule where it starts a line."""
    return f"\\{text}" if text == "---" or is_fence(text) else text


def plain_breaks(text: str) -> str:
    """`text` with `<br>` for every `<br></br>`, which browsers take for two."""
    return _BREAK_TWICE.sub("<br>", text) if "<" in text else text


def joined(first: str, second: str) -> str:
    """Two lines of a sentence as one, without a gap between Japanese."""
    wide = bool(first) and bool(second) and east_asian_width(first[-1]) in "WF" and east_asian_width(second[0]) in "WF"
    return first + ("" if wide else " ") + second
