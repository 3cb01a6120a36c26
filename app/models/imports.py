"""Imports: what each of them changed and would bring back, so that it can be undone as a whole."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Import(Base):
    """One import: what it read, what it said, and whether it was taken back."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who asked for it; None: the server itself."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whose decks it changed; None: the shared library."""
    root: Mapped[str]
    report: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]


class ImportChange(Base):
    """What one import changed: the row as it was before, or None where the import made it."""

    __tablename__ = "import_changes"
    __table_args__ = (Index("ix_import_changes_import", "import_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    deck_id: Mapped[int | None] = mapped_column(ForeignKey("decks.id"))
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    before: Mapped[dict[str, Any] | None]


class ImportMedium(Base):
    """What an import's undo would bring back: kept for it, though no deck shows it any more."""

    __tablename__ = "import_media"
    __table_args__ = (Index("ix_import_media_sha256", "sha256"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(ForeignKey("media.sha256"), primary_key=True)
