"""Passwords: what a wrong name costs, how they are kept, which are taken.

That known and unknown names take the same time is counted in work and measured in the processor's own time, which
other programs on the machine do not add to. The drill is shown able to fail: without the hash that stands in for that
of an unknown name, the two are told apart at once.
"""

from collections.abc import Callable
from statistics import median
from time import process_time

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from sqlalchemy import event, select, update
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app import clock, log_in
from app.db import Database
from app.errors import OboegakiError
from app.models import Throttle, User
from app.passwords import HASHER, Hasher, checked_password
from tests.drills.world import Visitor, World
from tests.entrance import PASSWORD

LEAST_KIB = 19 * 1024
SAME = 1.25
"""One median is called the same as another up to this ratio; without a hash it is six."""


def kept_by(database: Database, name: str) -> str:
    """The hash that the database holds."""
    with database.reading() as session:
        return session.scalars(select(User.password_hash).where(User.name == name)).one()


def work_of(database: Database, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[object]]:
    """The statements and the hashes (by their parameters) that a wrong guess costs."""
    statements: list[str] = []
    hashes: list[object] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str | bytes) -> bool:
        hashes.append(extract_parameters(kept))
        return verify(self, kept, password)

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with monkeypatch.context() as patched:
        patched.setattr(PasswordHasher, "verify", counted)
        event.listen(database.engine, "before_cursor_execute", seen)
        guess(database, name)
        event.remove(database.engine, "before_cursor_execute", seen)
    return statements, hashes


def guess(database: Database, name: str) -> None:
    """A wrong guess, as the first of its kind: the counts are emptied before."""
    with database.writing() as session:
        session.query(Throttle).delete()
    with pytest.raises(OboegakiError, match="The name or the password is wrong"):
        log_in.log_in(database, name, "a wrong guess", address="203.0.113.1", user_agent="", now=clock.now())


def kept_as_new(database: Database) -> None:
    """Give the owner a hash with the parameters that hold now."""
    with database.writing() as session:
        session.execute(update(User).where(User.name == "hanako").values(password_hash=HASHER.hash(PASSWORD)))


def test_a_known_and_an_unknown_name_cost_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_as_new(world.database)
    guess(world.database, "nobody")
    known, unknown = (work_of(world.database, name, monkeypatch) for name in ("hanako", "nobody"))
    assert known == unknown
    assert len(known[1]) == 1


def times(database: Database, pairs: int) -> tuple[float, float]:
    """The medians of the processor's time for a known and an unknown name, taken in turn, in seconds."""
    spent: dict[str, list[float]] = {"hanako": [], "nobody": []}
    for name in list(spent) * (pairs + 1):
        begin = process_time()
        guess(database, name)
        spent[name].append(process_time() - begin)
    known, unknown = (median(found[1:]) for found in spent.values())
    return known, unknown


def are_told_apart(database: Database, pairs: int) -> bool:
    """Whether the time tells a known name from an unknown one."""
    kept_as_new(database)
    known, unknown = times(database, pairs)
    print(f"{pairs} guesses each: known {known * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms of processor time")
    return max(known, unknown) > SAME * min(known, unknown)


def test_a_known_and_an_unknown_name_take_the_same_time(world: World, full: bool) -> None:
    assert not all(are_told_apart(world.database, 200 if full else 15) for _ in range(3))


def test_the_drill_fails_when_no_hash_stands_in_for_an_unknown_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches: Callable[[Hasher, str | None, str], bool] = Hasher.matches
    monkeypatch.setattr(Hasher, "matches", lambda self, kept, typed: kept is not None and matches(self, kept, typed))
    assert are_told_apart(world.database, 5)


def entered(world: World, name: str) -> Visitor:
    """A browser that logged in by the form."""
    visitor = world.visitor(None)
    assert visitor.send("POST", "/log-in", {"name": name, "password": PASSWORD}).status_code == 302
    return Visitor(visitor.client, "/account")


@pytest.mark.parametrize("length", [64, 128])
@pytest.mark.parametrize("sign", ["a", " ", "é", "字", "👩", "\u0001", "\u202e", "\u0301", "\U0010ffff"])
def test_a_long_password_of_any_characters_is_kept_as_argon2id_and_opens(world: World, length: int, sign: str) -> None:
    """Changed through the page, kept with the parameters of OWASP, and the whole of it counts."""
    new = "k9" + sign * (length - 3) + "z"
    reply = entered(world, "taro").send("POST", "/account/password", {"old": PASSWORD, "new": new})
    found = extract_parameters(kept_by(world.database, "taro"))
    assert reply.status_code == 302
    assert (found.type, found.version) == (Type.ID, 19)
    assert found.memory_cost >= LEAST_KIB
    assert found.time_cost >= 2
    assert found.parallelism >= 1
    opened = [
        world.visitor(None).send("POST", "/log-in", {"name": "taro", "password": typed}).status_code
        for typed in (new[:-1], new)
    ]
    assert opened == [400, 302]


def test_a_hash_of_weaker_parameters_is_made_again_at_the_next_log_in(world: World) -> None:
    before = extract_parameters(kept_by(world.database, "taro"))
    entered(world, "taro")
    after = extract_parameters(kept_by(world.database, "taro"))
    assert (before.memory_cost, before.time_cost) == (8, 1)
    assert (after.memory_cost, after.time_cost) == (HASHER.memory_kib, HASHER.time_cost)


def taken(passwords: list[str]) -> list[str]:
    """Those of the passwords that an account may have."""
    found = []
    for password in passwords:
        try:
            found.append(checked_password(password, "hanako"))
        except OboegakiError:
            continue
    return found


def test_none_of_the_3000_commonest_passwords_is_taken_in_any_spelling() -> None:
    commonest = FREQUENCY_LISTS["passwords"][:3000]
    assert len(commonest) == 3000
    assert taken(commonest) == []
    assert taken([password.upper() for password in commonest]) == []


def test_the_drill_fails_when_the_list_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.passwords._is_common", lambda _key: False)
    assert len(taken(FREQUENCY_LISTS["passwords"][:3000])) > 800
