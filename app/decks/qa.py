"""The dialect `qa`: `Q:` and `A:`, clozes with `C:`, and a term `T:` with its definition `D:`, at the start of a line.

The rules are those of hashcards (`Q:`, `A:`, `C:`, `---`), but a file with mistakes is read past them: a bad block
becomes a problem, the other notes stay. Ours on top: markers inside closed code blocks are text, and a block that
opens with `T:` and has a `D:` line before the next marker is a reversed note; elsewhere those two are text.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, islice, pairwise
from typing import NamedTuple

from app.decks.cloze import read_cloze
from app.decks.fences import Fences, find_tagged_fences, hide_code, lines_at
from app.decks.note import Note, NoteKind, Problem
from app.decks.problems import excerpt, problem

# A pattern that begins with a newline lets the search skip ordinary lines at the speed of memchr.
_SEPARATOR = r"[^\S\n]*+---[^\S\n]*+(?=\n|\Z)"
_BASIC = NoteKind.BASIC
_MARKS = re.compile(rf"\n(?:([QAC]):|{_SEPARATOR})")
MARKS_AND_TERMS = re.compile(rf"\n(?:([QACTD]):|{_SEPARATOR})")
_NOTE_IN_CODE = re.compile(r"\n[QC]:")
_TAKEN_IN = re.compile(r"\n(?:(#{1,6}[^\S\n]++\S[^\n]*+)\s*+\Z|\n(T:[^\n]*))")
# A question, or a cloze with brackets, whose marker was typed as Japanese text is: full-width letters, or the colon.
_WIDE = re.compile(r"\n((?:[Q\uff31]\uff1a|\uff31:|(?:[C\uff23]\uff1a|\uff23:)[^\n\[]*\[)[^\n]*)")
_BLOCK_IN_CODE = re.compile(r"\n(?:[QACTD]:)?[ \t]*+(`{3,}+|~{3,}+)[ \t]*+\w")


class _Block(NamedTuple):
    """A marker (`Q`, `A`, `C`, `T`, `D`; empty for a separator or the start) and the text up to the next one."""

    mark: str
    line: int
    text: str


def parse(text: str, first_line: int = 1) -> Iterator[Note | Problem]:
    """The notes of `text` and the problems of its bad blocks, one at a time, lines counted from `first_line`.

    Newlines must be `\\n`. Only one note is held in memory at a time.
    """
    return parse_pieces((text,), first_line)


def parse_pieces(pieces: Iterable[str], first_line: int = 1) -> Iterator[Note | Problem]:
    """The same of a text that comes in pieces, as `app.decks.pieces` cuts them: each but the first begins a note."""
    line = first_line
    opened: tuple[str, int, str] = _Block("", line, "")
    last = ""
    for number, piece in enumerate(pieces):
        fences = find_tagged_fences(piece)
        yield from _doubtful_code(piece, fences, line)
        hidden = hide_code(piece, fences)
        yield from wide_markers(piece, hidden, line)
        blocks = _blocks("\n" + piece, "\n" + hidden, line)
        opened = yield from _told(blocks if number == 0 else islice(blocks, 1, None), opened)
        line += piece.count("\n")
        last = piece
    if opened[0] == "Q":
        yield problem(line - last.endswith("\n"), "question-at-end", start=opened[1])


def _told(
    blocks: Iterable[tuple[str, int, str]], opened: tuple[str, int, str]
) -> Generator[Note | Problem, None, tuple[str, int, str]]:
    """What the blocks say, the block before them being `opened`; the last one that waits for an answer is returned."""
    for block in blocks:
        mark = block[0]
        if mark and mark in "ACD" and ("\n#" in block[2] or "\n\nT:" in block[2]):
            yield from _taken_in(_Block(*block))
        if opened[0] == "Q" and mark == "A":
            front, back = _side(opened[2]), _side(block[2])
            if not front or not back:
                yield from _empty(NoteKind.BASIC, _Block(*opened), _Block(*block))
            yield Note(_BASIC, front, back, (), (), "", opened[1])
        elif mark != "Q" or opened[0] == "Q":
            yield from _single(_Block(*opened), _Block(*block))
            if mark == "A":
                continue
        opened = block
    return opened


def _taken_in(block: _Block) -> Iterator[Problem]:
    """What is text of a note by the rules, and was most likely meant to stand outside: the heading of what follows,
    and a term below an empty line.
    """
    hidden = hide_code(block.text, find_tagged_fences(block.text))
    for found in _TAKEN_IN.finditer(hidden):
        code = "heading-as-text" if found[1] else "term-as-text"
        begin = found.start(found.lastindex or 0)
        if not hidden[:begin].isspace():
            yield problem(block.line + block.text.count("\n", 0, begin), code, text=excerpt(hidden[begin:]))


def wide_markers(text: str, hidden: str, first_line: int) -> Iterator[Problem]:
    """Lines that begin with a marker in full-width characters: each is text, and was most likely meant as a note.

    `hidden` is the text without what is in its code blocks, line ends neither.
    """
    found = list(_WIDE.finditer("\n" + hidden))
    for line, each in zip(lines_at(text, [each.start() for each in found]), found, strict=True):
        yield problem(first_line + line, "wide-marker", text=excerpt(each[1]))


def _doubtful_code(text: str, fences: Fences, first_line: int) -> Iterator[Problem]:
    """Code blocks without an end, and those whose end is most likely that of another one further down."""
    for line in lines_at(text, fences.unclosed):
        yield problem(first_line + line, "code-without-end")
    for line in lines_at(text, [start for start, end in fences.closed if _swallows(text[start:end])]):
        yield problem(first_line + line, "code-over-notes")


def _swallows(block: str) -> bool:
    """Whether a code block holds the start of a note and of another block with as many marks."""
    run = block[: len(block) - len(block.lstrip(block[0]))]
    return bool(_NOTE_IN_CODE.search(block)) and any(
        inner[1].startswith(run) for inner in _BLOCK_IN_CODE.finditer(block)
    )


def _blocks(text: str, hidden: str, line: int) -> Iterator[tuple[str, int, str]]:
    """Cut `text` (it begins with a newline before line `line`) at the markers that `hidden` shows.

    Plain tuples in the order of `_Block`: making a named one of each would cost a third of the time of an import.
    """
    mark, body, counted = "", 1, 1
    for found in _marks(hidden):
        at, end = found.span()
        yield mark, line, text[body:at]
        line += text.count("\n", counted, at + 1)
        mark, body, counted = found[1] or "", end, at + 1
    yield mark, line, text[body:]


def _marks(hidden: str) -> Iterator[re.Match[str]]:
    return _with_terms(hidden) if "\nT:" in hidden else _MARKS.finditer(hidden)


def _with_terms(hidden: str) -> Iterator[re.Match[str]]:
    """The markers without every `T:` and `D:` that is text.

    Inside a question that goes on to its `A:` they are text as well: that note is whole without ours.
    """
    previous, answer, following = "", False, -1
    for found, after in pairwise(chain(MARKS_AND_TERMS.finditer(hidden), (None,))):
        assert found is not None  # noqa: S101 - only the last of a pair is
        mark = found[1] or ""
        if mark == "T":
            if after is None or after[1] != "D":
                continue
            if previous == "Q" and following < found.start():
                hard = _MARKS.search(hidden, found.start())
                following = hard.start() if hard else len(hidden)
                answer = hard is not None and hard[1] == "A"
            if previous == "Q" and answer:
                continue
        elif mark == "D" and previous != "T":
            continue
        yield found
        previous = mark


def _single(opened: _Block, block: _Block) -> Iterator[Note | Problem]:
    """What a block says that does not answer the question opened above it."""
    if opened.mark == "Q":
        yield _unanswered(opened, block)
    if block.mark == "A":
        yield _stray_answer(opened, block)
    elif block.mark == "C":
        yield from read_cloze(block.text.strip(), block.line)
    elif block.mark == "D":
        yield from _empty(NoteKind.REVERSED, opened, block)
        yield Note(NoteKind.REVERSED, _side(opened.text), _side(block.text), (), (), "", opened.line)
        yield from _more_definitions(opened, block)
    elif not block.mark and block.text and not block.text.isspace():
        yield _stray_text(block)


def _empty(kind: NoteKind, first: _Block, second: _Block) -> Iterator[Problem]:
    basic = kind is NoteKind.BASIC
    if not first.text.strip():
        yield problem(first.line, "empty-question" if basic else "empty-term")
    if not second.text.strip():
        yield problem(second.line, "empty-answer" if basic else "empty-definition")


def _side(text: str) -> str:
    """`text` trimmed, and the line of the marker by itself too: two spaces at its end are no line break."""
    if "\n" not in text:
        return text.strip()
    first, _, rest = text.partition("\n")
    return f"{first.rstrip()}\n{rest}".strip()


def _unanswered(question: _Block, block: _Block) -> Problem:
    code = "question-without-answer" if block.mark else "question-before-separator"
    return problem(block.line, code, start=question.line)


def _stray_answer(previous: _Block, block: _Block) -> Problem:
    codes = {"A": "second-answer", "C": "answer-after-cloze", "D": "answer-after-definition"}
    return problem(block.line, codes.get(previous.mark, "answer-without-question"), start=previous.line)


_STRAY = {"T:": "term-without-definition", "D:": "definition-without-term"}


def _stray_text(block: _Block) -> Problem:
    text = block.text.lstrip()
    line = block.line + block.text.count("\n", 0, len(block.text) - len(text))
    return problem(line, _STRAY.get(text[:2], "text-outside-card"), text=excerpt(text))


def _more_definitions(term: _Block, block: _Block) -> Iterator[Problem]:
    if "\nD:" not in block.text:
        return
    at = hide_code(block.text, find_tagged_fences(block.text)).find("\nD:")
    if at >= 0:
        yield problem(block.line + block.text.count("\n", 0, at + 1), "second-definition", start=term.line)
