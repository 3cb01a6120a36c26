"""Logging in: throttled, in one voice for every mistake, renewing old hashes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import extract_parameters
from sqlalchemy import select

from app import accounts, log_in, logins
from app.db import Database
from app.errors import OboegakiError, RefusedError, TooManyError
from app.models import Login, Throttle, User
from app.passwords import Hasher
from tests.conftest import NOW
from tests.entrance import FIREFOX, HOME, OTHER_PASSWORD, PASSWORD, QUICK, add_account, enter, minutes

WRONG = "The name or the password is wrong; check both and try again"


def refusal(database: Database, name: str, password: str, address: str = "203.0.113.1") -> str:
    """Why the log-in is refused."""
    with pytest.raises(OboegakiError) as refused:
        enter(database, name, password, address=address)
    return str(refused.value)


def test_the_right_password_makes_a_login_for_this_device(database: Database) -> None:
    learner = add_account(database, "Hanako")
    made = enter(database, "Hanako")
    with database.reading() as session:
        found = logins.find_login(session, made.token, NOW)
        labels = [device.label for device in logins.list_logins(session, learner, NOW)]
    assert made.learner == learner
    assert found is not None
    assert found.learner == learner
    assert labels == ["Firefox, Linux"]


@pytest.mark.parametrize("typed", ["hanako", " HANAKO ", "Ｈａｎａｋｏ"])
def test_a_name_may_be_typed_in_any_case_and_width(database: Database, typed: str) -> None:
    add_account(database, "Hanako")
    assert enter(database, typed).learner.name == "Hanako"


def test_each_log_in_has_a_login_of_its_own(database: Database) -> None:
    add_account(database, "hanako")
    assert enter(database, "hanako").token != enter(database, "hanako").token


@pytest.mark.parametrize(
    ("name", "password"),
    [("hanako", OTHER_PASSWORD), ("hanako", ""), ("taro", PASSWORD), ("", PASSWORD), ("\0", "\ud800")],
)
def test_a_mistake_is_told_without_which_of_the_two_was_wrong(database: Database, name: str, password: str) -> None:
    add_account(database, "hanako")
    with pytest.raises(RefusedError) as refused:
        enter(database, name, password)
    assert str(refused.value) == WRONG


@pytest.mark.parametrize("name", ["hanako", "nobody"])
def test_known_and_unknown_names_are_throttled_alike(database: Database, name: str) -> None:
    add_account(database, "hanako")
    sentences = [refusal(database, name, OTHER_PASSWORD) for _ in range(7)]
    assert sentences == [WRONG] * 5 + ["Too many attempts; this one was not checked. Try again in 1 minute"] * 2


def test_the_right_password_is_not_looked_at_during_a_wait(database: Database) -> None:
    add_account(database, "hanako")
    for _ in range(5):
        refusal(database, "hanako", OTHER_PASSWORD)
    with pytest.raises(TooManyError) as refused:
        enter(database, "hanako")
    assert refused.value.retry_after == 60
    assert enter(database, "hanako", now=NOW + minutes(1)).learner.name == "hanako"


def test_refused_attempts_stand_in_the_database(database: Database) -> None:
    refusal(database, "hanako", PASSWORD)
    with database.reading() as session:
        assert session.scalars(select(Throttle.failures)).all() == [1, 1]


def test_of_guesses_at_the_same_moment_no_more_are_looked_at(database: Database) -> None:
    add_account(database, "hanako")
    with ThreadPoolExecutor(8) as pool:
        addresses = [f"203.0.113.{number}" for number in range(40)]
        sentences = list(pool.map(lambda address: refusal(database, "hanako", "wrong guess", address), addresses))
    assert sentences.count(WRONG) == 5


def test_a_log_in_makes_the_address_known_for_the_name(database: Database) -> None:
    add_account(database, "hanako")
    enter(database, "hanako", address=HOME)
    for _ in range(6):
        refusal(database, "hanako", OTHER_PASSWORD, address="203.0.113.1")
    assert enter(database, "hanako", address=HOME).learner.name == "hanako"


def test_an_outdated_hash_is_renewed_and_a_present_one_kept(database: Database) -> None:
    add_account(database, "hanako")
    stronger = Hasher(time_cost=2, memory_kib=16)
    kept = []
    for _ in range(2):
        log_in.log_in(database, "hanako", PASSWORD, address=HOME, user_agent=FIREFOX, now=NOW, hasher=stronger)
        with database.reading() as session:
            kept.append(session.scalars(select(User.password_hash)).one())
    assert (extract_parameters(kept[0]).time_cost, extract_parameters(kept[0]).memory_cost) == (2, 16)
    assert kept[1] == kept[0]


def test_the_database_is_free_for_others_while_the_hash_is_computed(database: Database) -> None:
    """A hash that writes: it would wait for itself for ever if the log-in held the lock."""

    class WritingHasher(Hasher):
        def matches(self, kept: str | None, password: str) -> bool:
            with database.writing() as session:
                session.add(Throttle(key="other work", failures=0, last_at=NOW, blocked_until=None))
            return super().matches(kept, password)

    add_account(database, "hanako")
    hasher = WritingHasher(QUICK.time_cost, QUICK.memory_kib)
    log_in.log_in(database, "hanako", PASSWORD, address=HOME, user_agent=FIREFOX, now=NOW, hasher=hasher)
    with database.reading() as session:
        assert session.get(Throttle, "other work") is not None


def test_a_password_changed_while_its_hash_is_computed_opens_nothing(database: Database) -> None:
    class SlowHasher(Hasher):
        def matches(self, kept: str | None, password: str) -> bool:
            with database.writing() as session:
                accounts.set_password(session, "hanako", QUICK.hash(OTHER_PASSWORD))
            return super().matches(kept, password)

    add_account(database, "hanako")
    hasher = SlowHasher(QUICK.time_cost, QUICK.memory_kib)
    with pytest.raises(RefusedError, match=WRONG):
        log_in.log_in(database, "hanako", PASSWORD, address=HOME, user_agent=FIREFOX, now=NOW, hasher=hasher)
    with database.reading() as session:
        assert session.scalars(select(Login)).all() == []


def test_a_login_outlives_a_restart_of_the_server(database: Database) -> None:
    add_account(database, "hanako")
    token = enter(database, "hanako").token
    database.close()
    with database.reading() as session:
        assert logins.find_login(session, token, NOW + timedelta(days=1)) is not None
