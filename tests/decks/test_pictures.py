"""Promises of the look for pictures: whatever a page will ask for is found, and what is code or elsewhere is not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.decks.note import Note, NoteKind
from app.decks.pictures import pictures, pictures_in
from app.markup import Images, render

PIECES = [
    *("![a](x.png)", "![](<y z.png> 'title')", "![[p/q.jpg|words]]", "[sound:a.mp3]", '<img src="t.gif">'),
    *("![a [b] c](%E5%9B%B3.webp)", "![a](x\\_y.png)", "![a](b(1).png)", "[![i](in.png)](https://a.example)"),
    *("`![c](code.png)`", "```\n![c](fence.png)\n```", "![n](https://a.example/x.png)", "![n](//a/x)", "[l](page.md)"),
    *(
        "# ",
        "- ",
        "> ",
        "| a | b |\n|---|---|\n| ",
        " |",
        "**",
        "\n",
        "\n\n",
        "text ",
        "`",
        "![",
        "](",
        ")",
        "  \n",
        "$x$",
    ),
]


def asked_for(text: str) -> set[str]:
    """The names that rendering asks for."""
    names: set[str] = set()
    render(text, Images(find=names.add))
    return names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("![a](img/x.png)", ["img/x.png"]),
        ("![a](<a b.png> 'title') ![[c.png|words]] [sound:d.mp3]", ["a b.png", "c.png", "d.mp3"]),
        ("<img alt='x' src='e.png'>", ["e.png"]),
        ("![two\nlines](%E5%9B%B3.png)", ["図.png"]),
        ("![](a%00b.png)", ["a\ufffdb.png"]),
        ("`![a](b.png)`\n\n```\n![a](c.png)\n```\n", []),
        ("[link](page.md) ![](https://a.example/x.png) ![](data:image/png;base64,AA) ![](//a/b.png) ![](#x)", []),
    ],
)
def test_names_come_as_the_page_asks_for_them(text: str, names: list[str]) -> None:
    assert [picture.name for picture in pictures_in(text)] == names


def test_a_name_that_is_longer_than_any_path_is_no_picture_of_the_note() -> None:
    longest = "図" * 665 + ".jpeg"
    assert [each.name for each in pictures_in(f"![]({longest}) ![](x{longest})")] == [longest]


def test_a_note_shows_what_its_two_sides_show_each_once() -> None:
    note = Note(NoteKind.BASIC, "![](a%20b.png)", "![](b.png) ![](a%20b.png)")
    assert [(found.name, found.written) for found in pictures(note)] == [("a b.png", "a%20b.png"), ("b.png", "b.png")]


@example("`\n`![c](code.png)`")  # code over two lines ends where code in one line seems to begin
@example("`\n# ![c](code.png) `")
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_everything_that_rendering_asks_for_is_found(text: str) -> None:
    assert asked_for(text) <= {picture.name for picture in pictures_in(text)}


@pytest.mark.parametrize("piece", ["![", "![a", "<img ", "![](", "![[", "<img src=", "`", "[sound:"])
def test_hostile_repetition_gives_at_most_five_hundred_names(piece: str) -> None:
    assert len(list(pictures_in("![](x.png)" + piece * (65_536 // len(piece))))) <= 500
