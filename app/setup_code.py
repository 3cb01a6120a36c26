"""The one-time code for the first account: printed where only the server's owner reads, dead with its use."""

import secrets
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import add_user
from app.errors import RefusedError
from app.learner import Learner
from app.models import SetupCode, User
from app.passwords import HASHER, Hasher, hashed

_CODE_BYTES = 16


def is_claimed(session: Session) -> bool:
    """Whether the server has an account."""
    return session.scalar(select(User.id).where(User.closed_at.is_(None)).limit(1)) is not None


def issue_setup_code(session: Session, now: datetime) -> str | None:
    """A new code (128 bits as 32 hexadecimal digits) in place of the former one; None when there is an account."""
    session.execute(delete(SetupCode))
    if is_claimed(session):
        return None
    code = secrets.token_hex(_CODE_BYTES)
    session.add(SetupCode(code_hash=_hash(code), created_at=now))
    session.flush()
    return code


def told(page: str, code: str) -> str:
    """The line of the log that tells the code: the link to the set-up page, whose address is `page`."""
    return f"Set up the first account: {page}?code={code}"


def claim_server(
    session: Session,
    code: str,
    name: str,
    password: str,
    time_zone: str,
    language: str,
    now: datetime,
    hasher: Hasher = HASHER,
) -> Learner:
    """Make the first account, an administrator. Of two claims at once one wins: the code is gone for the other.

    Raises RefusedError for a code that is wrong or used, OboegakiError for a name or password that is not taken;
    the code lives on then, since nothing is committed.
    """
    used = session.execute(delete(SetupCode).where(SetupCode.code_hash == _hash(code)).returning(SetupCode.created_at))
    if not used.all() or is_claimed(session):
        raise _refused(session)
    kept = hashed(password, name, hasher)  # not before the code is right: a guess costs no hash
    return add_user(session, name, kept, is_admin=True, time_zone=time_zone, language=language, now=now)


def _refused(session: Session) -> RefusedError:
    if is_claimed(session):
        return RefusedError("This server has its first account already; log in, or ask its administrator for one")
    return RefusedError(
        "The set-up code is wrong or was replaced by a later one; the one that holds is the last that "
        '"make run" printed; in a container, "docker compose logs app" shows it'
    )


def _hash(code: str) -> bytes:
    return sha256(code.strip().lower().encode("utf-8", "surrogatepass")).digest()
