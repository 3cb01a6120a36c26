"""Private marks: single characters that stand in a text for what is put there after sanitising.

Everything below lives at the end of the last private-use plane. `defuse` takes these characters out of what people
wrote, so a text can never name a piece that it did not make. One character stands for one piece, so that no lexer,
emphasis rule or line break can cut it in two.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import escape

_FIRST, _LAST = 0x10E000, 0x10FEFF
PIPE = chr(0x10FF00)
"""A `|` that must not end a table cell."""
FILL_START, FILL_END = chr(0x10FF01), chr(0x10FF02)
"""Where a deletion that is shown filled in begins and ends."""
FILLS = re.compile(f"[{FILL_START}{FILL_END}]")

PRIVATE = re.compile("[\U0010e000-\U0010ffff]")
_UNWANTED = re.compile("[\U0010e000-\U0010ffff\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]")
# The same as character references, which the sanitiser would turn into the characters after `defuse` looked for them.
_REFERRED = re.compile(r"&#(?:x0*10[ef][0-9a-f]{3}(?![0-9a-f])|0*11(?:0[5-9]|1[0-4])\d{3}(?!\d));?", re.IGNORECASE)
_SHORTER = re.compile(rf"\r\n|{_REFERRED.pattern}", re.IGNORECASE)
"""What `defuse` makes one character of."""
_PIECE = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_PIECE_OR_TAG = re.compile(
    rf'<p>([{chr(_FIRST)}-{chr(_LAST)}])\s*</p>|([{chr(_FIRST)}-{chr(_LAST)}])|<[^>"]*+(?:"[^"]*+"[^>"]*+)*+>'
)


def defuse(text: str) -> str:
    """`text` with LF line ends, and U+FFFD for control characters, half surrogates and our own private marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&#" in text:
        text = _REFERRED.sub("\ufffd", text)
    return text if text.isascii() and text.isprintable() else _UNWANTED.sub("\ufffd", text)


def moved(text: str, places: Iterable[int]) -> list[int]:
    """Where the `places` of `text`, counted in code points, are in `defuse(text)`."""
    ends, gone = [0], [0]
    for found in _SHORTER.finditer(text):
        ends.append(found.end())
        gone.append(gone[-1] + len(found[0]) - 1)
    return [place - gone[bisect_right(ends, place) - 1] for place in places]


class Piece(NamedTuple):
    """Finished HTML, the same as text for attributes, and whether it is a block that stands without a paragraph."""

    html: str
    text: str
    block: bool = False


_NO_PIECE = Piece("\ufffd", "\ufffd")


class Stash:
    """The pieces of one rendering, and how much colouring of code and how many characters of TeX it took so far."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self.coloured = self.tex = 0

    def add(self, piece: Piece) -> str | None:
        """Keep `piece` and return the one character that stands for it; None when the stash is full (7,936)."""
        if _FIRST + len(self._pieces) > _LAST:
            return None
        self._pieces.append(piece)
        return chr(_FIRST + len(self._pieces) - 1)

    def expand(self, html: str) -> str:
        """Sanitised `html` with each piece put in: as HTML between tags, as escaped text inside a tag."""
        return self._expanded(html, len(self._pieces)) if self._pieces else html

    def as_text(self, text: str) -> str:
        """`text` with the text of each piece put in."""
        return _PIECE.sub(lambda mark: self._piece(mark[0], len(self._pieces)).text, text)

    def _expanded(self, html: str, below: int) -> str:
        """`html` with the pieces before number `below`: one may hold earlier ones (a deletion in a code block)."""

        def place(match: re.Match[str]) -> str:
            mark = match[1] or match[2]
            if not mark:
                return _PIECE.sub(lambda inner: escape(self._piece(inner[0], below).text), match[0])
            piece = self._piece(mark, below)
            inside = self._expanded(piece.html, min(below, ord(mark) - _FIRST))
            return inside if piece.block or not match[1] else f"<p>{inside}</p>"

        return _PIECE_OR_TAG.sub(place, html)

    def _piece(self, mark: str, below: int) -> Piece:
        number = ord(mark) - _FIRST
        return self._pieces[number] if number < below else _NO_PIECE
