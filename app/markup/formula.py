"""Math: TeX in, MathML out, without a script or a process.

latex2mathml's own serialiser un-escapes what it wrote, which would let `\\text{<img ...>}` through. So only its tree
is used, and written here by an allow-list.
"""

import html
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from markupsafe import escape

from app.markup.marks import FILL_END, FILL_START, PIPE, PRIVATE, Piece, Stash

_LONGEST = 2_000
_MOST_TEX = 16 * 1024
"""Characters of TeX that one text gets made into formulas."""
# A macro that doubles itself would grow without end.
_MACRO = re.compile(r"\\(?:re)?newcommand|\\def\b|\\let\b|\\providecommand")
_TAGS = frozenset(
    re.findall(
        r"\w+",
        """math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
        mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none""",
    )
)
_WORD = re.compile(r"[a-z-]{1,40}(?: [a-z-]{1,40}){0,40}")
_LENGTH = re.compile(r"-?\d{0,2}\.?\d{0,4}(?:em|ex|px|pt|mu|in|cm|mm)?")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}|[A-Za-z]{1,30}")
_WORDED = """accent columnalign columnlines display displaystyle fence form largeop mathvariant movablelimits notation
    rowlines separator stretchy"""
_MEASURED = """columnspacing depth height linethickness lspace maxsize minsize rowspacing rspace scriptlevel voffset
    width"""
_ATTRIBUTES = {
    **dict.fromkeys(re.findall(r"\w+", _WORDED), _WORD),
    **dict.fromkeys(re.findall(r"\w+", _MEASURED), _LENGTH),
    **dict.fromkeys(("mathbackground", "mathcolor"), _COLOUR),
}


def keep_formula(tex: str, display: str, stash: Stash) -> str | None:
    """`formula` kept in `stash`, as its mark; what is over a text's share of TeX is kept as it was written."""
    stash.tex += len(tex)
    return stash.add(formula(tex, display) if stash.tex <= _MOST_TEX else _as_written(tex))


def formula(tex: str, display: str) -> Piece:
    """`tex` as MathML, `display` "inline" or "block"; what cannot be read is shown as it was written."""
    tex = tex.replace(PIPE, "|")
    mathml = _mathml(tex, display)
    return Piece(mathml, tex) if mathml else _as_written(tex)


def _as_written(tex: str) -> Piece:
    tex = tex.replace(PIPE, "|")
    return Piece(f'<code class="math-error">{escape(tex)}</code>', tex)


def _mathml(tex: str, display: str) -> str | None:
    if len(tex) > _LONGEST or _MACRO.search(tex):
        return None
    from latex2mathml.converter import Converter  # megabytes that a worker needs for cards with formulas alone

    try:
        # The library raises its own errors for unreadable TeX, any of Python's for what it did not foresee, and
        # RecursionError for deep nesting.
        mathml = "".join(_written(Converter(display=display).convert_to_element(_marks_as_text(tex))))
    except Exception:
        return None
    # `\unicode` and character references can name a private mark that was not in the text.
    return PRIVATE.sub(lambda mark: mark[0] if mark[0] in tex else "\ufffd", mathml)


def _marks_as_text(tex: str) -> str:
    """Private marks in `\\text`, where HTML may stand in MathML."""
    tex = re.sub("([\U0010e000-\U0010feff])", r"\\text{\1}", tex)
    return tex.replace(FILL_START, rf"{{\text{{{FILL_START}}}").replace(FILL_END, rf"\text{{{FILL_END}}}}}")


def _written(element: Element) -> Iterator[str]:
    tag = element.tag if element.tag in _TAGS else "mrow"
    yield f"<{tag}{''.join(_attributes(element))}>"
    # The library puts character references into its texts.
    yield str(escape(html.unescape(element.text or "")))
    for child in element:
        yield from _written(child)
    yield f"</{tag}>"


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.items():
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value):
            yield f' {name}="{value}"'
