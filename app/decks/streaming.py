"""A large deck file in `qa`, read note by note: what is held in memory does not grow with the file.

It is gone through twice: which dialect it is can only be told at its end. What cannot be read in this way (another
dialect, front matter without an end, bytes that are no text) is for `reading.read_deck_file`, which says why.
"""

import io
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO

from app.decks import qa
from app.decks.detect import Evidence
from app.decks.front_matter import FrontMatter, read_front_matter
from app.decks.note import Note, Problem
from app.decks.pieces import cut_pieces
from app.decks.reading import deck_of, settled, sound_notes

_CHUNK = 256 * 1024  # characters


class DeckStream:
    """A deck file whose notes come one at a time; `problems` is complete when they have all come."""

    dialect = "qa"

    def __init__(self, found: FrontMatter, file: str, pieces: Callable[[], Iterable[str]]) -> None:
        self.deck = found.deck or deck_of(file)
        self.language = found.language
        self.problems: tuple[Problem, ...] = ()
        self._found = found
        self._pieces = pieces

    def __iter__(self) -> Iterator[Note]:
        """The notes in file order."""
        problems, count = list(self._found.problems), 0
        parsed = qa.parse_pieces(self._pieces(), self._found.first_line)
        for note in sound_notes(parsed, self._found.tags, problems):
            count += 1
            yield note
        self.problems = settled(problems, count, self.dialect)


def open_stream(reopen: Callable[[], IO[bytes]], file: str, dialect: str | None = None) -> DeckStream | None:
    """The deck file `file` as a stream; None where it has to be read as a whole. `reopen` opens it from its start."""
    try:
        found = _front_matter(reopen)
        asked = dialect or found.dialect
        if not found.closed or asked not in ("", "qa"):
            return None
        stream = DeckStream(found, file, lambda: _pieces(reopen))
        is_one = bool(asked) or _is_qa(found._replace(body=""), _pieces(reopen))
    except UnicodeDecodeError:
        return None
    return stream if is_one else None


def _is_qa(found: FrontMatter, pieces: Iterable[str]) -> bool:
    """Whether the text speaks for `qa` and for nothing else."""
    evidence = Evidence(found)
    return all(evidence.is_only_qa(piece) for piece in pieces) and evidence.seen


def _front_matter(reopen: Callable[[], IO[bytes]]) -> FrontMatter:
    with _text(reopen) as text:
        head = _read(text)
    return read_front_matter(head)._replace(body="")


def _pieces(reopen: Callable[[], IO[bytes]]) -> Iterator[str]:
    """The text below the front matter, in pieces that each begin a note."""
    with _text(reopen) as text:
        body = read_front_matter(_read(text)).body
        yield from cut_pieces(chain((body,), iter(lambda: _read(text), "")))


def _text(reopen: Callable[[], IO[bytes]]) -> io.TextIOWrapper:
    """The file as text: without one byte order mark, every newline `\\n`."""
    stream = reopen()
    if stream.read(len(BOM_UTF8)) != BOM_UTF8:
        stream.seek(0)
    return io.TextIOWrapper(stream, encoding="utf-8")


def _read(text: io.TextIOWrapper) -> str:
    return text.read(_CHUNK).replace("\0", "\ufffd")
