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
    InlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.util import ETX, STX, AtomicString, code_escape

from app.markup.clean import TAGS
from app.markup.formula import keep_formula
from app.markup.marks import PIPE

if TYPE_CHECKING:
    from app.markup.parser import Parser

MATH = r"(?<![\\$A-Za-z0-9])(?:\$\$([^$]+)\$\$|\$(?=[^\s$])((?:[^$\\]|\\.)*+)(?<!\s)\$(?![\d$]))"
"""`$x$` or `$$x$$`; "$5 and $6" is none: no space inside the dollars, no digit after them."""
_PART = r"[^{}|\n" + PIPE + r"]+"
RUBY = r"\{(" + _PART + r")((?:[|" + PIPE + r"]" + _PART + r")+)\}"
_CODE = r"(?<![`\\])(`{1,8})(?!`)(.+?)(?<!`)\1(?!`)"
_ESCAPE = r"(?:\\[\\`*_{}\[\]()>#+\-.!$|~=<\"'])+"
_TARGET = r"\(\s*+(?:<([^<>\n]*+)>|([^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+))(?:\s++(\"[^\"]*+\"|'[^']*+'))?+\s*+\)"
_LABEL = r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+)\]"
_NAMES = "|".join(sorted(TAGS, reverse=True))
_TAG = rf"<(?:!--(?:(?!--).)*+--|br\s*/?>\s*</br|/?(?:{_NAMES})(?:\s[^<>]*+)?/?)>"
_AUTOLINK = r"<(https?://[^\s<>]++|(?:mailto:)?[\w.+-]++@[\w-]++(?:\.[\w-]++)++)>"
_ADDRESS = r"https?://[!-;=?-_a-z~]+"
_MOST_ELEMENTS, _MOST_FORMULAS, _MOST_TAGS, _MOST_DELIMITERS = 3_000, 200, 500, 600
_LIBRARY_PATTERNS = (
    *("backtick", "escape", "reference", "link", "image_link", "image_reference", "short_reference"),
    *("short_image_ref", "autolink", "automail", "linebreak", "html", "entity", "em_strong"),
)


class Counted(InlineProcessor):
    """A pattern that makes up to 3,000 elements a text, together with its kind; what comes after stays as written."""

    def __init__(self, pattern: str, parser: "Parser", flags: re.RegexFlag = re.DOTALL) -> None:
        super().__init__(pattern, parser.markdown)
        self.compiled_re = re.compile(pattern, flags)
        self.parser = parser

    def handleMatch(  # type: ignore[override] # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element | str | None, int, int]:
        """What `made` makes, while there is room."""
        self.parser.elements += 1
        if self.parser.elements > _MOST_ELEMENTS:
            return None, m.start(), m.end()
        return self.made(m)

    def made(self, m: re.Match[str]) -> tuple[Element | str, int, int]:
        """The element or text for a match, and from where to where it reaches."""
        raise NotImplementedError


class Code(Counted):
    """`code`, between equal runs of up to eight backticks."""

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
        """An element that nothing else looks into."""
        text = m[2].replace("\n", " ")
        if text[0] == text[-1] == " " and text.strip():
            text = text[1:-1]
        element = Element("code")
        element.text = AtomicString(code_escape(text))
        return element, m.start(), m.end()


class Escape(Counted):
    """A backslash before a character of Markdown's; a run of them at once, for speed."""

    def made(self, m: re.Match[str]) -> tuple[str, int, int]:
        """The characters in the library's own escape marks."""
        return "".join(f"{STX}{ord(char)}{ETX}" for char in m[0][1::2]), m.start(), m.end()


class Math(Counted):
    """`$x$` and `$$x$$`, up to a number of formulas a text that no honest card reaches."""

    def made(self, m: re.Match[str]) -> tuple[str, int, int]:
        """One private mark, or the source."""
        self.parser.formulas += 1
        mark = None
        if self.parser.formulas <= _MOST_FORMULAS:
            mark = keep_formula(m[1] or m[2], "block" if m[1] else "inline", self.parser.stash)
        return mark or code_escape(m[0]), m.start(), m.end()


class Ruby(Counted):
    """`{漢字|かんじ}`, or a reading for each character: `{漢字|かん|じ}`."""

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
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


class Link(Counted):
    """`[words](address "title")`; reference links are left as written: their definitions would eat lines."""

    ANCESTOR_EXCLUDES = ("a",)

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
        """A link whose words are parsed further."""
        element = Element("a", href=self.unescape(m[2] or m[3] or ""))
        if m[4]:
            element.set("title", self.unescape(m[4][1:-1]))
        element.text = m[1]
        return element, m.start(), m.end()


class Image(Counted):
    """`![words](file "title")`; whether and how it is shown is decided after sanitising."""

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
        """An image with its address as written."""
        element = Element("img", src=self.unescape(m[2] or m[3] or ""), alt=self.unescape(m[1]))
        if m[4]:
            element.set("title", self.unescape(m[4][1:-1]))
        return element, m.start(), m.end()


class Embed(Counted):
    """`![[file|words]]` as in Obsidian, `[sound:file]` as in Anki."""

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
        """An image, or what will become a player by its file name."""
        name, _, words = (m[1] or m[2]).replace(PIPE, "|").partition("|")
        return Element("img", src=self.unescape(name.strip()), alt=self.unescape(words)), m.start(), m.end()


class Address(Counted):
    """`<https://...>`, `<somebody@example.org>` and bare `https://...`, which ends before closing punctuation."""

    ANCESTOR_EXCLUDES = ("a",)

    def made(self, m: re.Match[str]) -> tuple[Element, int, int]:
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


class Entity(Counted):
    """`&lt;` and `&#60;`, kept aside: the sanitiser reads them. Those after the last that is counted stay as text."""

    def made(self, m: re.Match[str]) -> tuple[str, int, int]:
        """The reference as written."""
        return self.parser.markdown.htmlStash.store(m[1]), m.start(), m.end()


class Tag(Counted):
    """A tag that a note may write. Any other `<word>` stays as text: `docker run <image>` must not lose a word."""

    def made(self, m: re.Match[str]) -> tuple[str, int, int]:
        """The tag kept aside for the sanitiser; from the five hundred and first on, its source as text."""
        self.parser.tags += 1
        if self.parser.tags > _MOST_TAGS:
            return code_escape(m[0]), m.start(), m.end()
        tag = "<br>" if m[0][:3].lower() == "<br" else m[0]
        return self.parser.markdown.htmlStash.store(self.unescape(tag)), m.start(), m.end()


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
    # In place: the library's tree processor keeps a reference to this registry.
    for name in _LIBRARY_PATTERNS:
        markdown.inlinePatterns.deregister(name)
    ordered: list[InlineProcessor] = [
        Code(_CODE, parser),
        Math(MATH, parser),
        Escape(_ESCAPE, parser),
        Ruby(RUBY, parser),
        Link(rf"(?<!!){_LABEL}{_TARGET}", parser),
        Image(rf"!{_LABEL}{_TARGET}", parser),
        Embed(r"!\[\[([^\[\]\n]+)\]\]|\[sound:([^\[\]\n]+)\]", parser),
        Address(_AUTOLINK, parser),
        SubstituteTagInlineProcessor(LINE_BREAK_RE, "br"),
        Tag(_TAG, parser, re.DOTALL | re.IGNORECASE),
        Entity(ENTITY_RE, parser),
        Address(_ADDRESS, parser),
        Emphasis(markdown),
    ]
    for rank, pattern in enumerate(ordered):
        markdown.inlinePatterns.register(pattern, f"{rank}", 100 - rank)
