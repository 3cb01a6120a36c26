"""Whole files that are made of boxes (ISO/IEC 14496-12): a picture in AV1, and a second of silence in AAC."""

import struct

_RATE = 44_100
_SAMPLES = 1024
"""Of each frame of AAC."""
_SILENT_FRAME = bytes.fromhex("00000007")
"""One channel of which no band is coded, and the end (ISO/IEC 14496-3, 4.4.2)."""
_FRAMES = 44
_UPRIGHT = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
"""The matrix that turns nothing."""


def box(name: bytes, *parts: bytes) -> bytes:
    """A box of four letters, with its size in front."""
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + name + data


def full(name: bytes, *parts: bytes) -> bytes:
    """A box with version and flags, all of them 0."""
    return box(name, bytes(4), *parts)


def avif() -> bytes:
    """Sixteen by sixteen pixels in one item, a key frame of AV1 (ISO/IEC 23008-12 and AV1's binding to it)."""
    frame = bytes.fromhex("0a0c000000019ff80344043406403213104a0008208210002039517fb87ff20630b5b4")
    beginning = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf")
    size = len(_items(0, len(frame)))
    return beginning + _items(len(beginning) + size + 8, len(frame)) + box(b"mdat", frame)


def _items(at: int, size: int) -> bytes:
    """What says that the picture is `size` bytes at `at`, and how wide and high it is."""
    shape = box(b"ipco", full(b"ispe", struct.pack(">II", 16, 16)), box(b"av1C", bytes.fromhex("81000c00")))
    uses = full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 1, 0x82))
    entry = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"av01\0")
    return full(
        b"meta",
        full(b"hdlr", bytes(4), b"pict", bytes(12), b"\0"),
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, at, size)),
        full(b"iinf", struct.pack(">H", 1), entry),
        box(b"iprp", shape, uses),
    )


def m4a() -> bytes:
    """A second of silence: one track of AAC-LC with one channel (ISO/IEC 14496-14)."""
    beginning = box(b"ftyp", b"M4A ", bytes(4), b"M4A mp42isom")
    size = len(_movie(0))
    return beginning + _movie(len(beginning) + size + 8) + box(b"mdat", _SILENT_FRAME * _FRAMES)


def _movie(at: int) -> bytes:
    """What says that the frames are at `at`, one behind the other, and how long they last."""
    lasts = struct.pack(">II", _RATE, _FRAMES * _SAMPLES)
    head = full(b"mvhd", bytes(8), lasts, struct.pack(">IH10x", 1 << 16, 1 << 8), _UPRIGHT, bytes(24), b"\0\0\0\2")
    shown = box(b"tkhd", struct.pack(">I8xI4xI12xH2x", 7, 1, _FRAMES * _SAMPLES, 1 << 8), _UPRIGHT, bytes(8))
    here = box(b"dinf", full(b"dref", struct.pack(">I", 1), box(b"url ", b"\0\0\0\1")))
    media = box(
        b"mdia",
        full(b"mdhd", bytes(8), lasts, b"\x55\xc4\0\0"),
        full(b"hdlr", bytes(4), b"soun", bytes(12), b"\0"),
        box(b"minf", full(b"smhd", bytes(4)), here, _frames(at)),
    )
    return box(b"moov", head, box(b"trak", shown, media))


def _frames(at: int) -> bytes:
    """What is needed to read them, how many samples they hold, how long they are and where they begin."""
    coded = box(b"mp4a", struct.pack(">6xH8xHHIHH", 1, 1, 16, 0, _RATE, 0), _decoder())
    return box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), coded),
        full(b"stts", struct.pack(">III", 1, _FRAMES, _SAMPLES)),
        full(b"stsc", struct.pack(">IIII", 1, 1, _FRAMES, 1)),
        full(b"stsz", struct.pack(">II", len(_SILENT_FRAME), _FRAMES)),
        full(b"stco", struct.pack(">II", 1, at)),
    )


def _decoder() -> bytes:
    """AAC-LC, 44,100 Hz, one channel, in descriptors one inside the other (ISO/IEC 14496-1, 7.2.6)."""
    config = _described(4, bytes.fromhex("4015"), bytes(11), _described(5, bytes.fromhex("1208")))
    return full(b"esds", _described(3, bytes(3), config, _described(6, b"\2")))


def _described(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return bytes([tag, len(data)]) + data
