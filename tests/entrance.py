"""What tests of accounts share: a cheap hasher, a password that is taken, accounts that can log in."""

from datetime import datetime, timedelta

from app import accounts, log_in
from app.db import Database
from app.learner import Learner
from app.log_in import NewLogin
from app.passwords import Hasher
from tests import canaries
from tests.conftest import NOW

QUICK = Hasher(time_cost=1, memory_kib=8)
PASSWORD = "canary Zq7vKx by the river"
OTHER_PASSWORD = "canary Wb3hYt in the old pines"
"""Of the whole suite, and nothing else says these words: what servers write is searched for them."""
canaries.keep("password", PASSWORD)
canaries.keep("other password", OTHER_PASSWORD)
HOME = "198.51.100.7"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def add_account(database: Database, name: str, *, is_admin: bool = False, now: datetime = NOW) -> Learner:
    """An account with `PASSWORD`, committed."""
    with database.writing() as session:
        return accounts.add_user(
            session, name, QUICK.hash(PASSWORD), is_admin=is_admin, time_zone="UTC", language="", now=now
        )


def enter(
    database: Database, name: str, password: str = PASSWORD, *, address: str = HOME, now: datetime = NOW
) -> NewLogin:
    """Log in from Firefox at home."""
    return log_in.log_in(database, name, password, address=address, user_agent=FIREFOX, now=now, hasher=QUICK)


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)
