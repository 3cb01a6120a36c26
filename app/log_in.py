"""Logging in: the attempt is counted, the hash computed while the database is free for others, the login made."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import throttle
from app.db import Database
from app.devices import device_label
from app.errors import RefusedError
from app.learner import Learner
from app.logins import learner_of, make_login
from app.models import User
from app.names import name_key
from app.passwords import HASHER, Hasher
from app.throttle import Lanes

_DEVICE_BYTES = 16


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login just made: the token for the device's cookie, whose it is, and what the device is known by now."""

    token: str
    learner: Learner
    device: str = ""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Who wants in, and from where."""

    name_key: str
    address: str
    device: str
    user_agent: str
    now: datetime


def log_in(
    database: Database,
    name: str,
    password: str,
    *,
    address: str,
    user_agent: str,
    now: datetime,
    device: str = "",
    hasher: Hasher = HASHER,
) -> NewLogin:
    """A new login for the account `name`, in transactions of its own. `device`: what its last log-in made it known by.

    Raises TooManyError when name or address tried too often, RefusedError when name or password is wrong: which of
    the two, neither the sentence nor the time it takes tells. Both stand in the database before they are raised.
    """
    attempt = _Attempt(name_key(name), address, device, user_agent, now)
    lanes = _counted(database, attempt)
    kept = _password_hash(database, attempt.name_key)
    if not hasher.matches(kept, password) or kept is None:
        raise _wrong()
    renewed = hasher.hash(password) if hasher.is_outdated(kept) else kept
    with database.writing() as session:
        return _enter(session, attempt, lanes, kept, renewed)


def _counted(database: Database, attempt: _Attempt) -> Lanes:
    with database.writing() as session:
        lanes = throttle.log_in_lanes(session, attempt.name_key, attempt.address, attempt.now, device=attempt.device)
        refusal = throttle.count_attempt(session, lanes, attempt.now)
    if refusal is not None:
        raise refusal.error
    return lanes


def _password_hash(database: Database, key: str) -> str | None:
    with database.reading() as session:
        return session.scalar(select(User.password_hash).where(User.name_key == key, User.closed_at.is_(None)))


def _enter(session: Session, attempt: _Attempt, lanes: Lanes, kept: str, renewed: str) -> NewLogin:
    """Make the login, unless the password was changed while its hash was computed."""
    user = session.scalar(select(User).where(User.name_key == attempt.name_key, User.password_hash == kept))
    if user is None:
        raise _wrong()
    user.password_hash = renewed
    throttle.attempt_was_right(session, lanes)
    throttle.know_address(session, attempt.name_key, attempt.address, attempt.now)
    device = secrets.token_urlsafe(_DEVICE_BYTES)
    throttle.know_device(session, attempt.name_key, device, attempt.now)
    token = make_login(session, user.id, device_label(attempt.user_agent), attempt.now)
    return NewLogin(token, learner_of(user), device)


def _wrong() -> RefusedError:
    return RefusedError("The name or the password is wrong; check both and try again")
