"""Markdown without its marks, for titles, lists and search: quick, approximate, and never HTML."""

import re
from html import unescape

from app.markup.clean import TAGS
from app.markup.marks import Piece, Stash, defuse

_STEPS = [
    (re.compile(r"^(?:`{3,}|~{3,}).*$", re.MULTILINE), ""),
    (re.compile(r"^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t:-]*)+$|^(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^(?:#{1,6}[ \t]+|>[ \t]?|(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)+", re.MULTILINE), ""),
    (re.compile(r"!\[\[[^\[\]|\n]*+\|?([^\[\]\n]*+)\]\]|\[sound:[^\[\]\n]*\]"), r"\1"),
    (re.compile(r"!?\[([^\[\]]*)\]\([^\s()]*(?:\s+(?:\"[^\"]*\"|'[^']*'))?\)"), r"\1"),
    (re.compile(r"\{([^{}|\n]+)(?:\|[^{}|\n]+)+\}"), r"\1"),
    (re.compile(rf"</?(?:{'|'.join(sorted(TAGS, reverse=True))})(?:\s[^<>]*)?/?>", re.IGNORECASE), " "),
    (re.compile(r"<!--(?:(?!--).)*-->", re.DOTALL), ""),
    (re.compile(r"(?<!\\)(?:\*{1,3}|~~|==|`+|(?<![\w])_{1,3}|_{1,3}(?!\w)|\|)"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()>#+\-.!$|~=<\"'])"), r"\1"),
]
_FORMULA = re.compile(r"(?<![\\$A-Za-z0-9])\$\$?(?=[^\s$])([^$\n]*[^\s$\\])\$\$?(?!\d)")


def plain(text: str) -> str:
    """`text` on one line without Markdown's marks; not escaped, so a template escapes it as any other text.

    Formulas stay as they were written: their underscores and braces are no marks.
    """
    text = "\n".join(line.strip() for line in defuse(text).split("\n"))
    stash = Stash()
    text = _FORMULA.sub(lambda found: stash.add(Piece("", found[1])) or found[1], text)
    for pattern, instead in _STEPS:
        text = pattern.sub(instead, text)
    return " ".join(unescape(stash.as_text(text)).split())
