"""Private marks: single characters that stand in a text for what is put there after sanitising.

Everything below lives at the end of the last private-use plane. `defuse` takes these characters out of what people
wrote, so a text can never name a piece that it did not make. One character stands for one piece, so that no lexer,
emphasis rule or line break can cut it in two.
"""

import re
from typing import NamedTuple

from markupsafe import escape

_FIRST, _LAST = 0x10E000, 0x10FEFF
PIPE = chr(0x10FF00)
"""A `|` that must not end a table cell."""
FILL_START, FILL_END = chr(0x10FF01), chr(0x10FF02)
"""Where a deletion that is shown filled in begins and ends."""
FILLS = re.compile(f"[{FILL_START}{FILL_END}]")

_UNWANTED = re.compile("[\U0010e000-\U0010ffff\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]")
_PIECE = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_PIECE_OR_TAG = re.compile(
    rf'<p>([{chr(_FIRST)}-{chr(_LAST)}])\s*</p>|([{chr(_FIRST)}-{chr(_LAST)}])|<[^>"]*+(?:"[^"]*+"[^>"]*+)*+>'
)


def defuse(text: str) -> str:
    """`text` with LF line ends, and U+FFFD for control characters, half surrogates and our own private marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and text.isprintable() else _UNWANTED.sub("\ufffd", text)


class Piece(NamedTuple):
    """Finished HTML, the same as text for attributes, and whether it is a block that stands without a paragraph."""

    html: str
    text: str
    block: bool = False


class Stash:
    """The pieces of one rendering."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def add(self, piece: Piece) -> str | None:
        """Keep `piece` and return the one character that stands for it; None when the stash is full (7,936)."""
        if _FIRST + len(self._pieces) > _LAST:
            return None
        self._pieces.append(piece)
        return chr(_FIRST + len(self._pieces) - 1)

    def expand(self, html: str) -> str:
        """Sanitised `html` with each piece put in: as HTML between tags, as escaped text inside a tag."""
        if not self._pieces:
            return html
        return _PIECE_OR_TAG.sub(self._place, html)

    def as_text(self, text: str) -> str:
        """`text` with each piece put in as text, not escaped."""
        return _PIECE.sub(lambda match: self._piece(match[0]).text, text)

    def _piece(self, mark: str) -> Piece:
        return self._pieces[ord(mark) - _FIRST]

    def _place(self, match: re.Match[str]) -> str:
        mark = match[1] or match[2]
        if not mark:
            return _PIECE.sub(lambda inner: escape(self._piece(inner[0]).text), match[0])
        piece = self._piece(mark)
        # A piece may hold earlier ones (a deletion in a code block), never itself.
        html = self.expand(piece.html)
        return html if piece.block or not match[1] else f"<p>{html}</p>"
