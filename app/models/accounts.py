"""Accounts: who they are, where they are logged in, and what keeps strangers out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


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
