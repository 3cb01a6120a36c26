"""Files that somebody could send: names that lead elsewhere, bombs, other kinds, half files, and seeded mutations.

Everything is made here, byte by byte, with fixed seeds: nothing is read from a disk and nothing is written to one.
"""

import io
import random
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence

SEED = 20260302
DECK = "Q: one?\nA: 一\n\nQ: two?\nA: $x^2$\n\nC: a [deletion] here\n".encode()
MIB = 1024 * 1024

NAMES = (
    *(
        "../a.md",
        "../../../../etc/cron.d/a.md",
        "/etc/a.md",
        "//host/share/a.md",
        "x/../../a.md",
        "..",
        "x/..",
        "./a.md",
    ),
    *("C:\\a.md", "C:a.md", "\\\\host\\share\\a.md", "..\\a.md", "x\\..\\..\\a.md", "file:///a.md", "a.md:stream.md"),
    *("a\0.md", "a.md\0.png", "a\n.md", "a\r\nX-Header: 1.md", "a\t.md", "\x1b[31ma.md", "a\x7f.md", "\u202edm.a.md"),
    *("a\u200b.md", "\ufeffa.md", "a\u2028.md", "CON.md", "aux.md", "NUL.md", "COM1.md", "a.md.", "a.md ", ".md"),
    *("a" * 300 + ".md", "x/" * 120 + "a.md", "~/a.md", "$(id).md", "`id`.md", "%2e%2e%2fa.md", "..%c0%afa.md"),
    *("<img src=x onerror=alert(1)>.md", "a'\"><b>.md", "-rf.md", "*.md", "{{7*7}}.md", "x//a.md", "x/.hidden.md", ""),
)
"""Names as a browser sends them, or as a zip holds them."""


def zipped(entries: Sequence[tuple[str, bytes]], **of_each: object) -> bytes:
    """A zip with these entries under just these names; `of_each` sets fields of every entry."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of two entries with one name
        for name, data in entries:
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, zipfile.ZIP_DEFLATED
            for field, value in of_each.items():
                setattr(entry, field, value)
            archive.writestr(entry, data)
    return packed.getvalue()


def pairs() -> Iterator[tuple[str, bytes]]:
    """Zips with two names that some file system takes for one, and with what is no plain file."""
    yield "same.zip", _doubled("a.md", "a.md")
    yield "case.zip", _doubled("a.md", "A.MD")
    yield "composed.zip", _doubled("が.md", "が.md")
    yield "slashes.zip", _doubled("x/a.md", "x\\a.md")
    yield "link.zip", zipped([("a.md", b"/etc/passwd")], external_attr=(stat.S_IFLNK | 0o777) << 16)
    yield "device.zip", zipped([("a.md", DECK)], external_attr=(stat.S_IFCHR | 0o666) << 16)
    yield "pipe.zip", zipped([("a.md", DECK)], external_attr=(stat.S_IFIFO | 0o666) << 16)
    yield "link-folder.zip", zipped([("x", b"/etc"), ("x/a.md", DECK)], external_attr=(stat.S_IFLNK | 0o777) << 16)
    locked = bytearray(zipped([("a.md", DECK)]))
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    yield "locked.zip", bytes(locked)


def _doubled(first: str, second: str) -> bytes:
    return zipped([(first, DECK), (second, DECK)])


def bombs() -> Iterator[tuple[str, bytes]]:
    """Zips that unpack to far more than they are, or say that they hold less or more than they do."""
    zeros = bytes(40 * MIB)
    yield "zeros.zip", zipped([("a.md", zeros)])
    yield "many.zip", alike([f"{number}.md" for number in range(40)], 9 * MIB)
    yield "nested.zip", zipped([("inner.zip", zipped([("a.md", zeros)])), ("b.md", zipped([("a.md", zeros)]))])
    yield "entries.zip", zipped([(f"{number}.md", b"") for number in range(20_000)])
    yield "others.zip", zipped([(f"{number}.txt", b"") for number in range(3_000)])
    yield "overlap.zip", overlapping(200, 8 * MIB)
    yield "same-place.zip", _same_place(500, 8 * MIB)
    yield "lies-small.zip", _lying(zipped([("a.md", zeros)]), 10)
    yield "lies-large.zip", _lying(zipped([("a.md", DECK)]), 2**32 - 2)
    yield "long-name.zip", zipped([("a" * 60_000 + ".md", DECK)])
    yield "pictures.zip", _pictures(1_500, 8 * MIB - 1)
    yield "long-comment.zip", _commented(zipped([("a.md", zeros)]))


def _pictures(number: int, size: int) -> bytes:
    """A deck that shows so many pictures, each of zeros."""
    names = [f"{each}.png" for each in range(number)]
    deck = "".join(f"Q: a {name}\nA: ![]({name})\n" for name in names).encode()
    return alike(names, size, [("a.md", deck)])


def alike(names: Sequence[str], size: int, others: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """A zip with so many zeros under each of the names."""
    zeros = bytes(size)
    contents = [(name, zlib.crc32(data), _deflated(data), len(data)) for name, data in others]
    alike = (zlib.crc32(zeros), _deflated(zeros), size)
    blob, entries = io.BytesIO(), []
    for name, check, body, length in [*contents, *((name, *alike) for name in names)]:
        entries.append((check, len(body), length, name, blob.tell()))
        blob.write(_local(name, check, len(body), length) + body)
    return _finished(blob.getvalue(), entries)


def overlapping(number: int, size: int) -> bytes:
    """A zip whose entries hold each other: each quotes the header of the next, and all share the last one's zeros.

    After David Fifield, "A better zip bomb" (2019).
    """
    body, check, length = _deflated(bytes(size)), zlib.crc32(bytes(size)), size
    head = _local(f"{number}.md", check, len(body), length)
    blob, entries = head + body, [(check, len(body), length, f"{number}.md", 0)]
    for each in range(number - 1, 0, -1):
        check, length = _combined(head, check, length), length + len(head)
        quotation = struct.pack("<BHH", 0, len(head), len(head) ^ 0xFFFF)
        packed = len(quotation) + len(blob)
        head = _local(f"{each}.md", check, packed, length)
        moved = len(head) + len(quotation)
        entries = [(check, packed, length, f"{each}.md", 0), *((*entry[:4], entry[4] + moved) for entry in entries)]
        blob = head + quotation + blob
    return _finished(blob, entries)


def _same_place(number: int, size: int) -> bytes:
    body = _deflated(bytes(size))
    entry = (zlib.crc32(bytes(size)), len(body), size, "a.md", 0)
    return _finished(_local("a.md", *entry[:3]) + body, [entry] * number)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _combined(first: bytes, second_sum: int, second_length: int) -> int:
    """The checksum of `first` and what follows: that of zeros after it, mended by the one that is known."""
    zeros = zlib.crc32(bytes(second_length))
    return zlib.crc32(first + bytes(second_length)) ^ zeros ^ second_sum


def _local(name: str, check: int, packed: int, size: int) -> bytes:
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, check, packed, size, len(name), 0) + name.encode()


def _finished(blob: bytes, entries: Sequence[tuple[int, int, int, str, int]]) -> bytes:
    table = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, check, packed, size, len(name), *(0,) * 5, offset)
        + name.encode()
        for check, packed, size, name, offset in entries
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries), len(table), len(blob), 0)
    return blob + table + end


def _lying(packed: bytes, size: int) -> bytes:
    changed = bytearray(packed)
    table = packed.index(b"PK\1\2")
    struct.pack_into("<I", changed, 22, size)
    struct.pack_into("<I", changed, table + 24, size)
    return bytes(changed)


def _commented(packed: bytes) -> bytes:
    return packed[:-2] + struct.pack("<H", 65_535) + b"PK\5\6" * 16_383 + b"abc"


def odd_archives() -> Iterator[tuple[str, bytes]]:
    """Half zips, zips of other kinds, and what zip64 and the record at the end can be made to say."""
    whole = zipped([("a.md", DECK), ("x/b.md", DECK)])
    for part in (0, 1, 4, 22, len(whole) // 3, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        yield f"first-{part}.zip", whole[:part]
    yield "last-half.zip", whole[len(whole) // 2 :]
    yield "before.zip", b"#!/bin/sh\n" + whole
    yield "after.zip", whole + bytes(5_000)
    yield "twice.zip", whole + whole
    yield "only-end.zip", whole[-22:]
    for name, kind in (("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", kind) as archive:
            archive.writestr("a.md", bytes(50 * MIB))
        yield f"{name}.zip", packed.getvalue()
    for method in (1, 6, 9, 93, 95, 98, 99, 65_535):
        yield (
            f"method-{method}.zip",
            whole.replace(struct.pack("<HH", 20, 0) + b"\x08\0", struct.pack("<3H", 20, 0, method)),
        )
    yield "no-sum.zip", whole.replace(struct.pack("<I", zlib.crc32(DECK)), b"none")
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 2**63 - 1, 1)
    for count, size, offset in ((2**40, 10, 0), (2, 2**62, 0), (2, 94, 2**63), (0, 0, 0)):
        record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        at = struct.pack("<4sIQI", b"PK\6\7", 0, len(whole) - 22, 1)
        yield f"zip64-{count}-{size}-{offset}.zip", whole[:-22] + record + at + end
    yield "zip64-nowhere.zip", whole[:-22] + locator + whole[-22:]
    yield "extra.zip", zipped([("a.md", DECK)], extra=struct.pack("<HH", 1, 65_000))


def other_kinds() -> Iterator[tuple[str, bytes]]:
    """Files that are no decks under names of decks and zips, and texts in other encodings."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    kinds = {
        "png": png,
        "html": b"<!doctype html><script>alert(1)</script>",
        "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 9,
        "sqlite": b"SQLite format 3\0" + bytes(4_080),
        "elf": b"\x7fELF\2\1\1" + bytes(500),
        "gzip": zlib.compress(DECK, wbits=31),
        "tar": _tar(),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "json": b'{"Q": "a"}',
        "nothing": b"",
        "zeros": bytes(70_000),
        "line": b"a" * MIB,
        "newlines": b"\n" * MIB,
    }
    for kind, data in kinds.items():
        yield f"{kind}.md", data
        yield f"{kind}.zip", data
        yield f"{kind}-in.zip", zipped([("a.md", data)])
        yield f"deck.{kind}", data
    text = DECK.decode()
    for encoding in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "shift_jis",
        "euc_jp",
        "iso2022_jp",
        "utf-7",
        "utf-8-sig",
    ):
        yield f"{encoding}.md", text.encode(encoding)
    for name, end in (
        ("half", "日".encode()[:2]),
        ("long", b"\xc0\xaf"),
        ("surrogate", b"\xed\xa0\x80"),
        ("byte", b"\xff"),
    ):
        yield f"{name}.md", DECK + end
    for name, start in (
        ("bom", b"\xef\xbb\xbf"),
        ("boms", b"\xef\xbb\xbf" * 3),
        ("nul", b"\0"),
        ("tag", "\U000e0041".encode()),
    ):
        yield f"{name}.md", start + DECK
    for number, front in enumerate(FRONT_MATTERS):
        yield f"front-{number}.md", b"---\n" + front + b"\n---\n" + DECK


FRONT_MATTERS = (
    *(
        b'name: "\\ud800"',
        b'name: "\\0"',
        b'tags: ["\\udfff"]',
        b'dialect: "\\ud800"',
        b'lang: "\\ud800"',
        b"name: ../../x",
    ),
    *(
        b"name: !!python/object/apply:os.system [id]",
        b"a: &a [*a, *a]",
        b"a: &a b\nc: *a",
        b"[" * 5_000,
        b"name: " + b"a/" * 4_000,
    ),
    *(
        b"name: " + b"a" * 9_000,
        b"tags: [" + b"a," * 4_000 + b"]",
        b"? [a]\n: b",
        b"<<: {a: b}",
        b"\t",
        b"name = 'x'\nname = 'y'",
    ),
    *(
        b"name: [a]",
        b"name = 1979-05-27",
        b"dialect: inka",
        b"%YAML 9.9",
        b"a: |\n  b",
        b"name: \xe2\x80\xae",
        b'"\\ud800": a',
    ),
)


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("../a.md")
        entry.size = len(DECK)
        archive.addfile(entry, io.BytesIO(DECK))
    return packed.getvalue()


def mutated(number: int) -> Iterator[tuple[str, bytes]]:
    """`number` uploads made from good ones: bytes flipped, cut out, doubled, moved, or fields of a zip set anew."""
    chance = random.Random(SEED)
    whole = zipped([("a.md", DECK), ("x/b.md", DECK * 9), ("x/c.png", b"\x89PNG\r\n\x1a\n")])
    front = b"---\nname: x/y\ntags: [a, b]\nlang: ja\n---\n" + DECK
    seeds = (
        ("a.zip", whole),
        ("b.zip", _finished(*_stored())),
        ("a.md", front),
        ("b.md", b"# h\n- a\n  - b\n- c : d\n" * 5),
    )
    for each in range(number):
        name, data = seeds[each % 3 if each % 4 else each % 2]
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
            _change(changed, chance)
        yield name, bytes(changed)


def _stored() -> tuple[bytes, list[tuple[int, int, int, str, int]]]:
    body = _deflated(DECK)
    return _local("a.md", zlib.crc32(DECK), len(body), len(DECK)) + body, [
        (zlib.crc32(DECK), len(body), len(DECK), "a.md", 0)
    ]


_FIELDS = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE)


def _change(data: bytearray, chance: random.Random) -> None:
    at, end = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
    at, end = min(at, end), max(at, end)
    match chance.randrange(7):
        case 0 if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
        case 1 if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 2:
            del data[at : min(end, at + 40)]
        case 3:
            data[at:at] = data[at : min(end, at + 200)]
        case 4:
            data[at:at] = chance.randbytes(chance.randrange(1, 9))
        case 5 if len(data) > 8:
            struct.pack_into("<I", data, chance.randrange(len(data) - 4), chance.choice(_FIELDS))
        case _:
            del data[at:]


def multipart(files: Sequence[tuple[str, bytes]], token: str) -> tuple[bytes, str]:
    """The body of the upload's form and its content type; names go out as they are, but for what would end a header."""
    mark = b"----drill-5c1f0d"
    parts = [b'--%s\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s\r\n' % (mark, token.encode())]
    for name, data in files:
        sent = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()
        head = b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n' % (mark, sent)
        parts.append(head + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    return b"".join([*parts, b"--%s--\r\n" % mark]), f"multipart/form-data; boundary={mark.decode()}"
