"""The allow-list alone, as if Markdown had let everything through."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markup.clean import TAGS, clean

PARTS = st.sampled_from(
    re.findall(
        r"\S+ |\n",
        """<p> </p> <a/href="javascript:x"> <a/href='#x'> </a> <table> <tr> <td> <td/align=right> </table> <b> </b> <i>
        <pre> <math> <mtext> <mglyph> <svg> <style> </style> <script> </script> <title> <noscript> <template> <select>
        <img/src=x/onerror=x> <img/src="data:x"> <details/open> <summary> <ruby> <rt> <h1> <li> <ul> <form> <textarea>
        <!-- --> <![CDATA[ ]]> </br> <br/> <div/id=x/class=y/style=z> <plaintext> <iframe/srcdoc=x> <option> a & &lt;
        <annotation-xml> " ' < > / = """,
    )
).map(str.rstrip)


class Allowed(HTMLParser):
    """Fails on a tag or attribute that the allow-list does not name."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        assert tag in TAGS
        for name, value in attrs:
            assert name in {"align", "alt", "colspan", "href", "open", "rel", "rowspan", "src", "start", "title"}
            if name == "href":
                assert re.match(r"https?://|mailto:|#", value or "", re.IGNORECASE)
            if name == "src":
                assert not re.match(r"\s*(?:data|javascript|vbscript)", value or "", re.IGNORECASE)


@given(st.lists(PARTS, max_size=25).map("".join))
def test_what_is_clean_stays_as_it_is_and_holds_nothing_but_the_list(html: str) -> None:
    cleaned = clean(html)
    assert clean(cleaned) == cleaned
    Allowed().feed(cleaned)


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<script>alert(1)</script>a", "a"),
        ("<style>*{}</style>a", "a"),
        ('<b onclick="x" id="main" class="c" style="color:red" name="n">a</b>', "<b>a</b>"),
        ("a<math><mi>x</mi></math>", "a"),
        ("<form><input value=x><button>a</button></form>", "a"),
        ('<td style="text-align:right">a</td>', "a"),
        ('<img src="data:image/png;base64,x" alt="a">', '<img alt="a">'),
    ],
)
def test_what_is_not_on_the_list_is_taken_out(html: str, cleaned: str) -> None:
    assert clean(html) == cleaned
