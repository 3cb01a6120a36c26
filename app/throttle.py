"""How often a thing may be tried: every attempt is counted before a hash is computed, in the database.

The first attempts are free; then waits double from one minute to a quarter of an hour. At one guess a second, 10,000
guesses bring 19 to the hash. Attempts during a wait cost nothing and do not prolong it, so nobody waits longer than
15 minutes. A device and an address from which a name has logged in before have lanes of their own for that name:
strangers' guesses do not keep its owner out. That is OWASP's "device cookies"; a device is known by a number that its
cookie holds, and has another one after each log-in.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.errors import TooManyError
from app.models import Throttle

FREE_ATTEMPTS = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
"""A count that has rested this long begins again."""
KNOWN_FOR = timedelta(days=90)
"""How long a device or an address stays known for a name after the last attempt from it."""

_KNOWN = "known:"
_WITH_PORT = re.compile(r"\[([^]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An attempt that is not looked at: the next one is in `retry_after` seconds (1 to 900)."""

    retry_after: int

    @property
    def error(self) -> TooManyError:
        """The refusal as an error, to be raised when the transaction that found it has ended."""
        minutes = ceil(self.retry_after / 60)
        if minutes == 1:
            return TooManyError("Too many attempts; this one was not checked. Try again in 1 minute", self.retry_after)
        return TooManyError(
            "Too many attempts; this one was not checked. Try again in %(minutes)s minutes",
            self.retry_after,
            minutes=minutes,
        )


@dataclass(frozen=True, slots=True)
class Lanes:
    """The counts that one attempt adds to, by key. `own` begins again when the attempt was right."""

    own: str
    shared: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them."""
        return (self.own, *self.shared)


def log_in_lanes(session: Session, name_key: str, address: str, now: datetime, *, device: str = "") -> Lanes:
    """The lanes of a log-in: one of the pair where the device or else the address is known for the name, else one of
    each. An empty `device` is unknown.
    """
    for known in (_known_device(name_key, device), _known(name_key, address)):
        last_at = session.scalar(select(Throttle.last_at).where(Throttle.key == known))
        if last_at is not None and last_at > now - KNOWN_FOR:
            return Lanes(known)
    return Lanes(_key("name", name_key), (_key("address", _network(address)),))


def password_lanes(user_id: int) -> Lanes:
    """The lane of a logged-in learner who proves the password again."""
    return Lanes(_key("password", str(user_id)))


def count_attempt(session: Session, lanes: Lanes, now: datetime) -> Refusal | None:
    """Count an attempt in all its lanes, or refuse it and count nothing. Commit before the hash is computed."""
    rows = _rows(session, lanes, now)
    wait = max(_wait(row, now) for row in rows)
    if wait:
        return Refusal(ceil(wait.total_seconds()))
    for row in rows:
        row.failures += 1
        row.last_at = now
        row.blocked_until = _blocked_until(row.failures, now)
    session.add_all(rows)
    session.flush()
    return None


def attempt_was_right(session: Session, lanes: Lanes) -> None:
    """Begin the attempt's own count again; of the shared ones take back this attempt and none of those before it."""
    session.execute(delete(Throttle).where(Throttle.key == lanes.own))
    session.execute(
        update(Throttle)
        .where(Throttle.key.in_(lanes.shared), Throttle.failures > 0)
        .values(failures=Throttle.failures - 1, blocked_until=None)
    )


def know_device(session: Session, name_key: str, device: str, now: datetime) -> None:
    """Give a device a lane of its own for this name, empty."""
    session.merge(Throttle(key=_known_device(name_key, device), failures=0, last_at=now, blocked_until=None))


def know_address(session: Session, name_key: str, address: str, now: datetime) -> None:
    """Give the address a lane of its own for this name, empty, and sweep out what is forgotten anyway."""
    session.merge(Throttle(key=_known(name_key, address), failures=0, last_at=now, blocked_until=None))
    is_known = Throttle.key.startswith(_KNOWN)
    session.execute(delete(Throttle).where(~is_known, Throttle.last_at < now - FORGOTTEN_AFTER))
    session.execute(delete(Throttle).where(is_known, Throttle.last_at < now - KNOWN_FOR))


def forget_account(session: Session, user_id: int, name_key: str) -> None:
    """Drop every count that belongs to an account."""
    session.execute(delete(Throttle).where(Throttle.key.in_(password_lanes(user_id).keys)))
    forget_name(session, name_key)


def forget_name(session: Session, name_key: str) -> None:
    """Drop the counts of log-ins under a name; those of its account's password stay."""
    session.execute(delete(Throttle).where(Throttle.key == _key("name", name_key)))
    session.execute(delete(Throttle).where(Throttle.key.startswith(_key("known", name_key))))


def wait_after(attempts: int) -> timedelta:
    """How long the next attempt is not looked at after so many that were."""
    over = attempts - FREE_ATTEMPTS
    return timedelta(0) if over < 0 else min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT)


def _rows(session: Session, lanes: Lanes, now: datetime) -> list[Throttle]:
    """The lanes' rows, locked until the transaction ends; those not there yet are made, those that rested empty."""
    rows = {row.key: row for row in session.scalars(_of(lanes).with_for_update())}
    for key in lanes.keys:
        if key not in rows:
            rows[key] = Throttle(key=key, failures=0, last_at=now, blocked_until=None)
        elif rows[key].last_at < now - FORGOTTEN_AFTER:
            rows[key].failures = 0
    return list(rows.values())


def _of(lanes: Lanes) -> Select[Throttle]:
    return select(Throttle).where(Throttle.key.in_(lanes.keys)).execution_options(populate_existing=True)


def _wait(row: Throttle, now: datetime) -> timedelta:
    """How long the lane is still closed; a wait longer than any that is given comes from a clock that was set back."""
    wait = (row.blocked_until or now) - now
    return wait if timedelta(0) < wait <= LONGEST_WAIT else timedelta(0)


def _blocked_until(attempts: int, now: datetime) -> datetime | None:
    wait = wait_after(attempts)
    return now + wait if wait else None


def _known(name_key: str, address: str) -> str:
    return f"{_key('known', name_key)}:{_digest(_network(address))}"


def _known_device(name_key: str, device: str) -> str:
    return f"{_key('known', name_key)}:device:{_digest(device)}"


def _key(kind: str, value: str) -> str:
    """Hashed: people type passwords into name fields, and names of any length."""
    return f"{kind}:{_digest(value)}"


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _bare(address: str) -> str:
    """An address as some proxies tell it, with the port of the connection, without that."""
    found = _WITH_PORT.fullmatch(address)
    return address if found is None else found[1] or found[2]


def _network(address: str) -> str:
    """What one household or attacker holds: an IPv4 address, or the /64 around an IPv6 one (RFC 6177)."""
    try:
        found = ip_address(_bare(address).partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), 64), strict=False))
