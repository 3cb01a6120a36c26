"""Deck files that come through the page: Markdown files and zips of them, with caps before and while reading.

Nothing is unpacked to disk. What is wrong with one file refuses the whole upload: half of it would be a riddle.
"""

import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from app.errors import OboegakiError
from app.importing.sources import SUFFIXES, SourceFile, natural_order

MOST_FILES = 500
MOST_BYTES = 16 * 1024 * 1024
"""Of all files together, unpacked."""
_MOST_NAME = 200
_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_UTF8 = 0x800
_LINK = 0o120000
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others are unpacked in pieces of any size: a bzip2 of 348 bytes takes 600 MB."""
_END = b"PK\x05\x06"
_MOST_END = 66_000  # bytes: the record at a zip's end with the longest comment
_MOST_CONTENTS = 4 * MOST_FILES * 512


class Upload(NamedTuple):
    """A file as the browser sent it."""

    name: str
    stream: IO[bytes]


def from_uploads(uploads: Iterable[Upload]) -> list[SourceFile]:
    """The deck files of an upload; raises OboegakiError that names the file, the problem and the remedy."""
    taken = _Taken()
    for upload in uploads:
        if upload.name.lower().endswith(".zip"):
            _unzip(upload, taken)
        elif upload.name.lower().endswith(SUFFIXES):
            taken.add(upload.name, upload.stream)
        elif upload.name:
            raise OboegakiError(
                "%(file)s: this is no Markdown file and no zip; choose .md files or a .zip", file=upload.name
            )
    if not taken.files:
        raise OboegakiError("No deck file was sent; choose Markdown files (.md) or a zip of them")
    return sorted(taken.files.values(), key=lambda source: natural_order(source.file))


class _Taken:
    """What was taken so far, and how much room is left."""

    def __init__(self) -> None:
        self.files: dict[str, SourceFile] = {}
        self._room = MOST_BYTES

    def add(self, name: str, stream: IO[bytes]) -> None:
        """Read one file to its end, or refuse it."""
        file = _checked_name(name)
        if len(self.files) == MOST_FILES:
            raise OboegakiError("More than %(most)s files; send fewer at a time. Nothing was imported", most=MOST_FILES)
        if file in self.files:
            raise OboegakiError("%(file)s: two files of this name were sent; rename one of them", file=file)
        self.files[file] = SourceFile(file, self._read(file, stream))

    def _read(self, file: str, stream: IO[bytes]) -> bytes:
        data = bytearray()
        while chunk := stream.read(_CHUNK):
            data += chunk
            self._room -= len(chunk)
            if self._room < 0:
                raise OboegakiError(
                    "%(file)s: with this file the upload holds more than %(most)s MiB; send less at a time. "
                    "Nothing was imported",
                    file=file,
                    most=MOST_BYTES // 1024 // 1024,
                )
        return bytes(data)


def _checked_name(name: str) -> str:
    """A path below nothing: no drive, no `..`, no control characters, in NFC."""
    file = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = file.split("/")
    is_plain = file.isprintable() and 0 < len(file) <= _MOST_NAME and ":" not in file
    if not is_plain or PurePosixPath(file).is_absolute() or any(part in ("", ".", "..") for part in parts):
        raise OboegakiError(
            "%(file)s: this is no name for a deck file; use letters and digits, without .. and without a drive",
            file=ascii(name[:_MOST_NAME]),
        )
    return file


def _unzip(upload: Upload, taken: _Taken) -> None:
    try:
        data = _whole(upload)
        _refuse_long_contents(upload.name, data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in _deck_entries(upload.name, archive):
                with archive.open(entry) as stream:
                    taken.add(_name_of(entry), stream)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, OSError):
        raise OboegakiError(
            "%(file)s: the zip is damaged or of a kind that cannot be read; pack it again. Nothing was imported",
            file=upload.name,
        ) from None


def _whole(upload: Upload) -> bytes:
    data = upload.stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OboegakiError(
            "%(file)s: the zip is larger than %(most)s MiB; send less at a time",
            file=upload.name,
            most=MOST_BYTES // 1024 // 1024,
        )
    return data


def _refuse_long_contents(name: str, data: bytes) -> None:
    """Refuse a zip whose table of contents is huge before it is read: each entry costs memory, and no file holds it.

    The record at the zip's end has the table's size in its bytes 12 to 15 (PKWARE's APPNOTE 4.3.16).
    """
    at = data.rfind(_END, max(0, len(data) - _MOST_END))
    while at >= 0:
        if int.from_bytes(data[at + 12 : at + 16], "little") > _MOST_CONTENTS:
            raise OboegakiError("%(file)s: the zip holds too many files; send fewer at a time", file=name)
        at = data.rfind(_END, max(0, len(data) - _MOST_END), at)


def _name_of(entry: zipfile.ZipInfo) -> str:
    """An entry's name; one that does not say it is UTF-8 is that all the same, or Japanese Windows wrote it."""
    if entry.flag_bits & _UTF8 or entry.filename.isascii():
        return entry.filename
    written = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _deck_entries(name: str, archive: zipfile.ZipFile) -> Iterable[zipfile.ZipInfo]:
    """The entries of a zip that are deck files; folders, hidden files and other kinds are left out."""
    entries = archive.infolist()
    if len(entries) > 4 * MOST_FILES:
        raise OboegakiError("%(file)s: the zip holds too many files; send fewer at a time", file=name)
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts):
            continue
        if not entry.filename.lower().endswith(SUFFIXES):
            continue
        if entry.flag_bits & _ENCRYPTED or (entry.external_attr >> 16) & 0o170000 == _LINK:
            raise OboegakiError("%(file)s: the zip holds a link or a locked file; pack plain files", file=name)
        if entry.compress_type not in _KINDS:
            raise zipfile.BadZipFile(entry.filename)
        yield entry
