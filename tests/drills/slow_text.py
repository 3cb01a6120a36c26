"""Texts made to be slow: the units whose repetition hurts readers and renderers of Markdown, alone and mixed.

Every text is one side of a note at the cap or just under it. Nothing here is random without a seed.
"""

import random
from collections.abc import Iterator

from app.decks.limits import SIDE_BYTES
from app.markup.code import _LANGUAGES, MOST_COLOURING, colouring

SEED = 20260302

BRACKETS = (
    "[",
    "]",
    "(",
    "((",
    "[[",
    "]]",
    "](",
    "![",
    "![[",
    "[a](",
    "[a](<",
    '[a](b "',
    "[a](b(c",
    "[a][b]",
    "[a]: b\n",
)
LINKS = ("[a](b)", "![a](b)", "[^a]: b\n", "[^a]", "[sound:", "[sound:a]", "![[a]]", "<a@b.c", "a@b.", "<https://")
ADDRESSES = ("https://", "https://a.", "https://a(", "http://a/)", "https://a ", "<mailto:a@b.c> ")
EMPHASIS = (
    "*",
    "_",
    "**a ",
    "*a ",
    "_a ",
    "~~",
    "~a~",
    "==",
    "==a",
    "***a ",
    "***a**",
    "**a*",
    "*a_b ",
    "_a*b ",
    "^a^",
)
CODE = (
    "`",
    "`a",
    "``a`",
    "`a` ",
    "```\n",
    "```py\n",
    "~~~\n",
    "````\n",
    "````a\n```\n",
    "```a\n```\n",
    "`[",
    "[`",
    "`*",
)
MATH = ("$", "$a", "$a$ ", "$$", "$$a\n", "$|", "|$", "${", "$\\frac{", "$\\frac{1}{2}$ ", "$\\sqrt{", "$x^{y^{z}}$ ")
RUBY = ("{", "{a|", "{a|b}", "|{a|b}", "{漢|", "{漢字|かん|じ}", "|{a|", "{a|b|", "{$", "{a}")
TAGS = (
    "<",
    "<b>",
    "</b>",
    "<b ",
    "<div>",
    "<p>",
    "<td>",
    "<table>",
    "<ul>",
    "<li>",
    "<pre>",
    "<ruby>",
    "<details>",
    "<h1>",
)
MARKUP = (
    "<!--",
    "<!-- -",
    "<!-- a -->",
    "<br>",
    "<br></br>",
    '<a href="',
    "<a href='x",
    "<img src=",
    "<math>",
    "<svg>",
)
REFERENCES = ("&", "&#", "&#1", "&amp", "&lt;", "&#x10E000;", "\\", "\\[", "\\*a", "\\\\", "\\\\\n", "\x02", "\x03")
BLOCKS = ("> ", ">\n", "> a\n", "- ", "- a\n", "1. ", "1) a\n", "  - a\n", "\t- a\n", "\n    a", "- - ", "1. - ", "+ ")
LINES = (
    "\n",
    "\n\n",
    "a\n",
    "a\n\n",
    "a  \n",
    "    ",
    "\t",
    "# ",
    "# a\n",
    "#",
    "---\n",
    "* * *\n",
    "a\n===\n",
    "a\n---\n",
)
TABLES = ("|", "| a | b |\n", "|-", "|-|-|\n", "|a|\n|-|\n|b|\n\n", "a|b\n-|-\n", "a|b\n", "|a|b|\n|-|-|\nx|y\n\n")
MIXED = (
    "日",
    "日\n",
    "。\n",
    "*<b>",
    "<b>*",
    "[*",
    "*[",
    "`$",
    "$*",
    "[$",
    "$[",
    "|-|\n",
    '"',
    "'",
    " ",
    "a",
    "\u202e",
)
UNITS = (
    *(*BRACKETS, *LINKS, *ADDRESSES, *EMPHASIS, *CODE, *MATH, *RUBY, *TAGS),
    *(*MARKUP, *REFERENCES, *BLOCKS, *LINES, *TABLES, *MIXED),
)


CODE_UNITS = (
    *(
        "<",
        "(",
        '"',
        "'",
        "{",
        "/*",
        "a=",
        "\\",
        "#",
        "${",
        "<<<",
        "\n ",
        "a.",
        "[[",
        "'''",
        "=begin\n",
        "&",
        "<?",
        "a ",
    ),
    *(
        "a<",
        "a(",
        "f:",
        "@a",
        "0",
        "-",
        "a\n",
        "a:",
        "{{",
        "$(",
        "*",
        "a,",
        '"\\',
        "`",
        "_a",
        "<a ",
        "a b ",
        ":a",
        "--",
    ),
    *("a::", "/", " ", "\t", "|", "A", "<!--", "]("),
)


def at_the_cap(unit: str, size: int = SIDE_BYTES) -> str:
    """`unit` again and again, `size` bytes of UTF-8 at most."""
    return unit * (size // len(unit.encode()))


def nested() -> Iterator[str]:
    """Blocks inside each other, wide tables, deep formulas, long lines: shapes that no repeated unit makes."""
    yield "\n".join(" " * depth + "- a" for depth in range(350))
    yield "\n".join(" " * (step % 12) + "- a" for step in range(5000))
    yield "\n".join("> " * (1 + step % 29) + "a" for step in range(1500))
    yield "\n".join("> " * (step % 7) + "- a\n" + ">" * (step % 5) + "```" for step in range(1500))
    for rows, columns in ((1, 8000), (30, 1000), (1000, 30), (8000, 2)):
        head = "|a" * columns + "|\n" + "|-" * columns + "|\n"
        yield (head + ("|a" * columns + "|\n") * rows)[:SIDE_BYTES]
    for part, end in (("\\frac{1}{", "}"), ("\\sqrt{", "}"), ("x^{", "}"), ("\\left(", "\\right)"), ("{", "}")):
        tex = part * 28 + "x" + end * 28
        yield f"${tex}$ " * (SIDE_BYTES // (len(tex) + 3))
    for environment in ("matrix", "array", "cases", "align"):
        row = "a & " * 20 + "\\\\ "
        yield f"$\\begin{{{environment}}}{row * 20}\\end{{{environment}}}$ " * 38
    yield ("a" * 400 + " ") * 160
    yield "word " * 13_000
    yield "漢" * 21_000


_OPENINGS = (
    *("![[", "![[a|", "[sound:", "$", "$$", "{", "{a|", "<b ", "<!--", "[a](", '[a](b "', "[a](b '", "![a](", "["),
    *("```", "`", "# a", "- ", "- [ ] ", "|", "|-", "> ", "<img ", "<img src", '<img src="', "https://", "<a@b", "&#"),
    *("**", "==", "~~", "{{c1::", "<br", "\n# a", "a\n\nT:", "\n|a|\n|-"),
)
_FILLINGS = ("a", " ", "a ", "\t", "-", "|", "\\", "\n", " \n", ":", ".", "漢", "\u3000", "- ", "a.", "|-")


def unended(size: int = SIDE_BYTES - 20) -> Iterator[str]:
    """What opens and never ends: a search that begins there and gives back sign after sign takes the square."""
    for opening in _OPENINGS:
        for filling in _FILLINGS:
            yield f"{opening}{at_the_cap(filling, size)}\nz"


def code_blocks(step: int) -> Iterator[str]:
    """Code blocks as long as they get coloured: every language with every hostile unit, or each `step`-th of all."""
    yield from (_coloured("c#", "a\n"), _coloured("java", "a\n"), _coloured("tf", "-"), _coloured("tsx", "a."))
    pairs = [(language, unit) for language in sorted(_LANGUAGES) for unit in CODE_UNITS]
    yield from (_coloured(*pair) for pair in pairs[::step])


def _coloured(language: str, unit: str) -> str:
    size = max(size for size in range(500, 5_000, 50) if colouring("x" * size, language) <= MOST_COLOURING)
    block = f"```{language}\n{at_the_cap(unit, size)}\n```\n"
    return block * (SIDE_BYTES // len(block))


def mixed(number: int) -> Iterator[str]:
    """`number` texts at the cap, each of two to six units: in turn, one after the other, or in disorder."""
    chance = random.Random(SEED)
    for _ in range(number):
        parts = [chance.choice(UNITS) for _ in range(chance.choice((2, 2, 3, 4, 6)))]
        between = chance.choice(("", "", " ", "\n", "a"))
        match chance.choice(("turn", "turn", "after", "disorder")):
            case "turn":
                yield at_the_cap(between.join(parts) or "a")
            case "after":
                yield "".join(at_the_cap(part, SIDE_BYTES // len(parts)) for part in parts)
            case _:
                yield _fitted([chance.choice(parts) * chance.choice((1, 1, 2, 30)) for _ in range(20_000)])


def _fitted(parts: list[str]) -> str:
    text = "".join(parts).encode()[:SIDE_BYTES]
    return text.decode(errors="ignore")
