"""Texts made to break the page, the parser or the clock. A guard taken out shows here as a hang or a failure."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.decks.note import Deletion
from app.markup import LONGEST, plain, render, render_cloze_back, render_cloze_front
from app.markup.clean import TAGS

OURS = {"math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub"}
OURS |= {"msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "audio"}
VOID = {"br", "hr", "img", "wbr"}


class Page(HTMLParser):
    """Reads HTML as a page would and fails on what could act in it, or on a tag that ends elsewhere than it began."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag may hold no handler, no style, no name and only addresses of the web."""
        assert tag in TAGS | OURS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"style", "id", "name", "srcdoc", "xlink:href"}
            if name in {"href", "src"}:
                assert re.match(r"https?://|mailto:|#", value or "", re.IGNORECASE)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Tags nest."""
        assert self.open.pop() == tag

    def check(self, html: str) -> None:
        """Read it all."""
        self.feed(html)
        self.close()
        assert self.open == []


FRAGMENTS = st.sampled_from(
    [
        *"*_`~=[]()!<>{}|$#-+\\&\"' \n\t1.a漢、¥",
        *(
            "**",
            "$$",
            "```",
            "~~~",
            "\n\n",
            "\n- ",
            "\n  - ",
            "\n> ",
            "\n| a | b |\n|---|---|\n",
            "![",
            "](",
            "![[",
            "]]",
        ),
        *(
            "<b>",
            "</b>",
            "<b onclick=x>",
            "<script>",
            "</script>",
            "<img src=x onerror=y>",
            "<details>",
            "<ruby>",
            "<!--",
        ),
        *(
            "<a href='javascript:x'>",
            "</a>",
            "<td>",
            "<table>",
            "<math>",
            "<svg>",
            "<style>",
            "-->",
            "<br></br>",
            "</p>",
        ),
        *(
            "javascript:",
            "https://a.example/",
            "data:text/html,",
            "\\text{",
            "\\frac",
            "\\href{javascript:x}{y}",
            "{漢|か}",
        ),
        *(
            "\x02",
            "\x03",
            "\x02klzzwxh:0000\x03",
            "\x02wzxhzdk:0\x03",
            "&#x10E000;",
            "&#1105920",
            "$\\unicode{x10E000}$",
            "$\\text{&#x10E000;}$",
            "\0",
            "\ud800",
            "\U0010e000",
            "\U0010ff01",
            "\r",
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=30).map("".join))


@given(TEXTS)
@settings(max_examples=300)
def test_any_text_renders_to_a_page_in_which_nothing_acts(text: str) -> None:
    Page().check(render(text))


@given(
    TEXTS,
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from(["", "<b>", "\U0010e000"])), max_size=4),
)
@settings(max_examples=300)
def test_any_deletion_of_any_text_renders_to_a_page_in_which_nothing_acts(
    text: str, spans: list[tuple[int, int, str]]
) -> None:
    deletions = [Deletion(text[start : start + length], start, 1, hint) for start, length, hint in spans]
    Page().check(render_cloze_front(text, deletions, 1))
    Page().check(render_cloze_back(text, deletions, 1))


@given(TEXTS)
def test_plain_is_one_line_of_any_text(text: str) -> None:
    assert re.search(r"[\n\r\t]|  ", plain(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        '<a href="x" title="\n```\n" onmouseover="alert(1)\n```\n">a</a>',
        '<img alt="$x$" title="$\\text{" onerror=alert(1) x="}$">',
        '![`" onerror=alert(1)`](x)',
        '[a](https://a.example "`" onclick=alert(1) `")',
        "```<script>\n</code></pre><script>alert(1)</script>\n```",
        "$</math><script>alert(1)</script>$",
        "{<script>|</rt><img src=x onerror=y>}",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<b/onclick=alert(1)>a</b>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<details ontoggle=alert(1) open>a</details>",
        "[a](java\nscript:alert(1)) [b](&#x6A;avascript:alert(1)) [c](\x01javascript:alert(1))",
    ],
)
def test_known_ways_to_break_out_do_not(text: str) -> None:
    html = str(render(text))
    Page().check(html)
    assert "<script" not in html.lower()


def _at_the_cap(unit: str) -> str:
    return (unit * LONGEST)[:LONGEST]


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "[",
            "![",
            "[a](",
            "[]",
            "[](",
            "*",
            "*a ",
            "a*b**c",
            "_",
            "**_",
            "~~",
            "`",
            "`a``b```c",
            ">",
            "> - a\n",
            "<",
            "<b>",
        ),
        *(
            "<div>",
            "<b><p>",
            "<table><tr><td>",
            "<b x='",
            "<!--",
            "&",
            "&#",
            "\\",
            "\\*",
            "\\*a",
            "{a|",
            "{a|b}",
            "$",
            "$x$ ",
        ),
        *(
            "$$a\n",
            "# ",
            "# a\n",
            "---\n",
            "- - ",
            "1. - ",
            "- a\n",
            "a\n\n",
            "\n",
            "\t",
            "  \n",
            "```a\n",
            "````a\n```\n",
        ),
        *("|a|b|\n|-|-|\nx|y\n\n", "|-", "![a](b)", "[a](b)", "**b** ", "`a` ", "https://a ", "日\n", "\0"),
    ],
)
def test_one_mark_repeated_up_to_the_cap_is_rendered(unit: str) -> None:
    text = _at_the_cap(unit)
    Page().check(render(text))
    assert isinstance(plain(text), str)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(" " * depth + "- a" for depth in range(350)),
        "\n".join(" " * (step % 12) + "- a" for step in range(5000)),
        "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + ("|a" * 1000 + "|\n") * 25,
        "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "a|\n" * 5000,
        *(f"```{language}\n{_at_the_cap('<')[:16_000]}\n```" for language in ("html", "make", "perl", "scala", "c++")),
    ],
)
def test_deep_wide_and_long_texts_are_rendered(text: str) -> None:
    Page().check(render(text))
