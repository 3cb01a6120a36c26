"""Passwords: which ones are taken, and how they are kept.

Length and comparison with a list of common ones, and no rules about the kinds of characters, as NIST SP 800-63B has
it. Kept as Argon2id with the lowest parameters that OWASP's Password Storage Cheat Sheet allows.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NewType

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import OboegakiError
from app.names import name_key

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
PasswordHash = NewType("PasswordHash", str)
"""A password as it is kept: a PHC string with its own salt."""
PRODUCT_NAMES = frozenset({"oboegaki", "覚え書き", "おぼえがき", "オボエガキ"})


@dataclass(frozen=True)
class Hasher:
    """Argon2id with one lane; a hash made with other parameters than these counts as outdated."""

    time_cost: int = 2
    memory_kib: int = 19 * 1024

    def hash(self, password: str) -> PasswordHash:
        """The password as it is kept."""
        return PasswordHash(self._argon2.hash(_bytes(password)))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether `kept` is a hash of `password`. None, for a name without an account, takes as long to say no."""
        stand_in = self.of_nobody  # made at the first log-in of a process, whether it is for a known name or not
        try:
            self._argon2.verify(stand_in if kept is None else kept, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters and is to be made again."""
        return self._argon2.check_needs_rehash(kept)

    @cached_property
    def _argon2(self) -> PasswordHasher:
        return PasswordHasher(self.time_cost, self.memory_kib, parallelism=1, type=Type.ID)

    @cached_property
    def of_nobody(self) -> str:
        """The hash that stands in for that of a name without an account: no password that is taken matches it."""
        return self._argon2.hash(b"")


HASHER = Hasher()
"""The hasher of a running server; tests pass a cheaper one."""


def checked_password(password: str, name: str) -> str:
    """`password` if the account `name` may have it: 8 to 1,024 characters, not a common one; else OboegakiError."""
    length = len(_normal(password))
    if length < SHORTEST_PASSWORD:
        raise OboegakiError(
            "The password is shorter than %(shortest)s characters; several words make a good one",
            shortest=SHORTEST_PASSWORD,
        )
    if length > LONGEST_PASSWORD:
        raise OboegakiError("The password is longer than %(longest)s characters", longest=LONGEST_PASSWORD)
    key = name_key(password)
    if key in PRODUCT_NAMES or key == name_key(name):
        raise OboegakiError("The password is the name of the account or of this program; use several words instead")
    if _is_common(key):
        raise OboegakiError("The password is one of the first that guessers try; use several words instead")
    return password


def hashed(password: str, name: str, hasher: Hasher = HASHER) -> PasswordHash:
    """The hash of a password that the account `name` may have; raises OboegakiError for another.

    It takes a while, so it is made before the transaction that writes it: nobody waits for it.
    """
    return hasher.hash(checked_password(password, name))


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _normal(password: str) -> str:
    """One form for what keyboards send in several (NIST SP 800-63B, 3.1.1.2); nothing allowed is cut off."""
    return unicodedata.normalize("NFKC", password[: LONGEST_PASSWORD + 1])


def _is_common(key: str) -> bool:
    """Whether the 30,000 commonest passwords, names and frequent words of zxcvbn's lists have `key`."""
    return re.search(rf'[",]{re.escape(key)}[",]', _common_passwords()) is not None


def _common_passwords() -> str:
    """The text of zxcvbn's lists. Imported, they would take 13 MB of every worker for good; read, they take none."""
    package = find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("zxcvbn is not installed")
    return Path(package.origin).with_name("frequency_lists.py").read_text("utf-8")
