"""Accounts: made, renamed, given another password, listed."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import accounts, logins
from app.accounts import Account
from app.db import Database
from app.errors import NotFoundError, OboegakiError, RefusedError, StaleError, TooManyError
from app.learner import Learner
from app.models import User
from app.passwords import Hasher, hashed
from tests.conftest import NOW, add_learner
from tests.entrance import OTHER_PASSWORD, PASSWORD, QUICK, add_account, enter, minutes


def add(session: Session, name: str, password: str = PASSWORD, **given: str) -> Learner:
    """An account in a session that is open."""
    values = {"time_zone": "UTC", "language": ""} | given
    return accounts.add_user(
        session,
        name,
        hashed(password, name, QUICK),
        is_admin=False,
        time_zone=values["time_zone"],
        language=values["language"],
        now=NOW,
    )


def change(database: Database, learner: Learner, old: str, new: str, *, keep: int = 0, hasher: Hasher = QUICK) -> str:
    """Change the password on the device whose login is `keep`; the token that this device has afterwards."""
    return accounts.change_password(database, learner, old, new, keep_login_id=keep, now=NOW, hasher=hasher)


def is_live(database: Database, token: str) -> bool:
    """Whether the token opens anything."""
    with database.reading() as session:
        return logins.find_login(session, token, NOW) is not None


def test_a_new_account_has_the_habits_of_the_defaults(session: Session) -> None:
    learner = add(session, " Hanako ", time_zone="Asia/Tokyo", language="ja")
    assert learner == Learner(id=learner.id, name="Hanako", time_zone="Asia/Tokyo", language="ja")
    stored = session.get_one(User, learner.id)
    assert (stored.name_key, stored.created_at, stored.closed_at) == ("hanako", NOW, None)
    assert PASSWORD not in stored.password_hash


@pytest.mark.parametrize("other", ["hanako", "HANAKO", "Ｈａｎａｋｏ"])
def test_a_name_is_given_once_in_whatever_case_and_width(database: Database, other: str) -> None:
    add_account(database, "Hanako")
    with pytest.raises(OboegakiError) as refused:
        add_account(database, other)
    assert str(refused.value) == f'There is an account "{other}" already; choose another name'


def test_an_unknown_time_zone_is_refused(session: Session) -> None:
    with pytest.raises(OboegakiError) as refused:
        add(session, "hanako", time_zone="Asia/Kyoto2")
    assert str(refused.value) == 'There is no time zone "Asia/Kyoto2"; use a name such as Asia/Tokyo'


def test_a_language_without_pages_is_refused(session: Session) -> None:
    with pytest.raises(OboegakiError) as refused:
        add(session, "hanako", language="tlh")
    assert str(refused.value) == (
        'There are no pages in the language "tlh"; use "en", "ja", or "" for what the browser asks for'
    )


def test_a_common_password_makes_no_account(session: Session) -> None:
    with pytest.raises(OboegakiError, match="The password is one of the first that guessers try"):
        add(session, "hanako", "password1")
    assert accounts.list_users(session, NOW) == []


def test_a_renamed_account_logs_in_under_its_new_name_only(database: Database) -> None:
    learner = add_account(database, "hanako")
    token = enter(database, "hanako").token
    with database.writing() as session:
        assert accounts.rename(session, learner, "花子").name == "花子"
    assert is_live(database, token)
    assert enter(database, "花子").learner.id == learner.id
    with pytest.raises(RefusedError):
        enter(database, "hanako")


def test_an_account_may_change_the_case_of_its_name(session: Session) -> None:
    assert accounts.rename(session, add(session, "hanako"), "Hanako").name == "Hanako"


def test_a_name_of_another_account_is_refused(database: Database) -> None:
    add_account(database, "taro")
    learner = add_account(database, "hanako")
    with pytest.raises(OboegakiError) as refused, database.writing() as session:
        accounts.rename(session, learner, "Taro")
    assert str(refused.value) == 'There is an account "Taro" already; choose another name'


def test_a_changed_password_opens_and_the_old_one_no_longer(database: Database) -> None:
    learner = add_account(database, "hanako")
    change(database, learner, PASSWORD, OTHER_PASSWORD)
    assert enter(database, "hanako", OTHER_PASSWORD).learner == learner
    with pytest.raises(RefusedError):
        enter(database, "hanako", PASSWORD)


def test_a_change_of_password_ends_all_other_logins_and_gives_this_one_another_token(database: Database) -> None:
    learner = add_account(database, "hanako")
    here, there = (enter(database, "hanako").token for _ in range(2))
    with database.reading() as session:
        found = logins.find_login(session, here, NOW)
    assert found is not None
    renewed = change(database, learner, PASSWORD, OTHER_PASSWORD, keep=found.login_id)
    assert [is_live(database, token) for token in (here, there, renewed)] == [False, False, True]


def test_a_wrong_present_password_changes_nothing(database: Database) -> None:
    learner = add_account(database, "hanako")
    token = enter(database, "hanako").token
    with pytest.raises(RefusedError) as refused:
        change(database, learner, "wrong guess", OTHER_PASSWORD)
    assert str(refused.value) == "The present password is wrong; nothing was changed. Type it again"
    assert is_live(database, token)
    assert enter(database, "hanako").learner == learner


def test_a_weak_new_password_is_refused_before_the_old_one_is_looked_at(database: Database) -> None:
    learner = add_account(database, "hanako")
    for _ in range(10):
        with pytest.raises(OboegakiError, match="The password is shorter than 8 characters"):
            change(database, learner, PASSWORD, "short")
    change(database, learner, PASSWORD, OTHER_PASSWORD)


def test_guesses_at_the_present_password_are_throttled(database: Database) -> None:
    learner = add_account(database, "hanako")
    for _ in range(5):
        with pytest.raises(RefusedError):
            change(database, learner, "wrong guess", OTHER_PASSWORD)
    with pytest.raises(TooManyError) as refused:
        change(database, learner, PASSWORD, OTHER_PASSWORD)
    assert (str(refused.value), refused.value.retry_after) == (
        "Too many attempts; this one was not checked. Try again in 1 minute",
        60,
    )


def test_guesses_at_the_present_password_do_not_lock_the_log_in(database: Database) -> None:
    learner = add_account(database, "hanako")
    for _ in range(5):
        with pytest.raises(RefusedError):
            change(database, learner, "wrong guess", OTHER_PASSWORD)
    assert enter(database, "hanako").learner == learner


def test_of_two_changes_of_password_at_once_the_second_is_told(database: Database) -> None:
    class SlowHasher(Hasher):
        def matches(self, kept: str | None, password: str) -> bool:
            change(database, learner, PASSWORD, "the first of two changes")
            return super().matches(kept, password)

    learner = add_account(database, "hanako")
    with pytest.raises(StaleError) as stale:
        change(database, learner, PASSWORD, OTHER_PASSWORD, hasher=SlowHasher(QUICK.time_cost, QUICK.memory_kib))
    assert str(stale.value) == ("The password was changed on another device in the meantime; this change was not made")
    assert enter(database, "hanako", "the first of two changes").learner == learner


def test_an_administrator_can_set_a_password_which_ends_all_logins(database: Database) -> None:
    learner = add_account(database, "hanako")
    token = enter(database, "hanako").token
    with database.writing() as session:
        accounts.set_password(session, "HANAKO", QUICK.hash(OTHER_PASSWORD))
    assert not is_live(database, token)
    assert enter(database, "hanako", OTHER_PASSWORD).learner == learner


def test_a_password_that_was_set_is_not_kept_waiting_by_earlier_guesses(database: Database) -> None:
    add_account(database, "hanako")
    for number in range(5):
        with pytest.raises(RefusedError):
            enter(database, "hanako", "wrong guess", address=f"203.0.113.{number}")
    with database.writing() as session:
        accounts.set_password(session, "hanako", QUICK.hash(OTHER_PASSWORD))
    assert enter(database, "hanako", OTHER_PASSWORD).learner.name == "hanako"


def test_a_password_is_set_for_no_unknown_name(session: Session) -> None:
    with pytest.raises(NotFoundError) as missing:
        accounts.set_password(session, "taro", QUICK.hash(OTHER_PASSWORD))
    assert str(missing.value) == ('There is no account "taro"; "oboegaki user list" shows the names of all accounts')


def test_a_weak_password_is_not_set(session: Session) -> None:
    add(session, "hanako")
    before = session.scalars(select(User.password_hash)).one()
    with pytest.raises(OboegakiError, match="The password is the name of the account"):
        accounts.set_password(session, "hanako", hashed("oboegaki", "hanako", QUICK))
    assert session.scalars(select(User.password_hash)).one() == before


def test_accounts_are_listed_by_name_with_their_devices(session: Session) -> None:
    taro = add_learner(session, "taro", is_admin=True)
    add_learner(session, "hanako")
    logins.make_login(session, taro.id, "", NOW)
    logins.make_login(session, taro.id, "", NOW + minutes(30))
    assert accounts.list_users(session, NOW) == [
        Account("hanako", False, NOW, None, 0),
        Account("taro", True, NOW, NOW + minutes(30), 2),
    ]
    assert accounts.list_users(session, NOW + timedelta(days=90, minutes=1))[1].logins == 1
