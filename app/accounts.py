"""Accounts: made, renamed, given another password, listed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import logins, throttle
from app.config import time_zone as checked_time_zone
from app.db import Database
from app.errors import NotFoundError, OboegakiError, RefusedError, StaleError
from app.languages import LANGUAGES
from app.learner import DEFAULT_NEW_PER_DAY, Learner
from app.models import Login, User
from app.names import checked_name, name_key
from app.passwords import HASHER, Hasher, PasswordHash, checked_password
from app.srs.study_day import DEFAULT_DAY_START


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the list of accounts; `seen_at` is None where no device is logged in."""

    name: str
    is_admin: bool
    created_at: datetime
    seen_at: datetime | None
    logins: int


def add_user(
    session: Session,
    name: str,
    password: PasswordHash,
    *,
    is_admin: bool,
    time_zone: str,
    language: str,
    now: datetime,
) -> Learner:
    """A new account with the habits of the defaults; raises OboegakiError for what it may not have."""
    name = checked_name(name)
    user = User(
        name=name,
        name_key=name_key(name),
        password_hash=password,
        time_zone=known_time_zone(time_zone),
        day_start=DEFAULT_DAY_START,
        new_per_day=DEFAULT_NEW_PER_DAY,
        reviews_per_day=None,
        language=known_language(language),
        theme="",
        full_scale=False,
        is_admin=is_admin,
        created_at=now,
        closed_at=None,
    )
    session.add(user)
    _flush_name(session, name)
    return logins.learner_of(user)


def rename(session: Session, learner: Learner, name: str) -> Learner:
    """Give the account another name; logins and progress stay. Raises OboegakiError for a name it may not have."""
    name = checked_name(name)
    user = row_of(session, learner)
    if user.name_key != name_key(name):
        throttle.forget_name(session, user.name_key)
    user.name, user.name_key = name, name_key(name)
    _flush_name(session, name)
    return logins.learner_of(user)


def change_password(
    database: Database,
    learner: Learner,
    old: str,
    new: str,
    *,
    keep_login_id: int,
    now: datetime,
    hasher: Hasher = HASHER,
) -> str:
    """Replace the learner's password and end all other logins; the token that the kept one has from now on.

    In transactions of its own; a copy of the kept login's former token opens nothing afterwards.

    Raises OboegakiError for a password that is not taken, TooManyError after too many attempts, RefusedError when
    `old` is wrong: the attempt is counted before the hash is computed, and nobody waits for the hash.
    """
    checked_password(new, learner.name)
    lanes = throttle.password_lanes(learner.id)
    with database.writing() as session:
        refusal = throttle.count_attempt(session, lanes, now)
    if refusal is not None:
        raise refusal.error
    with database.reading() as session:
        kept = session.scalar(select(User.password_hash).where(User.id == learner.id))
    if not hasher.matches(kept, old):
        raise RefusedError("The present password is wrong; nothing was changed. Type it again")
    replacement = hasher.hash(new)
    with database.writing() as session:
        _replace_password(session, learner.id, kept, replacement)
        logins.end_other_logins(session, learner.id, keep_login_id)
        throttle.attempt_was_right(session, lanes)
        return logins.renew_login(session, keep_login_id)


def set_password(session: Session, name: str, password: PasswordHash) -> None:
    """Give an account another password, as its administrator may, and end all its logins.

    Raises NotFoundError for an unknown name.
    """
    user = session.get_one(User, id_of(session, name))
    user.password_hash = password
    logins.end_logins(session, user.id)
    throttle.forget_account(session, user.id, user.name_key)


def list_users(session: Session, now: datetime) -> list[Account]:
    """All accounts by name, with when one of their devices was last seen and how many are logged in."""
    live = func.count(Login.id).filter(Login.expires_at > now)
    statement = (
        select(User.name, User.is_admin, User.created_at, func.max(Login.seen_at), live)
        .join(Login, Login.user_id == User.id, isouter=True)
        .where(User.closed_at.is_(None))
        .group_by(User.id)
        .order_by(User.name_key)
    )
    return [Account(*row) for row in session.execute(statement)]


def row_of(session: Session, learner: Learner) -> User:
    """The learner's account, to be changed; raises NotFoundError when it was deleted in the meantime."""
    user = session.get(User, learner.id)
    if user is None:
        raise NotFoundError("This account was deleted in the meantime; nothing was changed")
    return user


def known_time_zone(time_zone: str) -> str:
    """`time_zone` if there is one of that name, else OboegakiError."""
    try:
        return checked_time_zone(time_zone)
    except ValueError:
        raise OboegakiError(
            'There is no time zone "%(time_zone)s"; use a name such as Asia/Tokyo', time_zone=time_zone
        ) from None


def known_language(language: str) -> str:
    """`language` if pages are written in it, "" for what the browser asks for; else OboegakiError."""
    if language and language not in LANGUAGES:
        raise OboegakiError(
            'There are no pages in the language "%(language)s"; use "en", "ja", or "" for what the browser asks for',
            language=language,
        )
    return language


def _flush_name(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise OboegakiError('There is an account "%(name)s" already; choose another name', name=name) from None


def _replace_password(session: Session, user_id: int, kept: str | None, replacement: PasswordHash) -> None:
    """Write the new hash over the one that was proven, and over no other."""
    changed = session.execute(
        update(User)
        .where(User.id == user_id, User.password_hash == kept)
        .values(password_hash=replacement)
        .returning(User.id)
    ).all()
    if not changed:
        raise StaleError("The password was changed on another device in the meantime; this change was not made")


def id_of(session: Session, name: str) -> int:
    """The id of the account of this name; raises NotFoundError where there is none."""
    found = session.scalar(select(User.id).where(User.name_key == name_key(name), User.closed_at.is_(None)))
    if found is None:
        raise NotFoundError(
            'There is no account "%(name)s"; "oboegaki user list" shows the names of all accounts', name=name
        )
    return found
