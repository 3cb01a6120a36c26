"""How often a thing may be tried."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import throttle
from app.models import Throttle
from app.throttle import LONGEST_WAIT, Refusal
from tests.conftest import NOW
from tests.entrance import HOME, minutes

SECOND = timedelta(seconds=1)


def guess(session: Session, now: datetime, *, name: str = "hanako", address: str = "203.0.113.1") -> Refusal | None:
    """A guess that turns out wrong, unless it is refused."""
    lanes = throttle.log_in_lanes(session, name, address, now)
    return throttle.count_attempt(session, lanes, now)


def get_in(session: Session, now: datetime, *, name: str = "hanako", address: str = HOME) -> Refusal | None:
    """A log-in with the right password, unless it is refused."""
    lanes = throttle.log_in_lanes(session, name, address, now)
    refusal = throttle.count_attempt(session, lanes, now)
    if refusal is None:
        throttle.attempt_was_right(session, lanes)
        throttle.know_address(session, name, address, now)
    return refusal


def stranger(number: int) -> str:
    """One of 65,536 addresses."""
    return f"10.9.{number >> 8 & 255}.{number & 255}"


def test_five_attempts_are_free_and_the_sixth_waits_a_minute(session: Session) -> None:
    assert [guess(session, NOW) for _ in range(5)] == [None] * 5
    assert guess(session, NOW + 20 * SECOND) == Refusal(retry_after=40)
    assert guess(session, NOW + minutes(1)) is None


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [throttle.wait_after(attempts) for attempts in (0, 4, 5, 6, 7, 8, 9, 10, 5000)]
    assert waits == [minutes(number) for number in (0, 0, 1, 2, 4, 8, 15, 15, 15)]


def test_a_refusal_says_when_to_come_again() -> None:
    refused = Refusal(retry_after=61).error
    assert str(refused) == "Too many attempts; this one was not checked. Try again in 2 minutes"
    assert refused.retry_after == 61


def test_10000_guesses_at_one_name_from_10000_addresses_bring_at_most_20_to_the_hash(session: Session) -> None:
    """One guess a second. Without the count of names 10,000 would reach it."""
    reached = sum(guess(session, NOW + SECOND * number, address=stranger(number)) is None for number in range(10_000))
    assert 5 <= reached <= 20


def test_2000_guesses_at_many_names_from_one_address_bring_at_most_20_to_the_hash(session: Session) -> None:
    """One guess in five seconds. Without the count of addresses 2,000 would reach it."""
    pause = 5 * SECOND
    reached = sum(guess(session, NOW + pause * number, name=f"name {number}") is None for number in range(2000))
    assert 5 <= reached <= 20


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([0, 1, 30, 90, 600, 1200]), st.integers(0, 40)), min_size=1, max_size=80))
def test_whatever_strangers_do_the_owner_waits_15_minutes_at_most(
    session: Session, guesses: list[tuple[int, int]]
) -> None:
    with session.begin_nested() as undone:
        moment = NOW
        for pause, number in guesses:
            moment += timedelta(seconds=pause)
            guess(session, moment, address=stranger(number))
        refusal = get_in(session, moment)
        wait = timedelta(seconds=refusal.retry_after) if refusal else timedelta(0)
        assert wait <= LONGEST_WAIT
        assert refusal is None or get_in(session, moment + wait) is None
        undone.rollback()


def test_an_attack_that_goes_on_does_not_keep_the_owner_out_where_they_were_before(session: Session) -> None:
    assert get_in(session, NOW) is None
    for number in range(1000):
        moment = NOW + SECOND * number
        guess(session, moment, address=stranger(number))
        if number % 100 == 0:
            assert get_in(session, moment) is None


def test_attempts_during_a_wait_do_not_prolong_it(session: Session) -> None:
    for _ in range(5):
        guess(session, NOW)
    for number in range(1, 60):
        assert guess(session, NOW + SECOND * number) == Refusal(retry_after=60 - number)
    assert guess(session, NOW + minutes(1)) is None


def test_a_known_address_has_its_guesses_counted_too(session: Session) -> None:
    get_in(session, NOW)
    reached = [guess(session, NOW, address=HOME) for _ in range(10)]
    assert reached == [None] * 5 + [Refusal(retry_after=60)] * 5


def test_an_address_is_known_for_one_name_only(session: Session) -> None:
    get_in(session, NOW)
    for _ in range(5):
        guess(session, NOW, name="taro")
    assert guess(session, NOW, name="taro", address=HOME) == Refusal(retry_after=60)


def test_an_address_is_forgotten_after_90_days(session: Session) -> None:
    get_in(session, NOW)
    later = NOW + timedelta(days=90)
    for _ in range(5):
        guess(session, later)
    assert get_in(session, later) == Refusal(retry_after=60)


def test_the_right_password_begins_the_count_of_the_name_again(session: Session) -> None:
    for _ in range(4):
        guess(session, NOW)
    assert get_in(session, NOW) is None
    assert [guess(session, NOW, address=stranger(number)) for number in range(5)] == [None] * 5


def test_the_right_password_does_not_clear_what_its_address_did_to_other_names(session: Session) -> None:
    for number in range(4):
        guess(session, NOW, name=f"name {number}", address=HOME)
    assert get_in(session, NOW) is None
    assert guess(session, NOW, name="name 4", address=HOME) is None
    assert guess(session, NOW, name="name 5", address=HOME) == Refusal(retry_after=60)


def test_a_count_that_rested_for_a_day_begins_again(session: Session) -> None:
    for _ in range(5):
        guess(session, NOW)
    later = NOW + timedelta(days=1, seconds=1)
    assert [guess(session, later) for _ in range(5)] == [None] * 5


def test_a_clock_set_back_locks_nobody_out(session: Session) -> None:
    for _ in range(5):
        guess(session, NOW)
    assert guess(session, NOW - timedelta(days=365)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:2"), ("198.51.100.7", "::ffff:198.51.100.7"), ("fe80::1%eth0", "fe80::2%eth1")],
)
def test_addresses_that_one_household_holds_share_a_count(session: Session, one: str, other: str) -> None:
    for number in range(5):
        guess(session, NOW, name=f"name {number}", address=one)
    assert guess(session, NOW, name="name 5", address=other) == Refusal(retry_after=60)


def test_the_port_that_a_proxy_tells_makes_no_other_address(session: Session) -> None:
    told = [("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::1]:80", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1")]
    for with_port, without in told:
        lanes = [throttle.log_in_lanes(session, "hanako", address, NOW) for address in (with_port, without)]
        assert lanes[0] == lanes[1]


@pytest.mark.parametrize("other", ["2001:db8:0:1::1", "198.51.100.8", "unix:", ""])
def test_addresses_of_others_have_counts_of_their_own(session: Session, other: str) -> None:
    for number in range(5):
        guess(session, NOW, name=f"name {number}", address="2001:db8::1")
    assert guess(session, NOW, name="name 5", address=other) is None


def test_the_table_holds_neither_names_nor_addresses(session: Session) -> None:
    guess(session, NOW, name="a password typed into the wrong field", address=HOME)
    get_in(session, NOW, name="hanako")
    keys = session.scalars(select(Throttle.key)).all()
    assert len(keys) == 3
    assert not [key for key in keys if "password" in key or "hanako" in key or HOME in key]


def test_counts_that_rested_are_swept_out_with_the_next_login(session: Session) -> None:
    for number in range(50):
        guess(session, NOW, name=f"name {number}", address=stranger(number))
    get_in(session, NOW + timedelta(days=2))
    kinds = [key.partition(":")[0] for key in session.scalars(select(Throttle.key))]
    assert sorted(kinds) == ["address", "known"]


def test_the_counts_of_an_account_can_be_dropped(session: Session) -> None:
    get_in(session, NOW)
    guess(session, NOW)
    throttle.count_attempt(session, throttle.password_lanes(7), NOW)
    throttle.forget_account(session, 7, "hanako")
    kinds = {key.partition(":")[0] for key in session.scalars(select(Throttle.key))}
    assert kinds == {"address"}
