"""Promises of cutting a memo: the deck file reads as the same notes, and what was left out is told."""

from hypothesis import example, given
from hypothesis import strategies as st

from app.decks.cut import cut
from app.decks.reading import read_deck_file
from tests.decks.test_outline import INDENTS, MARKS, WORDS

MEMO = """\
# Ships
- harbour
    - where ships rest
    - how it is made
        1. dig
        2. fill

```
~~~~
```

<br></br>

- pilot : leads ships in
- alone
"""

DECK = """\
---
name: sea/Ships
dialect: qa
---

Q: Ships › harbour
A:
- where ships rest
- how it is made
    1. dig
    2. fill

```
~~~~
```

Q: Ships › harbour › how it is made
A:
1. dig
2. fill

Q: Ships › pilot
A: leads ships in
"""


def test_a_memo_becomes_a_deck_file_that_a_person_can_edit() -> None:
    found = cut(MEMO, "sea/Ships.md")
    assert found.text == DECK
    assert [(each.line, each.code) for each in found.problems] == [(15, "bullet-alone")]
    assert len(found.notes) == 3


def test_what_the_front_matter_says_is_kept() -> None:
    memo = '---\ndeck: "A \\"b\\" / C"\ntags: [x, 海]\nlang: en\ndialect: outline\nother: y\n---\n- a\n  - b\n'
    text = cut(memo, "m.md").text
    assert text.startswith('---\nname: "A \\"b\\"/C"\ntags: [x, 海]\nlang: en\ndialect: qa\n---\n\nQ: a\n')
    read = read_deck_file(text.encode(), "other.md")
    assert (read.deck, read.language, read.notes[0].tags) == ('A "b"/C', "en", ("x", "海"))


def test_a_first_line_that_looks_like_a_marker_is_safe() -> None:
    text = cut("- a\n    Q: b\n    A: c\n", "m.md").text
    assert text.endswith("Q: a\nA:\n Q: b\n A: c\n")


HARD = st.sampled_from(
    ["---", "---  ", "A: x", "C: [y]", "T: t", "D: d", "```` ", "- ```", "A: ```sh", "a : ```", "a : ---", "\x0b ```"]
)
LINES = st.builds(lambda indent, mark, word: indent + mark + word, INDENTS, MARKS, WORDS | HARD)


@given(st.lists(LINES, max_size=16).map("\n".join))
@example("- a\n```\n```sh\nQ: i\n```")
def test_reading_the_cut_deck_gives_the_notes_of_the_memo(memo: str) -> None:
    outline = read_deck_file(memo.encode(), "m.md", "outline")
    read = read_deck_file(cut(memo, "m.md").text.encode(), "m.md")
    assert [(note.kind, note.front, note.back) for note in read.notes] == [
        (note.kind, note.front, note.back) for note in outline.notes
    ]
    assert read.dialect == "qa"
    assert {each.code for each in read.problems if not each.warning} <= {"no-cards"}
