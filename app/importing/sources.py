"""What an import reads from: deck files one by one, and what stands beside them; a folder is one such place."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from app.decks.note import Problem
from app.decks.problems import problem
from app.decks.reading import READER
from app.media import SUFFIXES as MEDIA_SUFFIXES

SUFFIXES = (".md", ".markdown")
LARGE = 1024 * 1024
"""From so many bytes on a file is not held in memory where that can be helped."""

_SHOWING = (b"![", b"[sound:", b"<img")
_READER = sha256(READER.encode()).digest()[:4]
_CONTENT = 32
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class SourceFile:
    """A deck file: its path below the folder with "/" between, and its bytes or why they could not be read.

    Of a large file `data` is empty, and `reopen` opens it.
    """

    file: str
    data: bytes = b""
    fault: Problem | None = None
    reopen: Callable[[], IO[bytes]] | None = None

    @cached_property
    def digest(self) -> bytes:
        """What tells one content from another, as this program's reader reads it: 4 bytes of reader, 32 of content.

        A large file is read for it, once.
        """
        content = sha256(self.data)
        if self.reopen is not None:
            with self.reopen() as stream:
                while chunk := stream.read(_CHUNK):
                    content.update(chunk)
        return _READER + content.digest()

    @property
    def may_show(self) -> bool:
        """Whether any note in it may show a picture: a quick look, which spares one at every note."""
        return self.reopen is not None or any(mark in self.data for mark in _SHOWING)

    def read(self) -> bytes:
        """The whole content."""
        if self.reopen is None:
            return self.data
        with self.reopen() as stream:
            return stream.read()


class LeftOut(NamedTuple):
    """A file that makes no deck, and why."""

    file: str
    problem: Problem


class Sources(Protocol):
    """A place with deck files. It may be gone through again, and then is read again."""

    most_media: int
    """So many bytes of pictures and sounds are taken in one import."""
    is_whole: bool
    """Whether a picture that is not here is nowhere: otherwise one that came before stays."""

    def __iter__(self) -> Iterator[SourceFile]:
        """The deck files in the order in which people count, read when asked for."""

    def medium(self, file: str) -> bytes | Problem | None:
        """The bytes of a picture or sound, or why they cannot be had; None where there is none.

        `file` is its path below the folder, without `..` in it.
        """

    def left_out(self) -> Iterator[LeftOut]:
        """The files that make no deck and are no picture or sound, and why each of them does not."""

    def media_names(self) -> Iterator[str]:
        """The paths of all pictures and sounds there are."""


def same_content(one: bytes | None, other: bytes | None) -> bool:
    """Whether two digests are of one content, whichever reader read it."""
    return one is not None and other is not None and one[-_CONTENT:] == other[-_CONTENT:]


def is_deck_file(name: str) -> bool:
    """Whether a file of this name is read as a deck."""
    return name.lower().endswith(SUFFIXES)


def is_medium(name: str) -> bool:
    """Whether a file of this name may be a picture or sound."""
    return name.lower().endswith(MEDIA_SUFFIXES)


def left_out_of(file: str) -> LeftOut | None:
    """Why a plain file of this name makes no deck; None where it does, or is a picture or sound."""
    if any(part.startswith(".") for part in file.split("/")):
        return LeftOut(file, problem(1, "file-hidden"))
    if is_deck_file(file) or is_medium(file):
        return None
    return LeftOut(file, problem(1, "file-other-kind"))


def shown_name(path: Path) -> str:
    """A path with "/" between; bytes that are no text, as some archives leave them, are shown as `\x93`.

    Two files never have one name: it tells which deck a file made before.
    """
    return os.fsencode(path.as_posix()).decode(errors="backslashreplace")


def natural_order(file: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """A key that sorts file paths as people count, folder by folder."""
    return tuple(
        tuple(
            (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
            for part in re.split(r"(\d+)", name)
            if part
        )
        for name in file.split("/")
    )
