"""A folder of deck files: what is read of it, and what is left out. Nothing outside of it is ever opened."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app import media
from app.decks.note import Problem
from app.decks.problems import problem
from app.errors import NotFoundError, RefusedError
from app.importing.sources import (
    LARGE,
    LeftOut,
    SourceFile,
    is_deck_file,
    is_medium,
    left_out_of,
    natural_order,
    shown_name,
)

MOST_BYTES = 256 * 1024 * 1024
"""A larger deck file is not read."""
_MIB = 1024 * 1024
_NOWHERE = (errno.ELOOP, errno.ENAMETOOLONG)
"""Why nothing stands at a path and never will: links in a circle, and a name that no file can have."""


class CardsFolder:
    """The deck files below a folder, or those of a part of it, under the names that they have in the folder."""

    most_media = 256 * _MIB
    is_whole = True

    def __init__(self, home: Path, part: Path | None = None) -> None:
        self.home = home
        """The folder that the files' paths are counted from."""
        self._part = part

    def __iter__(self) -> Iterator[SourceFile]:
        """The deck files, read when asked for. Raises NotFoundError when there is no such folder."""
        if not self.home.is_dir():
            raise NotFoundError(
                "%(folder)s: there is no such folder; make it, "
                "or set OBOEGAKI_CARDS_DIR to the one with the deck files",
                folder=self.home,
            )
        wanted = None if self._part is None else self._part.resolve()
        for path in paths_below(self.home):
            if wanted is None or path.resolve().is_relative_to(wanted):
                yield _read(path, shown_name(path.relative_to(self.home)))

    def medium(self, file: str) -> bytes | Problem | None:
        """The bytes of a picture or sound below the folder, or why they cannot be had; None where there is none."""
        path, home = self._as_written(file), self.home.resolve()
        try:
            if not _leads_into(path, home):
                return problem(1, "media-outside", name=file)
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            with path.open("rb") as stream:
                return stream.read(media.LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            if error.errno in _NOWHERE:
                return None
            return problem(1, "media-unreadable", name=file, reason=error.strerror or str(error))

    def _as_written(self, file: str) -> Path:
        """The path in the form of Unicode that it has on the disk: some systems take letters and accents apart."""
        apart = self.home / unicodedata.normalize("NFD", file)
        return apart if os.path.lexists(apart) else self.home / file

    def media_names(self) -> Iterator[str]:
        """The paths of all pictures and sounds below the folder."""
        if self._part is None:
            found = (shown_name(path.relative_to(self.home)) for path in _visible_below(self.home))
            yield from (name for name in found if is_medium(name))

    def left_out(self) -> Iterator[LeftOut]:
        """The files below the folder that make no deck, and why; a folder not looked into is told as a whole."""
        if self._part is not None:
            return
        home = self.home.resolve()
        for folder, folders, files in os.walk(self.home, onerror=_refuse):
            for name in [name for name in folders if name.startswith(".")]:
                folders.remove(name)
                yield LeftOut(self._name(folder, name) + "/", problem(1, "file-hidden"))
            for name in folders:
                if Path(folder, name).is_symlink():
                    yield LeftOut(self._name(folder, name) + "/", problem(1, "folder-linked"))
            for name in files:
                found = left_out_of(self._name(folder, name)) or _odd(
                    Path(folder, name), home, self._name(folder, name)
                )
                if found is not None:
                    yield found

    def _name(self, folder: str, name: str) -> str:
        return shown_name(Path(folder, name).relative_to(self.home))


def from_folder(folder: Path) -> CardsFolder:
    """The deck files below `folder`; hidden ones and what leads out of the folder left out."""
    return CardsFolder(folder)


def from_part(folder: Path, part: Path) -> CardsFolder:
    """Those deck files of `folder` that are `part` or stand below it, under the names that they have in `folder`."""
    return CardsFolder(folder, part)


def from_path(path: Path) -> CardsFolder:
    """The deck files of a folder, or one deck file; raises NotFoundError when there is neither."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno in _NOWHERE:
            raise NotFoundError("%(path)s: there is no such file or folder; check the path", path=path) from None
        raise NotFoundError(
            "%(path)s: cannot be read (%(reason)s); check the path", path=path, reason=error.strerror
        ) from None
    if stat.S_ISDIR(mode):
        return CardsFolder(path)
    if not is_deck_file(path.name):
        raise RefusedError("%(path)s: this is no Markdown file; deck files end in .md or .markdown", path=path)
    if not stat.S_ISREG(mode):
        raise RefusedError("%(path)s: this is no plain file; put a plain file in its place", path=path)
    return CardsFolder(path.parent, path)


def paths_below(folder: Path) -> list[Path]:
    """The deck files below `folder` in natural order: 2 before 10."""
    home = folder.resolve()
    found = [path for path in _visible_below(folder) if is_deck_file(path.name) and _is_plain(path, home)]
    return sorted(found, key=lambda path: natural_order(path.relative_to(folder).as_posix()))


def folder_state(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What changes when a deck file, picture or sound below `folder` does: names, sizes, times. No file is opened."""
    if not folder.is_dir():
        return ()
    states = []
    for path in _visible_below(folder):
        if not (is_deck_file(path.name) or is_medium(path.name)):
            continue
        try:
            status = path.stat()
        except OSError:
            continue
        states.append((str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    return tuple(sorted(states))


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


def _is_plain(path: Path, home: Path) -> bool:
    """Whether it is neither a pipe nor a way out of the folder."""
    return (not path.is_symlink() or _leads_into(path, home)) and path.is_file()


def _leads_into(path: Path, home: Path) -> bool:
    """Whether links on the way stay in the folder; `Path.resolve` would raise where they go in a circle."""
    return Path(os.path.realpath(path)).is_relative_to(home)


def _odd(path: Path, home: Path, file: str) -> LeftOut | None:
    if _is_plain(path, home):
        return None
    return LeftOut(file, problem(1, "file-elsewhere" if path.is_symlink() else "file-special"))


def _read(path: Path, file: str) -> SourceFile:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            return SourceFile(file, fault=problem(1, "file-too-large", limit=MOST_BYTES // _MIB))
        if size < LARGE:
            return SourceFile(file, path.read_bytes())
        path.open("rb").close()
    except OSError as error:
        return SourceFile(file, fault=problem(1, "file-unreadable", reason=error.strerror or str(error)))
    return SourceFile(file, reopen=lambda: _opened(path))


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise RefusedError(
            "%(file)s: the file cannot be read any more (%(reason)s); import again. Nothing was imported",
            file=path,
            reason=error.strerror,
        ) from None
