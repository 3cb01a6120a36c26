"""Pictures and sounds for tests: the first bytes of each kind, each made another by what follows."""

PNG = b"\x89PNG\r\n\x1a\n"
FIRST_BYTES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "image/avif": b"\0\0\0\x1cftypavif",
    "audio/mpeg": b"ID3\4",
    "audio/ogg": b"OggS",
    "audio/mp4": b"\0\0\0\x1cftypM4A ",
}


def png(words: str = "") -> bytes:
    """A picture, as far as its first bytes tell."""
    return PNG + words.encode()
