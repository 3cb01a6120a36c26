"""What stands inside a line: code, math, ruby, links, images, the few HTML tags a note may write, emphasis.

Each pattern is a regular expression that looks at a character a bounded number of times. Python-Markdown's own
patterns for links and code search to the end of the text from every bracket: minutes for 64 KiB of `[`.
"""

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import (
    ENTITY_RE,
    LINE_BREAK_RE,
    DelimiterProcessor,
    HtmlInlineProcessor,
    InlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.util import ETX, STX, AtomicString, code_escape

from app.markup.clean import BLOCKS, PHRASES
from app.markup.formula import formula
from app.markup.marks import PIPE

if TYPE_CHECKING:
    from app.markup.parser import Parser

MATH = r"(?<![\\$A-Za-z0-9])(?:\$\$([^$]+)\$\$|\$(?=[^\s$])((?:[^$\\]|\\.)*+)(?<!\s)\$(?![\d$]))"
"""`$x$` or `$$x$$`; "$5 and $6" is none: no space inside the dollars, no digit after them."""
RUBY = r"\{([^{}|\n]+)((?:[|" + PIPE + r"][^{}|\n" + PIPE + r"]+)+)\}"
_CODE = r"(?<![`\\])(`{1,8})(?!`)(.+?)(?<!`)\1(?!`)"
_ESCAPE = r"(?:\\[\\`*_{}\[\]()>#+\-.!$|~=<\"'])+"
_TARGET = r"\(\s*+(?:<([^<>\n]*+)>|([^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+))(?:\s++(\"[^\"]*+\"|'[^']*+'))?+\s*+\)"
_LABEL = r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+)\]"
_TAG = rf"<(?:!--(?:(?!--).)*+--|br\s*/?>\s*</br|/?(?:{'|'.join(sorted(PHRASES | BLOCKS, reverse=True))})(?:\s[^<>]*+)?/?)>"
_AUTOLINK = r"<(https?://[^\s<>]++|(?:mailto:)?[\w.+-]++@[\w-]++(?:\.[\w-]++)++)>"
_ADDRESS = r"https?://[!-;=?-_a-z~]+"
_MOST_FORMULAS, _MOST_TAGS, _MOST_DELIMITERS = 200, 500, 600


class Code(InlineProcessor):
    """`code`, between equal runs of up to eight backticks."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """An element that nothing else looks into."""
        text = m[2].replace("\n", " ")
        if text[0] == text[-1] == " " and text.strip():
            text = text[1:-1]
        element = Element("code")
        element.text = AtomicString(code_escape(text))
        return element, m.start(), m.end()


class Escape(InlineProcessor):
    """A backslash before a character of Markdown's; a run of them at once, for speed."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override] # noqa: N802
        """The characters in the library's own escape marks."""
        return "".join(f"{STX}{ord(char)}{ETX}" for char in m[0][1::2]), m.start(), m.end()


class Math(InlineProcessor):
    """`$x$` and `$$x$$`, up to a number of formulas a text that no honest card reaches."""

    def __init__(self, parser: "Parser") -> None:
        super().__init__(MATH, parser.markdown)
        self.parser = parser

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override] # noqa: N802
        """One private mark, or the source."""
        self.parser.formulas += 1
        mark = None
        if self.parser.formulas <= _MOST_FORMULAS:
            mark = self.parser.stash.add(formula(m[1] or m[2], "block" if m[1] else "inline"))
        return mark or code_escape(m[0]), m.start(), m.end()


class Ruby(InlineProcessor):
    """`{漢字|かんじ}`, or a reading for each character: `{漢字|かん|じ}`."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """A ruby element with parentheses for those who cannot show it."""
        base, readings = m[1], re.split(f"[|{PIPE}]", m[2])[1:]
        bases = list(base) if len(readings) == len(base) else [base]
        if len(bases) == 1:
            readings = ["".join(readings)]
        ruby = Element("ruby")
        for part, reading in zip(bases, readings, strict=True):
            _append(ruby, "span", part)
            _append(ruby, "rp", "(")
            _append(ruby, "rt", reading)
            _append(ruby, "rp", ")")
        return ruby, m.start(), m.end()


def _append(parent: Element, tag: str, text: str) -> None:
    child = Element(tag)
    child.text = AtomicString(code_escape(text))
    parent.append(child)


class Link(InlineProcessor):
    """`[words](address "title")`; reference links are left as written: their definitions would eat lines."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """A link whose words are parsed further."""
        element = Element("a", href=self.unescape(m[2] or m[3] or ""))
        if m[4]:
            element.set("title", self.unescape(m[4][1:-1]))
        element.text = m[1]
        return element, m.start(), m.end()


class Image(InlineProcessor):
    """`![words](file "title")`; whether and how it is shown is decided after sanitising."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """An image with its address as written."""
        element = Element("img", src=self.unescape(m[2] or m[3] or ""), alt=self.unescape(m[1]))
        if m[4]:
            element.set("title", self.unescape(m[4][1:-1]))
        return element, m.start(), m.end()


class Embed(InlineProcessor):
    """`![[file|words]]` as in Obsidian, `[sound:file]` as in Anki."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """An image, or what will become a player by its file name."""
        name, _, words = (m[1] or m[2]).replace(PIPE, "|").partition("|")
        return Element("img", src=self.unescape(name.strip()), alt=self.unescape(words)), m.start(), m.end()


class Address(InlineProcessor):
    """`<https://...>`, `<somebody@example.org>` and bare `https://...`, which ends before closing punctuation."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override] # noqa: N802
        """A link that shows its address."""
        address, end = (m[1], m.end()) if m.re.groups else _without_tail(m)
        element = Element("a", href=address if ":" in address else f"mailto:{address}")
        element.text = AtomicString(code_escape(address))
        return element, m.start(), end


def _without_tail(match: re.Match[str]) -> tuple[str, int]:
    address = match[0].rstrip(".,;:!?'\"*_~]")
    if address.endswith(")") and "(" not in address:
        address = address.rstrip(").,;:!?'\"*_~]")
    return address, match.start() + len(address)


class Tag(HtmlInlineProcessor):
    """A tag that a note may write. Any other `<word>` stays as text: `docker run <image>` must not lose a word."""

    def __init__(self, parser: "Parser") -> None:
        super().__init__(_TAG, parser.markdown)
        self.compiled_re = re.compile(_TAG, re.DOTALL | re.IGNORECASE)
        self.parser = parser

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override] # noqa: N802
        """The tag kept aside for the sanitiser; from the five hundred and first on, its source as text."""
        self.parser.tags += 1
        if self.parser.tags > _MOST_TAGS:
            return code_escape(m[0]), m.start(), m.end()
        tag = "<br>" if m[0][:3].lower() == "<br" else m[0]
        return self.parser.markdown.htmlStash.store(self.backslash_unescape(self.unescape(tag))), m.start(), m.end()


class Emphasis(DelimiterProcessor):
    """`*`, `_`, `~~` and `==`. Its pairing is quadratic, so a paragraph with very many of them has none."""

    def __init__(self, markdown: Markdown) -> None:
        super().__init__("*", "strong,em", markdown)
        self.add("_", "strong,em", smart=True)
        self.add("~", "del", double=True)
        self.add("=", "mark", double=True)
        self._seen: tuple[str, bool] = ("", False)

    def handleMatch(  # type: ignore[override] # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        """As the library does it, where there are few enough."""
        if self._seen[0] is not data:
            self._seen = (data, sum(map(data.count, "*_~=")) > _MOST_DELIMITERS)
        if self._seen[1]:
            return None, m.start(), m.end()
        return super().handleMatch(m, data)


def use_inline_patterns(parser: "Parser") -> None:
    """Replace the library's patterns by those above, in the order in which they win."""
    markdown = parser.markdown
    for name in [item.name for item in markdown.inlinePatterns._priority]:
        markdown.inlinePatterns.deregister(name)
    ordered = [
        Code(_CODE, markdown),
        Math(parser),
        Escape(_ESCAPE, markdown),
        Ruby(RUBY, markdown),
        Link(rf"(?<!!){_LABEL}{_TARGET}", markdown),
        Image(rf"!{_LABEL}{_TARGET}", markdown),
        Embed(r"!\[\[([^\[\]\n]+)\]\]|\[sound:([^\[\]\n]+)\]", markdown),
        Address(_AUTOLINK, markdown),
        SubstituteTagInlineProcessor(LINE_BREAK_RE, "br"),
        Tag(parser),
        HtmlInlineProcessor(ENTITY_RE, markdown),
        Address(_ADDRESS, markdown),
        Emphasis(markdown),
    ]
    for rank, pattern in enumerate(ordered):
        markdown.inlinePatterns.register(pattern, f"{rank}", 100 - rank)
