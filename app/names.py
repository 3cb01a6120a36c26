"""Names of accounts: what one may look like, and when two are the same."""

import re
import unicodedata

from app.errors import OboegakiError

LONGEST_NAME = 64

_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Controls, format characters (zero width and direction among them), unassigned, private, surrogates, line breaks."""

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Letters and marks that show nothing: joiners, fillers and a blank braille cell."""


_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def checked_name(raw: str) -> str:
    """The name that `raw` gives: trimmed, composed (NFC), 1 to 64 characters, nothing unseen; else OboegakiError."""
    if any(_is_unseen(character) for character in raw.strip()):
        raise OboegakiError("The name holds a character that cannot be seen; use letters, digits and signs that show")
    name = unicodedata.normalize("NFC", raw.strip())
    if not name:
        raise OboegakiError("The name is empty; use 1 to %(longest)s characters", longest=LONGEST_NAME)
    if len(name) > LONGEST_NAME:
        raise OboegakiError(
            "The name has %(length)s characters; use at most %(longest)s", length=len(name), longest=LONGEST_NAME
        )
    return name


def name_key(name: str) -> str:
    """The name as names are compared: NFKC and case-folded (Unicode 3.13), any run of spaces as one.

    No database can be asked for NUL or half a surrogate pair: U+FFFD stands for them, and no account has that name.
    """
    folded = unicodedata.normalize("NFKC", _NO_TEXT.sub("\ufffd", name)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _is_unseen(character: str) -> bool:
    if unicodedata.category(character) in _UNSEEN_CATEGORIES or character in _BLANK_LETTERS:
        return True
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"  # variation selectors
