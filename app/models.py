"""The tables. Content (decks, notes, cards) and progress (schedules, reviews) are apart: one text, several learners.

Times are UTC; `due`, `study_day` and the other days are calendar dates of the learner. Easiness is in hundredths.
The triggers that keep `reviews` append-only stand in the migrations.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: it could be anybody's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone; everything in it is UTC."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """All tables, with names for their constraints that every database agrees on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        str: Text(),
        datetime: UTCDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(none_as_null=True),
    }


class User(Base):
    """An account. `name_key` is the name as it is compared: NFKC, case-folded."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("day_start BETWEEN 0 AND 23", name="day_start"),
        CheckConstraint("new_per_day >= 0", name="new_per_day"),
        CheckConstraint("reviews_per_day >= 1", name="reviews_per_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    time_zone: Mapped[str]
    day_start: Mapped[int]
    new_per_day: Mapped[int]
    reviews_per_day: Mapped[int | None]
    """None: every card that is due is shown on its day."""
    language: Mapped[str]
    """"" follows the browser."""
    theme: Mapped[str]
    """"" follows the device."""
    full_scale: Mapped[bool]
    """Whether all six grades are offered instead of four buttons."""
    is_admin: Mapped[bool]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Set in the transaction that deletes the account: only then may its reviews go."""


class Login(Base):
    """A login on one device; the token itself is only in the device's cookie."""

    __tablename__ = "logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    device: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SetupCode(Base):
    """The one-time code for the first account, hashed; gone with its use."""

    __tablename__ = "setup_codes"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Throttle(Base):
    """How often a thing was tried lately, for one name or one address."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class Deck(Base):
    """A deck, made by one deck file; without a file it only holds the decks below it.

    `digest` is the hash of the file as imported. `held` is the hash of a file whose import was undone: imports
    that nobody asked for leave it alone until it changes.
    """

    __tablename__ = "decks"
    __table_args__ = (
        Index(
            "uq_decks_library_path",
            "path",
            unique=True,
            sqlite_where=text("owner_id IS NULL"),
            postgresql_where=text("owner_id IS NULL"),
        ),
        Index(
            "uq_decks_owner_path",
            "owner_id",
            "path",
            unique=True,
            sqlite_where=text("owner_id IS NOT NULL"),
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index("ix_decks_position", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: the shared library, open to every account."""
    path: Mapped[str]
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
        Index(
            "ix_notes_text_key",
            "text_key",
            sqlite_where=text("retired_at IS NOT NULL"),
            postgresql_where=text("retired_at IS NOT NULL"),
        ),
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


class ImportMedium(Base):
    """What an import's undo would bring back: kept for it, though no deck shows it any more."""

    __tablename__ = "import_media"
    __table_args__ = (Index("ix_import_media_sha256", "sha256"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(ForeignKey("media.sha256"), primary_key=True)


class Card(Base):
    """One question and answer. `ordinal` is its identity within the note and is never given to another card."""

    __tablename__ = "cards"
    __table_args__ = (
        CheckConstraint("ordinal >= 1", name="ordinal"),
        Index("uq_cards_note_ordinal", "note_id", "ordinal", unique=True),
        Index(
            "ix_cards_deck_position",
            "deck_id",
            "position",
            sqlite_where=text("position IS NOT NULL"),
            postgresql_where=text("position IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"))
    ordinal: Mapped[int]
    position: Mapped[int | None]
    """Place in the deck's file order; None: retired with its note or its deletion."""


_QUEUED_SQLITE = text("due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0")
_QUEUED = text("due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended")


class Schedule(Base):
    """A learner's schedule for a card. No row: the card is new. Replay of the reviews gives the same row.

    `deck_id` repeats the card's deck so that a queue is one range of an index; None while the card is retired.
    `suspended`, `buried_until` and `marked` are the learner's word and not derived.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("repetitions >= 0", name="repetitions"),
        CheckConstraint("interval BETWEEN 0 AND 36500", name="interval"),
        CheckConstraint("easiness >= 130", name="easiness"),
        CheckConstraint("lapses >= 0", name="lapses"),
        CheckConstraint("(due IS NULL) = (interval = 0)", name="new"),
        Index(
            "ix_schedules_due",
            "user_id",
            "due",
            "card_id",
            "deck_id",
            "buried_until",
            sqlite_where=_QUEUED_SQLITE,
            postgresql_where=_QUEUED,
        ),
        Index(
            "ix_schedules_deck_due",
            "user_id",
            "deck_id",
            "due",
            "card_id",
            "buried_until",
            sqlite_where=_QUEUED_SQLITE,
            postgresql_where=_QUEUED,
        ),
        Index(
            "ix_schedules_repeat",
            "user_id",
            "repeat_on",
            "answered_at",
            sqlite_where=text("repeat_on IS NOT NULL"),
            postgresql_where=text("repeat_on IS NOT NULL"),
        ),
        Index(
            "ix_schedules_introduced",
            "user_id",
            "introduced_on",
            sqlite_where=text("introduced_on IS NOT NULL"),
            postgresql_where=text("introduced_on IS NOT NULL"),
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"), primary_key=True, index=True)
    deck_id: Mapped[int | None] = mapped_column(ForeignKey("decks.id"))
    repetitions: Mapped[int]
    interval: Mapped[int]
    easiness: Mapped[int]
    due: Mapped[date | None]
    repeat_on: Mapped[date | None]
    lapses: Mapped[int]
    introduced_on: Mapped[date | None]
    reviewed_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    revision: Mapped[int]
    """How many reviews of the card the log holds: a page made before the last one is stale."""
    suspended: Mapped[bool]
    buried_until: Mapped[date | None]
    marked: Mapped[bool]


class Review(Base):
    """One line of the log: a grade, an undo or a reset. Append-only by trigger."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("kind IN ('grade', 'undo', 'reset')", name="kind"),
        CheckConstraint("(kind = 'grade') = (grade IS NOT NULL)", name="grade_given"),
        CheckConstraint("grade BETWEEN 0 AND 5", name="grade"),
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undoes"),
        CheckConstraint("took_ms >= 0", name="took_ms"),
        Index("ix_reviews_card", "user_id", "card_id", "answered_at"),
        Index("ix_reviews_study_day", "user_id", "study_day", "answered_at"),
        Index(
            "ix_reviews_undoes",
            "undoes",
            sqlite_where=text("undoes IS NOT NULL"),
            postgresql_where=text("undoes IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"))
    kind: Mapped[str]
    grade: Mapped[int | None]
    undoes: Mapped[UUID | None]
    answered_at: Mapped[datetime]
    study_day: Mapped[date]
    took_ms: Mapped[int]
    received_at: Mapped[datetime]


class NewCursor(Base):
    """Where a learner's new cards of a deck begin: no card before `position` is new. Derived; 0 is always right."""

    __tablename__ = "new_cursors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    deck_id: Mapped[int] = mapped_column(ForeignKey("decks.id"), primary_key=True)
    position: Mapped[int]


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


class Rendering(Base):
    """A text as HTML, kept by the hash of text and renderer. Derived: may be emptied at any time."""

    __tablename__ = "renderings"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    renderer: Mapped[str]
    html: Mapped[str]
