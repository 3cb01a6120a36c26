"""Whether accounts can be used, by their people and by nobody else."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.checking.fault import REPAIR, RESTORE, Fault
from app.logins import LIFETIME
from app.models import Login, User
from app.names import name_key


def faults(session: Session) -> Iterator[Fault]:
    """Accounts and logins that cannot be as they are."""
    for user_id, _key in wrong_name_keys(session):
        yield Fault(f"user {user_id}", "is filed under another name than its own and cannot log in", REPAIR)
    for user_id in session.scalars(select(User.id).where(User.closed_at.is_not(None))):
        yield Fault(f"user {user_id}", "is closed and was not deleted: its reviews are not protected", RESTORE)
    for login_id in stray_logins(session):
        yield Fault(f"login {login_id}", "belongs to a closed account, or does not end with its time", REPAIR)


def wrong_name_keys(session: Session) -> list[tuple[int, str]]:
    """Accounts whose name is compared as another, with the right key."""
    rows = session.execute(select(User.id, User.name, User.name_key)).all()
    return [(row.id, name_key(row.name)) for row in rows if row.name_key != name_key(row.name)]


def stray_logins(session: Session) -> list[int]:
    """Logins that would outlive their account, or the time since they were seen."""
    query = select(Login.id, Login.seen_at, Login.expires_at, User.closed_at).join(User, User.id == Login.user_id)
    rows = session.execute(query)
    return [row.id for row in rows if row.closed_at is not None or row.expires_at > row.seen_at + LIFETIME]
