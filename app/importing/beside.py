"""Pictures and sounds beside the deck files: which of them the notes show, and what became of them."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from posixpath import dirname, join, normpath
from typing import NamedTuple

from app import media
from app.decks.note import Note, Problem
from app.decks.pictures import pictures
from app.decks.problems import problem
from app.decks.reading import decode
from app.importing.sources import SourceFile, Sources

_MIB = 1024 * 1024
_MOST_LINES = 200
"""So many lines of a note are looked through for a name; a file may hold many names that stand in no line as such."""
MISSING = ("media-missing", "media-too-much")
"""Why something is not shown that an earlier import may have brought."""
Links = Mapping[str, bytes | None]
"""What a deck's notes show: the digest of each name; None where there is nothing to be shown."""


class Seen(NamedTuple):
    """What stands at a path: its content, or why it is not shown."""

    path: str
    digest: bytes | None = None
    type: str = ""
    size: int = 0
    fault: str = ""
    reason: str = ""


class _Place(NamedTuple):
    line: int
    written: str


@dataclass(slots=True)
class Shown:
    """What the notes of one file show, each name with its first place, collected while the notes go by."""

    places: dict[str, _Place] = field(default_factory=dict)

    def watching(self, notes: Iterable[Note]) -> Iterator[Note]:
        """The notes, each looked through on its way."""
        for note in notes:
            for picture in pictures(note):
                self.places.setdefault(picture.name, _Place(note.line, picture.written))
            yield note

    def look(self, notes: Iterable[Note]) -> "Shown":
        """Look through all notes."""
        for _ in self.watching(notes):
            pass
        return self


class Beside:
    """The pictures and sounds of one import."""

    def __init__(self, is_stored: Callable[[bytes], bool], sources: Sources) -> None:
        """`is_stored` tells whether the database has the content of this digest already, so that it needs no room."""
        self.sources = sources
        self.used: set[str] = set()
        """The paths of what notes show."""
        self._is_stored = is_stored
        self._room = sources.most_media
        self._read = 0
        self._seen: dict[str, Seen] = {}
        self._taken: set[bytes] = set()

    def is_as(self, file: str, before: Links) -> bool:
        """Whether what the deck file `file` showed when it was imported is still just that.

        What cannot be read never is: that has to be said until it can.
        """
        found = [(self._found(file, name, before), digest) for name, digest in before.items()]
        return all(seen.digest == digest and seen.fault != "media-unreadable" for seen, digest in found)

    def links(
        self, file: str, shown: Shown, before: Links, source: SourceFile | None
    ) -> tuple[dict[str, Seen], list[Problem]]:
        """What the notes of a deck file show, and what is wrong with it; `source` is the file, to tell lines."""
        text = decode(source.read()) if source is not None and shown.places else ""
        found, problems, lines = {}, [], text.split("\n") if isinstance(text, str) else []
        for name, place in shown.places.items():
            seen = self._within_room(self._found(file, name, before))
            found[name] = seen
            if seen.fault:
                problems.append(_told(seen, _line_of(place, lines), name))
        return found, problems

    def _found(self, file: str, name: str, before: Links) -> Seen:
        """What stands where a note says; where not all files are here, what came before with this name stays."""
        return self.kept(self._look(file, name), before.get(name))

    def kept(self, seen: Seen, known: bytes | None) -> Seen:
        """What stands at a path, where `known` came before with its name."""
        if seen.fault in MISSING and known is not None and not self.sources.is_whole:
            return Seen(seen.path, known)
        return seen

    def _look(self, file: str, name: str) -> Seen:
        path = unicodedata.normalize("NFC", normpath(join(dirname(file), name)))
        if any(part.startswith(".") for part in path.split("/")) or path.startswith("/"):
            return Seen(path, fault="media-outside")
        key = f"{path}\0{media.is_sound(name)}"
        self.used.add(path)
        if key not in self._seen:
            if self._is_tired():
                return Seen(path, fault="media-too-much", reason=str(self.sources.most_media // _MIB))
            found = self.sources.medium(path)
            self._read += len(found) if isinstance(found, bytes) else 0
            self._seen[key] = _seen(path, name, found)
        return self._seen[key]

    def _is_tired(self) -> bool:
        """Whether so much of an upload was unpacked that no more of it is looked at: it may be made to unpack long."""
        return not self.sources.is_whole and self._read > 2 * self.sources.most_media

    def _within_room(self, seen: Seen) -> Seen:
        """What is new counts; what would be too much is left out."""
        if seen.digest is None or seen.digest in self._taken or self._is_stored(seen.digest):
            return seen
        if seen.size > self._room:
            return seen._replace(digest=None, fault="media-too-much", reason=str(self.sources.most_media // _MIB))
        self._taken.add(seen.digest)
        self._room -= seen.size
        return seen


def _seen(path: str, name: str, found: bytes | Problem | None) -> Seen:
    if found is None:
        return Seen(path, fault="media-missing")
    if isinstance(found, Problem):
        return Seen(path, fault=found.code, reason=found.details.get("reason", ""))
    if len(found) > media.LARGEST:
        return Seen(path, fault="media-too-large", reason=str(media.LARGEST // _MIB))
    kind = media.type_of(found)
    if kind is None or not media.is_shown(name, kind):
        return Seen(path, fault="media-kind")
    return Seen(path, sha256(found).digest(), kind, len(found))


def _told(seen: Seen, line: int, name: str) -> Problem:
    detail = {"limit": seen.reason} if seen.fault in ("media-too-large", "media-too-much") else {}
    if seen.fault == "media-unreadable":
        detail = {"reason": seen.reason}
    return problem(line, seen.fault, name=name, **detail)


def _line_of(place: _Place, lines: Sequence[str]) -> int:
    """The line in which a picture is written: the first of its note's that holds its name, else the note's own."""
    for line, words in enumerate(lines[place.line - 1 : place.line - 1 + _MOST_LINES], place.line):
        if place.written in words:
            return line
    return place.line
