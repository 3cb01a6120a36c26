"""The dialect `outline`: a memo as it stands.

A bullet that has something below it is a note: its front is the way to it (`heading › parent › bullet`), its back what
stands below, as Markdown; a bullet below it that has something below in turn is a note of its own too. `term : meaning`
on one line is a note. So is a heading with text or code right below it. Every other line is told as a problem.
"""

import re
from collections.abc import Iterable, Iterator

from app.decks.limits import SIDE_BYTES
from app.decks.memo import Block, Bullet, Section, literal, read_memo
from app.decks.note import Note, NoteKind, Problem
from app.decks.problems import excerpt, problem

STEP = " › "
# Python-Markdown and CommonMark agree on four columns a level.
_INDENT = "    "
_CODE_OR_COLON = re.compile(r"(?<!`)(`++)(?!`).*?(?<!`)\1(?!`)|[ \t\u3000]++([:：])[ \t\u3000]++")
_LONGEST_TERM = 2_000
_LONGEST_WAY = 400
"""So much of the way to a bullet stands in front of it: each note below a long line would hold that line again."""
_MARKER = re.compile(r"[QACTD]:")


def parse(text: str, first_line: int = 1) -> Iterator[Note | Problem]:
    """The notes of the memo `text` and its problems, each in the order of the text, lines counted from `first_line`."""
    sections, problems = read_memo(text, first_line)
    yield from problems
    used: set[tuple[str, ...]] = set()
    told = [_told(section) for section in sections]
    for section, each in zip(sections, told, strict=True):
        if any(isinstance(one, Note) for one in each):
            used |= {section.way[:depth] for depth in range(1, len(section.way) + 1)}
    for section, each in zip(sections, told, strict=True):
        if section.way and (section.way not in used or not section.way[-1]):
            yield problem(section.line, "heading-unused", text=excerpt(section.way[-1]))
        yield from each


def _told(section: Section) -> list[Note | Problem]:
    items = list(_spliced(section.items))
    found = list(_of_text([item for item in items if isinstance(item, Block)], section))
    for item in items:
        if isinstance(item, Bullet):
            found += _of_bullet(item, section.way, section)
    return sorted(found, key=lambda each: each.line)


def _spliced(items: list[Bullet | Block]) -> Iterator[Bullet | Block]:
    """`items` with what stands below an empty bullet in that bullet's place."""
    for item in items:
        if isinstance(item, Bullet) and not item.text:
            yield from _spliced(item.below)
        else:
            yield item


def _of_text(blocks: list[Block], section: Section) -> Iterator[Note | Problem]:
    """One note of all the text right below a heading; text below no heading is left out."""
    front = _way(section.way)
    if front and blocks:
        yield Note(NoteKind.BASIC, front, _markdown(blocks), heading=literal(_end_of(section.way)), line=blocks[0].line)
        return
    for block in blocks:
        text = excerpt("\n".join(block.lines))
        yield problem(block.line, "text-without-heading", first=block.line, last=block.last, text=text)


def _of_bullet(bullet: Bullet, above: tuple[str, ...], section: Section) -> Iterator[Note | Problem]:
    term, meaning = split_term(bullet.text)
    way = (*above, term)
    items = list(_spliced(bullet.below))
    back = _markdown(items, literal(meaning))
    if back:
        yield Note(NoteKind.BASIC, _way(way), back, heading=literal(_end_of(section.way)), line=bullet.line)
    elif above == section.way:
        yield problem(bullet.line, "bullet-alone", first=bullet.line, last=bullet.last, text=excerpt(bullet.text))
    for item in items:
        if isinstance(item, Bullet):
            yield from _of_bullet(item, way, section)


def split_term(text: str) -> tuple[str, str]:
    """The two sides of ` : ` (or ` ： `) in `text`, outside code and not between digits; else `text` and nothing.

    A line longer than a term and its meaning ever is stays whole.
    """
    for found in _CODE_OR_COLON.finditer(text[:_LONGEST_TERM]):
        start, end = found.span()
        time = text[start - 1 : start].isdigit() and text[end : end + 1].isdigit()
        if found[2] and start and end < len(text) and not time:
            return text[:start], text[end:]
    return text, ""


def _way(steps: tuple[str, ...]) -> str:
    return literal(STEP.join(step for step in (_end_of(steps[:-1]), *steps[-1:]) if step))


def _end_of(steps: tuple[str, ...]) -> str:
    way = STEP.join(step for step in steps if step)
    return way if len(way) <= _LONGEST_WAY else f"…{way[-_LONGEST_WAY:]}"


def _markdown(items: list[Bullet | Block] | list[Block], meaning: str = "") -> str:
    """`items` as Markdown, below the `meaning` that stood on the bullet's own line."""
    text = "\n".join([meaning, "", *_enough(_rendered(items, ""))]).strip()
    starts_with_code = bool(items) and isinstance(items[0], Block) and items[0].code
    return text if meaning or starts_with_code else literal(text)


def _enough(lines: Iterable[str]) -> Iterator[str]:
    """The lines until they are more than a side may hold: every bullet above would hold a long list once more."""
    room = SIDE_BYTES
    for line in lines:
        yield line
        room -= len(line.strip())
        if room < 0:
            return


def _rendered(items: list[Bullet | Block] | list[Block], indent: str) -> Iterator[str]:
    """The lines of `items`, each level of bullets four columns deep, blank lines where Markdown needs them."""
    before: Bullet | Block | None = None
    for item in items:
        if _apart(before, item, indent):
            yield ""
        if isinstance(item, Block):
            yield from _block_lines(item, indent)
        else:
            yield f"{indent}{item.mark.replace(')', '.')} {item.text}"
            yield from _rendered(list(_spliced(item.below)), indent + _INDENT)
        before = item


def _apart(before: Bullet | Block | None, item: Bullet | Block, indent: str) -> bool:
    """Whether a blank line goes between two neighbours: around text, and between a list and one of another kind."""
    if isinstance(item, Block):
        return before is not None or bool(indent)
    if before is None:
        return False
    return isinstance(before, Block) or _holds_text(before) or before.mark[0].isdigit() != item.mark[0].isdigit()


def _holds_text(bullet: Bullet) -> bool:
    return any(isinstance(item, Block) or _holds_text(item) for item in bullet.below)


def _block_lines(block: Block, indent: str) -> Iterator[str]:
    """The lines of a block; text that looks like a marker of `qa` goes one column in, which Markdown does not see."""
    for line in block.lines:
        shown = f" {line}" if not indent and not block.code and _MARKER.match(line) else line
        yield f"{indent}{shown}" if line.strip() else ""
