"""Promises of the stream: it says what reading the whole file says, and holds a piece of it at a time."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks import streaming
from app.decks.note import DeckFile
from app.decks.pieces import cut_pieces
from app.decks.reading import read_deck_file
from app.decks.streaming import open_stream

LINES = [
    *("Q: a", "A: b", "C: [c] d", "T: e", "D: f", "---", "text", "", "  ", "```", "```sh", "~~~~", "- ```", "A: ```"),
    *("#flashcards", "1. x {y}", "> z", "Q:", "C: no", "\t---", "Deck: x", "````", "Q: ```"),
]
TEXTS = st.lists(st.sampled_from(LINES), max_size=40).map("\n".join)
HEADS = st.sampled_from(
    [
        "",
        "---\nname: A/B\ntags: [t]\nlang: en\n---\n",
        "---\ndialect: qa\n---\n",
        "---\nname: x\n",
        "\ufeff",
        "Q: a\nA: b\n",
    ]
)


def streamed(data: bytes, dialect: str | None = None) -> DeckFile | None:
    """A deck file read as a stream; None where it has to be read as a whole."""
    stream = open_stream(lambda: io.BytesIO(data), "x/deck.md", dialect)
    if stream is None:
        return None
    notes = tuple(stream)
    return DeckFile(stream.deck, stream.dialect, notes, stream.problems, stream.language)


@given(HEADS, TEXTS, st.integers(1, 60), st.sampled_from(["\n", "\r\n"]))
def test_a_stream_says_what_the_whole_file_says(head: str, text: str, chunk: int, newline: str) -> None:
    data = (head + text).replace("\n", newline).encode()
    with pytest.MonkeyPatch.context() as small:
        small.setattr(streaming, "_CHUNK", max(chunk, len(head) + 12))
        found = streamed(data)
    assert found is None or found == read_deck_file(data, "x/deck.md")


def test_a_usual_deck_is_streamed_and_one_of_another_kind_is_not() -> None:
    assert streamed(b"Q: a\nA: b\n") is not None
    assert streamed(b"---\ndialect: qa\n---\ntext\n\nQ: a\nA: b\n") is not None
    assert streamed(b"T: a\nD: b\n") is not None
    assert streamed(b"# memo\n- a\n  - b\n") is None
    assert streamed(b"Q: a\nA: b\n\n#flashcards\n") is None
    assert streamed(b"Q: a\nA: b\n---\n1. c\n> d\n---\n") is None
    assert streamed(b"Q: a\nA: \xff\n") is None
    assert streamed(b"Q: a\nA: b\n", "outline") is None
    assert streamed(b"---\nname: never closed\n\nQ: a\nA: b\n") is None


@given(TEXTS, st.integers(1, 40))
def test_pieces_put_together_are_the_text_and_each_begins_a_note(text: str, size: int) -> None:
    pieces = list(cut_pieces(text[at : at + size] for at in range(0, len(text), size)))
    assert "".join(pieces) == text
    assert all(piece.startswith(("Q:", "C:")) for piece in pieces[1:])


def test_a_code_block_is_never_cut() -> None:
    text = "Q: a\nA:\n```\nQ: code\n```\nQ: b\nA: c\n"
    assert list(cut_pieces([text])) == ["Q: a\nA:\n```\nQ: code\n```\n", "Q: b\nA: c\n"]


def test_what_is_held_does_not_grow_with_the_file() -> None:
    """Without the cutting (one piece for all) the larger file holds ten times as much."""
    assert _held(50_000) < 1.3 * _held(5_000)
    with pytest.MonkeyPatch.context() as whole:
        whole.setattr(streaming, "cut_pieces", lambda chunks: iter(["".join(chunks)]))
        assert _held(50_000) > 5 * _held(5_000)


def _held(notes: int) -> int:
    """The most bytes that are held while a file with so many notes is read."""
    note = b"Q: which of the many?\nA: " + b"x" * 100 + b"\n\n"
    with pytest.MonkeyPatch.context() as small:
        small.setattr(streaming, "_CHUNK", 64 * 1024)
        tracemalloc.start()
        stream = open_stream(lambda: _Repeated(note, notes), "deck.md")
        assert stream is not None
        assert sum(1 for _ in stream) == notes
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


class _Repeated(io.BytesIO):
    """A file that says one thing again and again, and is never held."""

    def __init__(self, once: bytes, times: int) -> None:
        super().__init__()
        self._once, self._size, self._at = once, len(once) * times, 0

    def seek(self, offset: int, _whence: int = 0) -> int:
        """Only to a place counted from its start."""
        self._at = offset
        return offset

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes."""
        left = self._size - self._at
        count = left if size is None or size < 0 else min(size, left)
        start = self._at % len(self._once)
        self._at += count
        return (self._once * (count // len(self._once) + 2))[start : start + count]

    def read1(self, size: int | None = -1) -> bytes:
        """The same: there is no end that has to be waited for."""
        return self.read(size)
