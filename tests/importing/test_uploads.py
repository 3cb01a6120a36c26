"""What a browser may send: Markdown files and zips of them, with caps, and a sentence for each that is refused."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

import pytest

from app.errors import OboegakiError
from app.importing import uploads
from app.importing.uploads import Upload, from_uploads


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def send(*files: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    """What is taken of the files that are sent."""
    sources = from_uploads(Upload(name, io.BytesIO(data)) for name, data in files)
    return [(source.file, source.data) for source in sources]


def refusal(*files: tuple[str, bytes]) -> str:
    """The sentence with which the files are refused."""
    with pytest.raises(OboegakiError) as refused:
        send(*files)
    return str(refused.value)


def test_files_and_zips_are_taken_together_in_natural_order() -> None:
    packed = zipped({"x/10.md": b"ten", "x/2.md": b"two", "x/": b"", "picture.png": b"", "__MACOSX/x/._2.md": b""})
    assert send(("z.md", b"z"), ("decks.zip", packed)) == [("x/2.md", b"two"), ("x/10.md", b"ten"), ("z.md", b"z")]


def test_names_are_composed() -> None:
    assert send(("が.md", b"")) == [("が.md", b"")]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_zip_that_does_not_say_how_names_are_written_is_understood(encoding: str) -> None:
    packed = zipped({"?" * len("基本.md".encode(encoding)): b"text"})
    written = "基本.md".encode(encoding)
    assert send(("decks.zip", packed.replace(b"?" * len(written), written))) == [("基本.md", b"text")]


@pytest.mark.parametrize(
    "name", ["../a.md", "/a.md", "x/../a.md", "C:/a.md", "x//a.md", "a\n.md", "..\\a.md", "./a.md"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    sentence = f"{name!a}: this is no name for a deck file; use letters and digits, without .. and without a drive"
    assert refusal((name, b"")) == sentence


def test_another_kind_of_file_is_refused() -> None:
    assert refusal(("a.exe", b"")) == "a.exe: this is no Markdown file and no zip; choose .md files or a .zip"


@pytest.mark.parametrize("files", [(), (("", b""),), (("decks.zip", zipped({"a.png": b""})),)])
def test_nothing_is_refused(files: tuple[tuple[str, bytes], ...]) -> None:
    assert refusal(*files) == "No deck file was sent; choose Markdown files (.md) or a zip of them"


def test_two_files_of_one_name_are_refused() -> None:
    assert refusal(("a.md", b""), ("a.md", b"")) == "a.md: two files of this name were sent; rename one of them"


def test_too_many_files_are_refused() -> None:
    files = [(f"{number}.md", b"") for number in range(uploads.MOST_FILES + 1)]
    assert refusal(*files) == "More than 500 files; send fewer at a time. Nothing was imported"


def test_too_much_text_is_refused_while_it_is_read() -> None:
    packed = zipped({"a.md": bytes(uploads.MOST_BYTES), "b.md": b"x"})
    assert len(packed) < 20_000
    assert refusal(("decks.zip", packed)) == (
        "b.md: with this file the upload holds more than 16 MiB; send less at a time. Nothing was imported"
    )


@pytest.mark.parametrize("part", [b"\n", b"\r", b"["])
def test_too_many_lines_and_brackets_are_refused(part: bytes) -> None:
    assert send(("a.md", part * 150_000))
    assert refusal(("a.md", part * 100_000), ("b.md", part * 50_001)) == (
        "b.md: with this file the upload holds more than 150000 lines and brackets; send less at a time. "
        "Nothing was imported"
    )


def test_a_large_zip_is_refused() -> None:
    sentence = "decks.zip: the zip is larger than 16 MiB; send less at a time"
    assert refusal(("decks.zip", bytes(uploads.MOST_BYTES + 1))) == sentence


def test_a_zip_with_too_many_entries_is_refused() -> None:
    sentence = "decks.zip: the zip holds too many files; send fewer at a time"
    assert refusal(("decks.zip", zipped({f"{number}.png": b"" for number in range(2001)}))) == sentence


def test_the_entries_of_all_zips_are_counted_together() -> None:
    """Each of hundreds of small zips may hold as many as a large one: looking into all took a worker 16 s."""
    packed = zipped({f"{number}.txt": b"" for number in range(900)})
    sentence = "2.zip: the zip holds too many files; send fewer at a time"
    assert refusal(*((f"{number}.zip", packed) for number in range(3))) == sentence


def test_a_zip_with_a_huge_table_of_contents_is_refused_before_it_is_read() -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2_000_000, 0, 0)
    sentence = "decks.zip: the zip holds too many files; send fewer at a time"
    assert refusal(("decks.zip", bytes(2_000_000) + end)) == sentence


def _link() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("a.md")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return packed.getvalue()


def _locked() -> bytes:
    packed = bytearray(zipped({"a.md": b"text"}))
    packed[6] |= 1
    packed[packed.index(b"PK\1\2") + 8] |= 1
    return bytes(packed)


@pytest.mark.parametrize("packed", [_link(), _locked()], ids=["a link", "a locked file"])
def test_links_and_locked_files_are_refused(packed: bytes) -> None:
    sentence = "decks.zip: the zip holds a link or a locked file; pack plain files"
    assert refusal(("decks.zip", packed)) == sentence


def _wrong_sum() -> bytes:
    packed = zipped({"a.md": b"text"})
    return packed.replace(struct.pack("<L", zlib.crc32(b"text")), b"none")


def _far_away() -> bytes:
    """A zip whose table of contents says that its file begins at 2**63."""
    packed = bytearray(zipped({"a.md": b"text"}))
    entry, end = packed.index(b"PK\1\2"), packed.index(b"PK\5\6")
    packed[entry + 42 : entry + 46] = b"\xff" * 4
    packed[entry + 30 : entry + 32] = struct.pack("<H", 12)
    packed[entry + 50 : entry + 50] = struct.pack("<HHQ", 1, 8, 2**63)  # behind the name "a.md"
    packed[end + 12 + 12 : end + 12 + 16] = struct.pack("<L", end + 12 - entry)
    return bytes(packed)


_DAMAGED = {
    "nothing": b"",
    "its last mark alone": b"PK\5\6",
    "no zip": b"no zip",
    "a wrong sum": _wrong_sum(),
    "an offset beyond every file": _far_away(),
    "half a zip": zipped({"a.md": b"text"})[:-30],
}


@pytest.mark.parametrize("packed", _DAMAGED.values(), ids=_DAMAGED)
def test_a_damaged_zip_is_refused(packed: bytes) -> None:
    assert refusal(("decks.zip", packed)) == (
        "decks.zip: the zip is damaged or of a kind that cannot be read; pack it again. Nothing was imported"
    )


def test_a_zip_with_any_byte_changed_is_read_or_refused_with_a_sentence() -> None:
    packed = zipped({"a.md": b"Q: one?\nA: two\n", "x/b.md": b"text"})
    refused = 0
    for at in range(len(packed)):
        changed = bytearray(packed)
        changed[at] ^= 0xFF
        try:
            send(("decks.zip", bytes(changed)))
        except OboegakiError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_unpacked_in_pieces_of_any_size_is_refused(kind: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as archive:
        archive.writestr("a.md", b"text")
    assert refusal(("decks.zip", packed.getvalue())) == (
        "decks.zip: the zip is damaged or of a kind that cannot be read; pack it again. Nothing was imported"
    )
