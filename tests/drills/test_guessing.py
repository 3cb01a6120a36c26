"""Guessing passwords: of 10,000 guesses at most 20 reach the hash, and the owner gets in.

Guesses come one a second by a clock that the drill moves, with forged X-Forwarded-For and the name in other spellings;
or from one address at 10,000 names. What reaches the hash is counted at Argon2 itself. The drill is shown able to
fail: without the count, and with a server that believes X-Forwarded-For, more than 20 get through at once.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from argon2 import PasswordHasher

from app import throttle
from tests.conftest import NOW
from tests.drills.world import Made, Visitor, World
from tests.entrance import PASSWORD

MOST_HASHES = 20
LONGEST_LOCK = 15 * 60  # seconds
SPELLINGS = ("hanako", "HANAKO", " hanako ", "ｈａｎａｋｏ", "Hanako")


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the kept hash whenever a password is compared with one."""
    compared: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str | bytes) -> bool:
        compared.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    return compared


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until the drill moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def guess(visitor: Visitor, name: str, number: int, *, forged: str = "") -> tuple[int, int]:
    """One guess, with the addresses that it claims to come from; its status, and for how many seconds it must wait."""
    claimed = forged or f"203.0.{number // 250 % 250}.{number % 250}"
    reply = visitor.send("POST", "/log-in", {"name": name, "password": f"guess {number}"}, X_Forwarded_For=claimed)
    return reply.status_code, int(reply.headers.get("Retry-After", 0))


@pytest.fixture
def guesses(full: bool) -> int:
    """How many guesses the drill makes."""
    return 10_000 if full else 400


def test_of_guesses_at_one_name_at_most_20_reach_the_hash_and_no_wait_is_longer_than_15_minutes(
    world: World, clock: time_machine.Traveller, hashes: list[str], guesses: int
) -> None:
    visitor = world.visitor(None)
    replies = []
    for number in range(guesses):
        clock.shift(timedelta(seconds=1))
        replies.append(guess(visitor, SPELLINGS[number % len(SPELLINGS)], number))
    waits = [wait for _status, wait in replies]
    print(f"{guesses} guesses at one name: {len(hashes)} hashes, longest wait {max(waits)} s")
    assert len(hashes) == [status for status, _wait in replies].count(400) <= MOST_HASHES
    assert 0 < max(waits) <= LONGEST_LOCK
    assert all(after < before for before, after in pairwise(waits) if before and after)


def test_of_guesses_from_one_address_at_many_names_at_most_20_reach_the_hash(
    world: World, clock: time_machine.Traveller, hashes: list[str], guesses: int
) -> None:
    visitor = world.visitor(None)
    for number in range(guesses):
        clock.shift(timedelta(seconds=1))
        guess(visitor, f"name {number}", number)
    print(f"{guesses} guesses from one address: {len(hashes)} hashes")
    assert 0 < len(hashes) <= MOST_HASHES


def test_the_owner_gets_in_during_the_guessing_on_a_device_or_in_a_network_of_hers(
    world: World, clock: time_machine.Traveller, full: bool
) -> None:
    """For an hour; each five minutes she tries, from home on a new device and with her own device elsewhere."""
    attacker, owner = world.visitor(None), world.visitor(None)
    assert _enters(owner, "198.51.100.7")
    pace = 1 if full else 15
    for second in range(0, 3600, pace):
        clock.shift(timedelta(seconds=pace))
        guess(attacker, "hanako", second)
        if second % 300 == 0:
            assert _enters(world.visitor(None), "198.51.100.7"), f"not from home at second {second}"
            owner = _logged_out(owner)
            assert _enters(owner, f"192.0.2.{second // 300}"), f"not with her device at second {second}"


def _logged_out(visitor: Visitor) -> Visitor:
    assert Visitor(visitor.client, "/account").send("POST", "/log-out").status_code == 302
    return Visitor(visitor.client, "/log-in")


def test_a_device_that_is_known_for_one_name_is_not_for_another(world: World, clock: time_machine.Traveller) -> None:
    owner = world.visitor(None)
    assert _enters(owner, "198.51.100.7")
    stranger = _logged_out(owner)
    assert [guess(stranger, "taro", number)[0] for number in range(6)] == [400] * 5 + [429]


def test_a_device_planted_by_somebody_else_is_not_the_one_that_is_known_afterwards(
    world: World, clock: time_machine.Traveller
) -> None:
    """Who plants a cookie with a device in the owner's browser does not get a lane of hers by it."""
    attacker, owner = world.visitor(None), world.visitor(None)
    for visitor in (attacker, owner):
        with visitor.client.session_transaction() as session:
            session["device"] = "planted"
    assert _enters(owner, "198.51.100.7")
    assert [guess(attacker, "hanako", number)[0] for number in range(6)] == [400] * 5 + [429]
    with owner.client.session_transaction() as session:
        assert session["device"] != "planted"


def _enters(visitor: Visitor, address: str) -> bool:
    """Whether the owner's own password opens, sent from an address; she cannot forge it, this drill can."""
    fields = {"name": "hanako", "password": PASSWORD, "csrf_token": visitor.token}
    reply = visitor.client.post("/log-in", data=fields, environ_base={"REMOTE_ADDR": address})
    return reply.status_code == 302


def test_a_new_device_in_a_new_network_gets_in_when_its_wait_is_over(
    world: World, clock: time_machine.Traveller
) -> None:
    """The longest wait there is, and the owner comes when it is over."""
    attacker, owner = world.visitor(None), world.visitor(None)
    for number in range(12):
        clock.shift(timedelta(seconds=LONGEST_LOCK))
        assert guess(attacker, "hanako", number) == (400, 0)
    assert not _enters(owner, "192.0.2.1")
    clock.shift(timedelta(seconds=LONGEST_LOCK))
    assert _enters(owner, "192.0.2.1")


def test_the_drill_fails_when_attempts_are_not_counted(
    world: World, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "count_attempt", lambda *_counted: None)
    visitor = world.visitor(None)
    for number in range(MOST_HASHES + 1):
        guess(visitor, "hanako", number)
    assert len(hashes) > MOST_HASHES


def test_the_drill_fails_when_a_forged_address_is_believed(made_world: Made, tmp_path: Path, hashes: list[str]) -> None:
    believing = World(made_world, tmp_path / "believing", TRUSTED_PROXIES="1")
    visitor = believing.visitor(None)
    for number in range(MOST_HASHES + 1):
        guess(visitor, f"name {number}", number)
    believing.close()
    assert len(hashes) > MOST_HASHES


def test_behind_a_proxy_only_what_it_added_itself_is_believed(
    made_world: Made, tmp_path: Path, hashes: list[str]
) -> None:
    behind = World(made_world, tmp_path / "behind", TRUSTED_PROXIES="1")
    visitor = behind.visitor(None)
    for number in range(3 * MOST_HASHES):
        guess(visitor, f"name {number}", number, forged=f"203.0.113.{number}, 192.0.2.1")
    behind.close()
    assert 0 < len(hashes) <= MOST_HASHES
