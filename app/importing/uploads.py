"""Deck files that come through the page: Markdown files and zips of them, with caps before and while reading.

Nothing is unpacked to disk. What is wrong with one deck file refuses the whole upload: half of it would be a riddle.
Pictures and sounds in a zip are read when a note shows them; what is wrong with one costs only that one.
"""

import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from app import media
from app.decks.note import Problem
from app.decks.problems import problem
from app.errors import OboegakiError
from app.importing.sources import LeftOut, SourceFile, is_deck_file, is_medium, left_out_of, natural_order

MOST_FILES = 500
MOST_BYTES = 16 * 1024 * 1024
"""Of all files together, unpacked."""
_MOST_PARTS = 150_000
"""Lines and opening brackets of all deck files together: each may make a card, which costs more than its bytes."""
_MOST_NAME = 200
_MOST_LEVELS = 20
_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_UTF8 = 0x800
_LINK = 0o120000
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others are unpacked in pieces of any size: a bzip2 of 348 bytes takes 600 MB."""
_END = b"PK\x05\x06"
_MOST_END = 66_000  # bytes: the record at a zip's end with the longest comment
_MOST_ENTRIES = 4 * MOST_FILES
"""Of all zips together, whatever they are: hundreds of small zips are as slow to look into as a large one."""
_MOST_CONTENTS = _MOST_ENTRIES * 512
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
    RuntimeError,
    OSError,
    OverflowError,
)


class Upload(NamedTuple):
    """A file as the browser sent it."""

    name: str
    stream: IO[bytes]


def from_uploads(uploads: Iterable[Upload]) -> "Uploaded":
    """The deck files of an upload; raises OboegakiError that names the file, the problem and the remedy."""
    taken = Uploaded()
    for upload in uploads:
        if upload.name.lower().endswith(".zip"):
            _unzip(upload, taken)
        elif is_deck_file(upload.name):
            taken.add(upload.name, upload.stream)
        elif upload.name:
            raise OboegakiError(
                "%(file)s: this is no Markdown file and no zip; choose .md files or a .zip", file=upload.name
            )
    if not taken.files:
        raise OboegakiError("No deck file was sent; choose Markdown files (.md) or a zip of them")
    return taken


class _Entry(NamedTuple):
    """A picture or sound that waits in its zip."""

    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo


class Uploaded:
    """What was sent: deck files, what is beside them in their zips, and how much room is left."""

    most_media = 32 * 1024 * 1024
    is_whole = False

    def __init__(self) -> None:
        self.files: dict[str, SourceFile] = {}
        self._media: dict[str, _Entry] = {}
        self._left_out: list[LeftOut] = []
        self._room, self._parts, self._entries = MOST_BYTES, _MOST_PARTS, _MOST_ENTRIES
        self._looked_at: set[str] = set()
        self._media_room = self.most_media

    def __iter__(self) -> Iterator[SourceFile]:
        """The deck files in the order in which people count."""
        yield from sorted(self.files.values(), key=lambda source: natural_order(source.file))

    def medium(self, file: str) -> bytes | Problem | None:
        """The bytes of a picture or sound, or why they cannot be had; None where there is none."""
        found = self._media.get(file)
        if found is None:
            return None
        if file not in self._looked_at and self._media_room < 0:
            most = self.most_media // 1024 // 1024
            return problem(1, "media-too-much", name=file, limit=most, reason=most)
        try:
            with found.archive.open(found.entry) as stream:
                return self._looked(file, stream.read(media.LARGEST + 1))
        except _DAMAGED as error:
            return problem(1, "media-unreadable", name=file, reason=str(error) or "damaged")

    def _looked(self, file: str, data: bytes) -> bytes:
        """What was unpacked counts, whether it is shown in the end or not: thousands of entries may be a few bytes."""
        if file not in self._looked_at:
            self._looked_at.add(file)
            self._media_room -= len(data)
        return data

    def media_names(self) -> Iterator[str]:
        """The paths of all pictures and sounds in the zips."""
        yield from self._media

    def left_out(self) -> Iterator[LeftOut]:
        """The files in the zips that make no deck and are no picture or sound."""
        yield from self._left_out

    def leave_out(self, found: LeftOut) -> None:
        """Tell of a file that is left out."""
        self._left_out.append(found)

    def look_into(self, name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        """The entries of a zip, as long as there are not too many in all."""
        entries = archive.infolist()
        self._entries -= len(entries)
        if self._entries < 0:
            raise OboegakiError("%(file)s: the zip holds too many files; send fewer at a time", file=name)
        return entries

    def put_by(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        """Keep a picture or sound where it is until a note shows it."""
        file = unicodedata.normalize("NFC", _name_of(entry).replace("\\", "/"))
        self._media.setdefault(file, _Entry(archive, entry))

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
        self._parts -= sum(map(data.count, (b"\n", b"\r", b"[")))
        if self._parts < 0:
            raise OboegakiError(
                "%(file)s: with this file the upload holds more than %(most)s lines and brackets; send less at a time. "
                "Nothing was imported",
                file=file,
                most=_MOST_PARTS,
            )
        return bytes(data)


def _checked_name(name: str) -> str:
    """A path below nothing: no drive, no `..`, no control characters, in NFC."""
    file = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = file.split("/")
    is_plain = file.isprintable() and 0 < len(file) <= _MOST_NAME and ":" not in file and len(parts) <= _MOST_LEVELS
    if not is_plain or PurePosixPath(file).is_absolute() or any(part in ("", ".", "..") for part in parts):
        raise OboegakiError(
            "%(file)s: this is no name for a deck file; use letters and digits, without .. and without a drive",
            file=ascii(name[:_MOST_NAME]),
        )
    return file


def _unzip(upload: Upload, taken: Uploaded) -> None:
    try:
        data = _whole(upload)
        _refuse_long_contents(upload.name, data)
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in _plain_entries(upload.name, taken.look_into(upload.name, archive)):
            _take(archive, entry, taken)
    except _DAMAGED:
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


def _plain_entries(name: str, entries: Iterable[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """The entries of a zip that are files; what macOS adds of its own is none."""
    for entry in entries:
        if not entry.filename:
            raise zipfile.BadZipFile("an entry without a name")
        if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
            continue
        is_wanted = is_deck_file(entry.filename) or is_medium(entry.filename)
        if is_wanted and (entry.flag_bits & _ENCRYPTED or (entry.external_attr >> 16) & 0o170000 == _LINK):
            raise OboegakiError("%(file)s: the zip holds a link or a locked file; pack plain files", file=name)
        yield entry


def _take(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, taken: Uploaded) -> None:
    """Read a deck file, put a picture or sound by, tell of everything else."""
    file = _name_of(entry).replace("\\", "/")
    leads_elsewhere = is_deck_file(file) and ".." in file.split("/")
    left_out = None if leads_elsewhere else left_out_of(file)
    if left_out is not None:
        taken.leave_out(left_out._replace(file=file[:_MOST_NAME]))
        return
    if entry.compress_type not in _KINDS:
        raise zipfile.BadZipFile(entry.filename)
    if is_deck_file(file):
        with archive.open(entry) as stream:
            taken.add(file, stream)
    else:
        taken.put_by(archive, entry)
