"""Code blocks: Pygments finds the words, a dozen classes of our own colour them (`static/code.css`)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from markupsafe import escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from app.markup.boxes import CODE
from app.markup.marks import FILLS

# Only languages whose lexers are common and fast. Those of Make, Perl and Scala take seconds for hostile text.
_LANGUAGES = frozenset(
    re.findall(
        r"\S+",
        """apache bash c c# c++ caddyfile clojure cmake console cpp cs csharp css diff docker dockerfile elixir
        erlang fish go golang graphql groovy haskell hcl html http ini java javascript js json json5 jsx
        julia kotlin lua markdown md nginx nix objective-c php plpgsql postgresql powershell properties
        ps1 py pycon python r rb ruby rs rust scss sh shell shell-session sql sqlite3 swift terraform tex
        latex tf toml ts tsx typescript vim xml yaml yml zig zsh""",
    )
)
_REST = re.compile(r"[.:]\d")
_LONGEST = 3 * 1024
_LEAST_COUNTED = 1024
_SLOW = {**dict.fromkeys(("c#", "cs", "csharp"), 6), **dict.fromkeys(("apache", "hcl", "terraform", "tf"), 2)}
MOST_COLOURING = _LONGEST**2
"""The `colouring` that one text gets: one long block, or five times as much in short ones."""

_CLASSES: dict[_TokenType, str] = {
    Comment: "comment",
    Comment.Preproc: "meta",
    Generic.Deleted: "deleted",
    Generic.Heading: "keyword",
    Generic.Inserted: "inserted",
    Generic.Output: "comment",
    Generic.Prompt: "meta",
    Keyword: "keyword",
    Keyword.Constant: "constant",
    Keyword.Type: "type",
    Name.Attribute: "attribute",
    Name.Builtin: "builtin",
    Name.Class: "type",
    Name.Constant: "constant",
    Name.Decorator: "meta",
    Name.Exception: "type",
    Name.Function: "function",
    Name.Tag: "keyword",
    Name.Variable: "variable",
    Number: "number",
    Operator.Word: "keyword",
    String: "string",
    String.Escape: "constant",
    String.Interpol: "constant",
}


def colouring(code: str, language: str) -> int:
    """What it takes to colour `code`: for hostile text most lexers take the square of its length, and some more."""
    if language.lower() not in _LANGUAGES:
        return 0
    return _SLOW.get(language.lower(), 1) * len(code) * max(len(code), _LEAST_COUNTED)


def code_block(code: str, language: str) -> str:
    """`code` as a scrolling box; marks of filled deletions stay where they are. Unknown languages stay plain."""
    lexer = _lexer(language.lower()) if len(code) <= _LONGEST else None
    inner = _coloured(code, lexer) if lexer else str(escape(code))
    return f"{CODE}<code>{inner}</code></pre>"


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language in _LANGUAGES else None


def _coloured(code: str, lexer: Lexer) -> str:
    marks = [(match.start() - nth, match[0]) for nth, match in enumerate(FILLS.finditer(code))]
    words = _words(FILLS.sub("", code), lexer)
    return "".join(_coloured_word(name, text) for name, text in _marked(words, marks))


def _words(code: str, lexer: Lexer) -> list[tuple[str, str]]:
    """The words of `code` with their classes; all of it as one where the lexer loses or changes a character."""
    # Lexers for consoles pass over a last line that has no end.
    words = [(_class_of(token), text) for token, text in lexer.get_tokens(code + "\n")]
    if "".join(text for _, text in words) != code + "\n":
        return [("", code)]
    name, text = words.pop()
    return list(_whole([*words, (name, text[:-1])]))


def _whole(words: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The words; one that lexers call a number, and that begins an address or a version, is of its rest's class."""
    for (name, text), (after, rest) in pairwise([*words, ("", "")]):
        yield after if name == "number" and _REST.match(rest) else name, text


def _marked(words: list[tuple[str, str]], marks: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """The words again, with the marks put back at their offsets."""
    position, ahead = 0, list(reversed(marks))
    for name, text in words:
        end = position + len(text)
        while ahead and ahead[-1][0] < end:
            offset, mark = ahead.pop()
            yield name, text[: offset - position]
            yield "", mark
            text, position = text[offset - position :], offset
        yield name, text
        position = end
    for _, mark in reversed(ahead):
        yield "", mark


@lru_cache(maxsize=512)
def _class_of(token: _TokenType) -> str:
    while token.parent is not None:
        if token in _CLASSES:
            return _CLASSES[token]
        token = token.parent
    return ""


def _coloured_word(name: str, text: str) -> str:
    if not name or not text.strip():
        return str(escape(text))
    return f'<span class="tok-{name}">{escape(text)}</span>'


LANGUAGE = re.compile(r"[\w#+.-]+")
"""The first word of what follows a fence."""
