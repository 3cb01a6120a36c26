"""Two versions of a note, word by word: what went struck through, what came underlined."""

from difflib import SequenceMatcher

from markupsafe import Markup

from app import markup

_LONGEST = 400
_LOOKED_AT = 10 * _LONGEST
"""So much of a side is looked at: marks may take most of it."""


def difference(before: tuple[str, str] | None, after: tuple[str, str] | None) -> Markup:
    """The change of a note's sides as HTML with <del> and <ins>; each side in one line."""
    old, new = _words(before), _words(after)
    parts = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Markup("{}").format("".join(old[old_from:old_to])))
            continue
        parts += [_marked("del", old[old_from:old_to]), _marked("ins", new[new_from:new_to])]
    return Markup("").join(parts)


def _marked(tag: str, words: list[str]) -> Markup:
    text = "".join(words)
    return Markup("<{0}>{1}</{0}>").format(tag, text) if text else Markup("")


def _words(sides: tuple[str, str] | None) -> list[str]:
    """Both sides as words: runs of letters of one script, each Japanese character on its own."""
    text = " — ".join(markup.plain(side[:_LOOKED_AT]) for side in sides or () if side)
    words: list[str] = []
    for char in text[:_LONGEST]:
        joins = words and char.isascii() and char.isalnum() and words[-1].isascii() and words[-1][-1].isalnum()
        if joins:
            words[-1] += char
        else:
            words.append(char)
    return words
