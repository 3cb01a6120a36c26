"""Which pictures and sounds a note shows, by the names that it gives them: quick, and perhaps one too many.

What the page shows is decided by rendering; a name in here that rendering does not ask for costs nothing but a look.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from app.decks.fences import find_fences, hide_code
from app.decks.note import Note

ANOTHER_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\", re.IGNORECASE)
"""How a name begins that is no file beside the deck's."""
_LABEL = r"!\[(?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+\]"
_TARGET = r"\(\s*+(?:<([^<>\n]*+)>|([^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+))"
_WRITTEN = re.compile(
    rf"{_LABEL}{_TARGET}|!\[\[([^\[\]|\n]+)|\[sound:([^\[\]\n]+)\]|<img\s(?:[^<>]*?\s)?src\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"!\[|\[sound:|<img\s", re.IGNORECASE)
_INLINE_CODE = re.compile(r"(?<![`\\])(`{1,8})(?!`)[^\n]*?(?<!`)\1(?!`)")
_BLANK = re.compile(r"\n[ \t]*\n")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()>#+\-.!$|~=<\"'])")
_MOST = 500
"""Names in one side."""
_LONGEST = 2_000
"""Bytes of a name: what is longer stands nowhere, and PostgreSQL finds nothing by it."""


class Picture(NamedTuple):
    """A picture or sound: its name as `markup.Images.find` gets it, and as it is written."""

    name: str
    written: str


def may_show(text: str) -> bool:
    """Whether `text` may show a picture or play a sound: a quick look."""
    return "![" in text or "[sound:" in text or "<img" in text


def name_of(address: str) -> str:
    """The name that an address stands for: without percent signs, NUL as U+FFFD as in every text."""
    return unquote(address).replace("\0", "\ufffd")


def pictures(note: Note) -> list[Picture]:
    """What a note shows, each name once, in the order of the text."""
    if not (may_show(note.front) or may_show(note.back)):
        return []
    found = {each.name: each for side in (note.front, note.back) for each in pictures_in(side)}
    return list(found.values())


def pictures_in(text: str) -> Iterator[Picture]:
    """What one side of a note shows."""
    if not may_show(text):
        return
    bare = "\n\n".join(map(_without_code, _BLANK.split(hide_code(text, find_fences(text)))))
    # From each beginning anew: what is no picture after all may hold one.
    found = (_WRITTEN.match(bare, beginning.start()) for beginning in _BEGINNING.finditer(bare))
    for match in islice(filter(None, found), _MOST):
        written = next((group for group in match.groups() if group), "").strip()
        name = name_of(_ESCAPE.sub(r"\1", written)).strip()
        if 0 < len(name.encode()) <= _LONGEST and not ANOTHER_PLACE.match(name) and not name.startswith("#"):
            yield Picture(name, written)


def _without_code(paragraph: str) -> str:
    """A paragraph without its inline code, where each line holds its own: code over several lines is left as it is."""
    bare = _INLINE_CODE.sub("", paragraph)
    return paragraph if "`" in bare else bare
