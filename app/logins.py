"""Logins: one for each device, ended on the server, found by the hash of a token that only the device holds."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.learner import Learner
from app.models import Login, User
from app.prepared import Handle, Prepared

LIFETIME = timedelta(days=90)
"""A login not used for this long is over."""
SEEN_EVERY = timedelta(minutes=10)
"""A login's use is written down no more often than this."""

_TOKEN_BYTES = 32

_FIND = Prepared(
    select(
        Login.id.label("login_id"),
        Login.seen_at,
        User.id,
        User.name,
        User.time_zone,
        User.day_start,
        User.new_per_day,
        User.reviews_per_day,
        User.language,
        User.theme,
        User.full_scale,
        User.is_admin,
    )
    .join(User, User.id == Login.user_id)
    .where(Login.token_hash == bindparam("token_hash"), Login.expires_at > bindparam("now"), User.closed_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Found:
    """A request's login and whose it is."""

    login_id: int
    seen_at: datetime
    learner: Learner

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether the login was last noted so long ago that an unsafe request calls `note_seen`."""
        return now - self.seen_at >= SEEN_EVERY


@dataclass(frozen=True, slots=True)
class Device:
    """A login as its learner sees it in the list; `label` is "" for an unknown device."""

    login_id: int
    label: str
    created_at: datetime
    seen_at: datetime


def make_login(session: Session, user_id: int, device: str, now: datetime) -> str:
    """A new login of the account, and the token (256 bits) that only the device will hold."""
    session.execute(delete(Login).where(Login.expires_at <= now))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        Login(
            user_id=user_id,
            token_hash=_hash(token),
            device=device,
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return token


def find_login(session: Handle, token: str, now: datetime) -> Found | None:
    """The live login whose token this is, in one statement that changes nothing."""
    row = _FIND.first(session, {"token_hash": _hash(token), "now": now})
    if row is None:
        return None
    return Found(row.login_id, row.seen_at, learner_of(row))


def learner_of(row: Any) -> Learner:
    """The learner that a row with the columns of `users` is."""
    return Learner(
        id=row.id,
        name=row.name,
        time_zone=row.time_zone,
        day_start=row.day_start,
        new_per_day=row.new_per_day,
        reviews_per_day=row.reviews_per_day,
        language=row.language,
        theme=row.theme,
        full_scale=row.full_scale,
        is_admin=row.is_admin,
    )


def note_seen(session: Session, login_id: int, now: datetime) -> None:
    """Write down that the login was used, which puts off its end. Only for unsafe requests: a GET changes nothing."""
    session.execute(update(Login).where(Login.id == login_id).values(seen_at=now, expires_at=now + LIFETIME))


def list_logins(session: Session, learner: Learner, now: datetime) -> list[Device]:
    """The learner's live logins, the last used first."""
    statement = (
        select(Login)
        .where(Login.user_id == learner.id, Login.expires_at > now)
        .order_by(Login.seen_at.desc(), Login.id.desc())
    )
    return [Device(row.id, row.device, row.created_at, row.seen_at) for row in session.scalars(statement)]


def end_login(session: Session, learner: Learner, login_id: int) -> None:
    """End one login of the learner; raises NotFoundError for one that is over or somebody else's."""
    ended = session.execute(
        delete(Login).where(Login.id == login_id, Login.user_id == learner.id).returning(Login.id)
    ).all()
    if not ended:
        raise NotFoundError("There is no such login; it may have ended already. Look at the list of devices again")


def log_out(session: Session, token: str) -> None:
    """End the login whose token this is; one that is over already stays over."""
    session.execute(delete(Login).where(Login.token_hash == _hash(token)))


def renew_login(session: Session, login_id: int) -> str:
    """Another token for a login: what its device held before, and whoever copied it, is out."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.execute(update(Login).where(Login.id == login_id).values(token_hash=_hash(token)))
    return token


def end_other_logins(session: Session, user_id: int, keep_login_id: int) -> None:
    """End all logins of the account but one."""
    session.execute(delete(Login).where(Login.user_id == user_id, Login.id != keep_login_id))


def end_logins(session: Session, user_id: int) -> None:
    """End all logins of the account."""
    session.execute(delete(Login).where(Login.user_id == user_id))


def end_every_login(session: Session) -> None:
    """End all logins of all accounts: after a restore those that were ended since the backup would live again."""
    session.execute(delete(Login))


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
