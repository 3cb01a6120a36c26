"""Deck files as an import finds them: a folder's, one by one, in the order in which people count."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.decks.note import Problem
from app.decks.problems import problem
from app.errors import NotFoundError, RefusedError

SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A deck file: its path below the folder with "/" between, and its bytes or why they could not be read."""

    file: str
    data: bytes
    fault: Problem | None = None

    @property
    def digest(self) -> bytes:
        """What tells one content from another."""
        return sha256(self.data).digest()


def from_folder(folder: Path) -> Iterator[SourceFile]:
    """The deck files below `folder`, read when asked for; hidden ones and what leads out of the folder left out.

    Raises NotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise NotFoundError(
            "%(folder)s: there is no such folder; make it, or set OBOEGAKI_CARDS_DIR to the one with the deck files",
            folder=folder,
        )
    for path in paths_below(folder):
        yield _read(path, _name(path, folder))


def from_path(path: Path) -> Iterator[SourceFile]:
    """The deck files of a folder, or one deck file; raises NotFoundError when there is neither."""
    if path.is_dir():
        yield from from_folder(path)
        return
    if not path.is_file():
        raise NotFoundError("%(path)s: there is no such file or folder; check the path", path=path)
    if path.suffix.lower() not in SUFFIXES:
        raise RefusedError("%(path)s: this is no Markdown file; deck files end in .md or .markdown", path=path)
    yield _read(path, path.name)


def from_part(folder: Path, part: Path) -> Iterator[SourceFile]:
    """Those deck files of `folder` that are `part` or stand below it, under the names that they have in `folder`."""
    wanted = part.resolve()
    for path in paths_below(folder):
        if path.resolve().is_relative_to(wanted):
            yield _read(path, _name(path, folder))


def paths_below(folder: Path) -> list[Path]:
    """The deck files below `folder` in natural order: 2 before 10."""
    home = folder.resolve()
    found = [path for path in _visible_below(folder) if _is_deck_file(path, home)]
    return sorted(found, key=lambda path: natural_order(path.relative_to(folder).as_posix()))


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


def folder_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a deck file below `folder` does: names, sizes and times. Cheap: no file is opened."""
    if not folder.is_dir():
        return ()
    states = []
    for path in paths_below(folder):
        try:
            status = path.stat()
        except OSError:
            continue
        states.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(states)


def _visible_below(folder: Path) -> Iterator[Path]:
    """All files below `folder` that are not hidden; a folder that cannot be looked into is not taken for empty."""
    for home, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(home, name) for name in files if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise RefusedError(
        "%(folder)s: the folder cannot be read (%(reason)s); let the server read it. Nothing was imported",
        folder=error.filename,
        reason=error.strerror,
    )


def _is_deck_file(path: Path, home: Path) -> bool:
    """Whether it is a Markdown file, and neither a pipe nor a way out of the folder."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    if path.is_symlink() and not path.resolve().is_relative_to(home):
        return False
    return path.is_file()


def _name(path: Path, folder: Path) -> str:
    """The path below the folder; bytes that are no text, as some archives leave them, are shown as `\ufffd`."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode(errors="replace")


def _read(path: Path, file: str) -> SourceFile:
    try:
        return SourceFile(file, path.read_bytes())
    except OSError as error:
        return SourceFile(file, b"", problem(1, "file-unreadable", reason=error.strerror or str(error)))
