"""Pictures and sounds of notes: which kinds there are, who may see them, and when they go.

What a file is, is read from its first bytes and never from its name. SVG is none of the kinds: it is a document that
may hold scripts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.learner import Learner
from app.models import Deck, DeckMedium, ImportMedium, Medium
from app.prepared import Handle

LARGEST = 8 * 1024 * 1024
"""Bytes of one picture or sound."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".bmp")
SOUNDS = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".wav", ".flac")
SUFFIXES = PICTURES + SOUNDS
"""How files end that are taken for pictures and sounds; whether they are, their bytes say."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}
TYPES = frozenset({"image/webp", *_BRANDS.values(), *(kind for _, kind in _BEGINNINGS)})
"""The media types that are shown."""
_MPEG_SYNC, _LAYER, _LAYER_3 = 0xE0, 0x06, 0x02


class Found(NamedTuple):
    """A picture or sound as it is sent."""

    type: str
    bytes: bytes


def type_of(data: bytes) -> str | None:
    """The media type that the first bytes tell; None where it is none of the kinds that are shown."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    # An MP3 without tags begins with a frame: eleven bits set, then the layer (ISO/IEC 11172-3, 2.4.1.3).
    is_frame = len(data) > 1 and data[0] == 0xFF and data[1] & _MPEG_SYNC == _MPEG_SYNC
    return "audio/mpeg" if is_frame and data[1] & _LAYER == _LAYER_3 else None


def is_sound(name: str) -> bool:
    """Whether a page shows a player for a file of this name, and not a picture."""
    return name.lower().endswith(SOUNDS)


def is_shown(name: str, kind: str) -> bool:
    """Whether a file of this name is shown as what it is."""
    return kind.startswith("audio/") == is_sound(name)


def find(session: Session, learner: Learner, digest: bytes) -> Found:
    """A picture or sound that a deck of the library or of the learner's own shows; NotFoundError for all others."""
    row = session.execute(_VISIBLE, {"digest": digest, "user": learner.id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no such picture or sound; go back to Today and start from there")
    return Found(row.type, row.bytes)


def is_stored(session: Session, digest: bytes) -> bool:
    """Whether the bytes of this digest are in the database."""
    return session.execute(select(Medium.sha256).where(Medium.sha256 == digest)).first() is not None


def shown(session: Handle, deck_id: int, names: Sequence[str]) -> dict[str, bytes]:
    """The digests of what a deck's notes call by these names, as far as there is something to be shown."""
    rows = session.execute(_SHOWN, {"deck": deck_id, "names": list(names)})
    return {row.name: row.sha256 for row in rows}


def collect(session: Session) -> None:
    """Let go of what no deck shows and no undo of an import would bring back."""
    shown = exists().where(DeckMedium.sha256 == Medium.sha256)
    wanted_back = exists().where(ImportMedium.sha256 == Medium.sha256)
    session.execute(delete(Medium).where(~shown, ~wanted_back), execution_options={"synchronize_session": False})


_SHOWN = select(DeckMedium.name, DeckMedium.sha256).where(
    DeckMedium.deck_id == bindparam("deck"),
    DeckMedium.name.in_(bindparam("names", expanding=True)),
    DeckMedium.sha256.is_not(None),
)
_VISIBLE = select(Medium.type, Medium.bytes).where(
    Medium.sha256 == bindparam("digest"),
    exists().where(
        DeckMedium.sha256 == Medium.sha256,
        Deck.id == DeckMedium.deck_id,
        or_(Deck.owner_id.is_(None), Deck.owner_id == bindparam("user")),
    ),
)
