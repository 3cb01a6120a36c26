"""Content: decks, the notes in them, the cards that these make, and what they show. One text, several learners."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import BY_BYTES, Base, where


class Deck(Base):
    """A deck, made by one deck file; without a file it only holds the decks below it.

    `digest` is the hash of the file as imported. `held` is the hash of a file whose import was undone: imports
    that nobody asked for leave it alone until it changes.
    """

    __tablename__ = "decks"
    __table_args__ = (
        Index("uq_decks_library_path", "path", unique=True, **where("owner_id IS NULL")),
        Index("uq_decks_owner_path", "owner_id", "path", unique=True, **where("owner_id IS NOT NULL")),
        Index("ix_decks_position", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: the shared library, open to every account."""
    path: Mapped[str] = mapped_column(BY_BYTES)
    title: Mapped[str]
    language: Mapped[str]
    dialect: Mapped[str | None]
    file: Mapped[str | None]
    position: Mapped[int]
    """Order of study among all decks: the order of their files."""
    digest: Mapped[bytes | None]
    held: Mapped[bytes | None]
    problems: Mapped[list[Any]]
    retired_at: Mapped[datetime | None]
    """The file is gone and every note with it; the deck waits for its return."""


class Note(Base):
    """A note as written; an import retires it and never deletes it."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("kind IN ('basic', 'reversed', 'cloze')", name="kind"),
        Index("ix_notes_deck_position", "deck_id", "position"),
        Index("ix_notes_text_key", "text_key", **where("retired_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"))
    kind: Mapped[str]
    front: Mapped[str]
    back: Mapped[str]
    deletions: Mapped[list[Any] | None]
    """Of a cloze: [answer, start, card ordinal, hint] each."""
    gone_deletions: Mapped[list[Any] | None]
    """Deletions that were taken out, [answer, card ordinal] each: when one comes back, so does its card."""
    tags: Mapped[str]
    heading: Mapped[str]
    position: Mapped[int]
    line: Mapped[int]
    text_key: Mapped[int] = mapped_column(BigInteger)
    """64-bit hash of the text: the quick way from a text to the retired note that held it."""
    retired_at: Mapped[datetime | None]


class Card(Base):
    """One question and answer. `ordinal` is its identity within the note and is never given to another card."""

    __tablename__ = "cards"
    __table_args__ = (
        CheckConstraint("ordinal >= 1", name="ordinal"),
        Index("uq_cards_note_ordinal", "note_id", "ordinal", unique=True),
        Index("ix_cards_deck_position", "deck_id", "position", **where("position IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"))
    ordinal: Mapped[int]
    position: Mapped[int | None]
    """Place in the deck's file order; None: retired with its note or its deletion."""


class Medium(Base):
    """A picture or sound that notes show; the same bytes stand here once."""

    __tablename__ = "media"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    type: Mapped[str]
    """As the first bytes tell, one of those that `media.type_of` knows."""
    bytes: Mapped[bytes]


class DeckMedium(Base):
    """What a deck's notes call by which name; `sha256` is None where there is nothing to be shown."""

    __tablename__ = "deck_media"
    __table_args__ = (Index("ix_deck_media_sha256", "sha256"),)

    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    """As the notes write it, without percent signs: counted from the deck file."""
    sha256: Mapped[bytes | None] = mapped_column(ForeignKey("media.sha256"))


class Rendering(Base):
    """A text as HTML, kept by the hash of text and renderer. Derived: may be emptied at any time."""

    __tablename__ = "renderings"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    renderer: Mapped[str]
    html: Mapped[str]
