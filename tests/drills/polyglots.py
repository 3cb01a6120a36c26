"""Files that begin as pictures and sounds and go on as pages, scripts, styles and drawings; and whole ones.

The beginnings are those by which `app.media` knows its types. A script begins with them as a label: `GIF89a:;`, in
Latin-1 `ÿØÿ:;`, and the eight bytes of a PNG are four letters in UTF-16. The types that begin with `ftyp` leave four
bytes before it free, so that a drawing may begin with a comment: `<!--ftypavif-->`.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tests.drills import boxes
from tests.drills.hostile_text import HOST
from tests.drills.world import PICTURE

BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF:{}\nWEBP",
    "image/avif": b"/**/ftypavif",
    "audio/mpeg": b"ID3",
    "audio/ogg": b"OggS",
    "audio/mp4": b"/**/ftypM4A ",
}
_ENDINGS = {"audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a"}
WISHED = {
    "page": "text/html",
    "leads": "text/html",
    "script": "text/javascript",
    "style": "text/css",
    "drawing": "image/svg+xml",
}
"""What who made a file of each form would have it handed out as."""


class Polyglot(NamedTuple):
    """A file, the type that it begins as, and the form that it goes on as; `number` is what it calls itself."""

    number: int
    type: str
    form: str
    data: bytes

    @property
    def charset(self) -> str:
        """In which a script is to be read: the first bytes of some are no UTF-8."""
        return "utf-16be" if self.type == "image/png" else "iso-8859-1"

    @property
    def digest(self) -> str:
        """By which the server knows the file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        """A name under which a deck may show it."""
        return f"{self.number}.{_ENDINGS.get(self.type, 'png')}"


def polyglots() -> Iterator[Polyglot]:
    """One of each type and form, as far as there is one."""
    number = 0
    for kind, beginning in BEGINNINGS.items():
        for form in WISHED:
            if form == "drawing" and beginning[4:8] != b"ftyp":
                continue  # XML begins with what none of the other types begins with
            number += 1
            yield Polyglot(number, kind, form, _made(number, kind, form))


def script(number: int) -> str:
    """A script that tells that it ran, as part of a page, as a module or as a worker."""
    return (
        f"self.ran && ran({number}); self.onconnect = said => said.ports[0].postMessage({number});"
        f"self.document || (self.postMessage && postMessage({number}));"
    )


def _made(number: int, kind: str, form: str) -> bytes:
    beginning = BEGINNINGS[kind]
    away = f"http://{HOST}/{number}"
    if form == "page":
        return WHOLE.get(kind, beginning) + f'--><img src="{away}"><script>{script(number)}</script>'.encode()
    if form == "leads":
        return WHOLE.get(kind, beginning) + f'--><meta http-equiv="refresh" content="0;url={away}">'.encode()
    if form == "script":
        return beginning + f":;{script(number)}".encode("utf-16be" if kind == "image/png" else "latin-1")
    if form == "style":
        return beginning + f"{{}}#c{number}{{background:url({away})}}".encode()
    acts = f'<script><![CDATA[{script(number)}]]></script><image href="{away}"/>'
    drawn = f'--><svg xmlns="http://www.w3.org/2000/svg">{acts}</svg>'
    return b"<!--" + beginning[4:] + drawn.encode()


def _jpeg() -> bytes:
    """Eight by eight grey pixels (ITU-T T.81): one table of each kind with a single code, and a block of nothing."""
    codes = bytes([1]) + bytes(15) + b"\0"
    segments = {
        b"\xdb": b"\0" + b"\1" * 64,
        b"\xc0": struct.pack(">BHHB", 8, 8, 8, 1) + b"\1\x11\0",
        b"\xc4": b"\0" + codes + b"\x10" + codes,
        b"\xda": b"\1\1\0\0\x3f\0",
    }
    parts = (b"\xff" + mark + struct.pack(">H", len(data) + 2) + data for mark, data in segments.items())
    return b"\xff\xd8" + b"".join(parts) + b"\x3f\xff\xd9"


def _webp() -> bytes:
    """Two by two pixels (RFC 9649): a key frame of VP8."""
    frame = bytes.fromhex("7001009d012a0200020002c04c258c027401400000fef4188d5fdf53a0f8af800000")
    return b"RIFF" + struct.pack("<I", len(frame) + 12) + b"WEBPVP8 " + struct.pack("<I", len(frame)) + frame


def _ogg() -> bytes:
    """A second of silence in Opus (RFC 3533 and 7845)."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    silence = [b"\xf8\xff\xfe"] * 50
    pages = [([head], 2, 0), ([tags], 0, 0), (silence, 4, 48_000)]
    return b"".join(_ogg_page(number, *page) for number, page in enumerate(pages))


def _ogg_page(number: int, packets: list[bytes], flags: int, position: int) -> bytes:
    head = b"OggS" + struct.pack("<BBQIII", 0, flags, position, 1, number, 0)
    page = bytearray(head + bytes([len(packets), *map(len, packets)]) + b"".join(packets))
    page[22:26] = struct.pack("<I", _ogg_sum(page))
    return bytes(page)


def _ogg_sum(page: bytes | bytearray) -> int:
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1) ^ (0x104C11DB7 if total & 0x80000000 else 0)
    return total


_SILENT_FRAME = bytes.fromhex("fffb90c4") + bytes(413)
"""Of MPEG-1 layer III, 128 kbit/s at 44,100 Hz."""
WHOLE = {
    "image/png": PICTURE,
    "image/jpeg": _jpeg(),
    "image/gif": bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b"),
    "image/webp": _webp(),
    "image/avif": boxes.avif(),
    "audio/mpeg": _SILENT_FRAME * 40,
    "audio/ogg": _ogg(),
    "audio/mp4": boxes.m4a(),
}
"""Files of which nothing is missing, one of each type: browsers show and play them, whatever follows their end."""
