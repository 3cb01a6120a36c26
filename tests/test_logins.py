"""Logins: found by their token, noted now and then, ended on the server."""

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logins
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Login, User
from tests.conftest import NOW, add_learner
from tests.entrance import minutes


def test_a_login_is_found_by_its_token_and_tells_whose_it_is(session: Session) -> None:
    learner = add_learner(session, "taro", time_zone="Asia/Tokyo", language="ja", full_scale=True, reviews_per_day=50)
    token = logins.make_login(session, learner.id, "Firefox, Linux", NOW)
    found = logins.find_login(session, token, NOW + minutes(5))
    assert found is not None
    assert found.seen_at == NOW
    assert found.learner == Learner(
        id=learner.id,
        name="taro",
        time_zone="Asia/Tokyo",
        day_start=4,
        new_per_day=20,
        reviews_per_day=50,
        language="ja",
        full_scale=True,
    )


def test_a_token_has_256_bits_and_only_its_hash_is_stored(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    stored = session.scalars(select(Login)).one()
    assert len(token) == 43
    assert stored.token_hash == sha256(token.encode()).digest()


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 100_000])
def test_another_token_finds_nothing(session: Session, learner: Learner, token: str) -> None:
    logins.make_login(session, learner.id, "", NOW)
    assert logins.find_login(session, token, NOW) is None


def test_a_login_is_over_after_90_days_without_use(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    assert logins.find_login(session, token, NOW + timedelta(days=90) - timedelta(seconds=1)) is not None
    assert logins.find_login(session, token, NOW + timedelta(days=90)) is None


def test_use_puts_off_the_end_of_a_login(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    found = logins.find_login(session, token, NOW)
    assert found is not None
    logins.note_seen(session, found.login_id, NOW + timedelta(days=60))
    later = logins.find_login(session, token, NOW + timedelta(days=149))
    assert later is not None
    assert later.seen_at == NOW + timedelta(days=60)


def test_a_use_is_to_be_noted_every_ten_minutes(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    found = logins.find_login(session, token, NOW)
    assert found is not None
    assert not found.is_to_be_noted(NOW + minutes(9.9))
    assert found.is_to_be_noted(NOW + minutes(10))


def test_the_login_of_a_closed_account_is_not_found(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    session.get_one(User, learner.id).closed_at = NOW
    session.flush()
    assert logins.find_login(session, token, NOW) is None


def test_live_logins_are_listed_the_last_used_first(session: Session, learner: Learner) -> None:
    stranger = add_learner(session, "taro")
    logins.make_login(session, learner.id, "Chrome, Android", NOW - timedelta(days=89))
    logins.make_login(session, learner.id, "Firefox, Linux", NOW)
    logins.make_login(session, stranger.id, "Safari, iPhone", NOW)
    listed = logins.list_logins(session, learner, NOW)
    assert [(device.label, device.created_at, device.seen_at) for device in listed] == [
        ("Firefox, Linux", NOW, NOW),
        ("Chrome, Android", NOW - timedelta(days=89), NOW - timedelta(days=89)),
    ]
    in_a_day = logins.list_logins(session, learner, NOW + timedelta(days=1))
    assert [device.label for device in in_a_day] == ["Firefox, Linux"]


def test_one_login_can_be_ended_and_the_others_stay(session: Session, learner: Learner) -> None:
    lost, kept = (logins.make_login(session, learner.id, "", NOW) for _ in range(2))
    found = logins.find_login(session, lost, NOW)
    assert found is not None
    logins.end_login(session, learner, found.login_id)
    assert logins.find_login(session, lost, NOW) is None
    assert logins.find_login(session, kept, NOW) is not None


def test_anothers_login_answers_as_one_that_does_not_exist(session: Session, learner: Learner) -> None:
    stranger = add_learner(session, "taro")
    token = logins.make_login(session, stranger.id, "", NOW)
    theirs = logins.find_login(session, token, NOW)
    assert theirs is not None
    sentences = []
    for login_id in (theirs.login_id, 999_999):
        with pytest.raises(NotFoundError) as missing:
            logins.end_login(session, learner, login_id)
        sentences.append(str(missing.value))
    assert set(sentences) == {
        "There is no such login; it may have ended already. Look at the list of devices again",
    }
    assert logins.find_login(session, token, NOW) is not None


def test_log_out_ends_the_login_on_the_server(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    logins.log_out(session, token)
    logins.log_out(session, token)
    assert logins.find_login(session, token, NOW) is None


def test_all_other_logins_can_be_ended(session: Session, learner: Learner) -> None:
    stranger = add_learner(session, "taro")
    theirs = logins.make_login(session, stranger.id, "", NOW)
    here, there = (logins.make_login(session, learner.id, "", NOW) for _ in range(2))
    found = logins.find_login(session, here, NOW)
    assert found is not None
    logins.end_other_logins(session, learner.id, found.login_id)
    live = [logins.find_login(session, token, NOW) is not None for token in (here, there, theirs)]
    assert live == [True, False, True]


def test_after_a_restore_every_login_can_be_ended(session: Session, learner: Learner) -> None:
    stranger = add_learner(session, "taro")
    tokens = [logins.make_login(session, one.id, "", NOW) for one in (learner, stranger)]
    logins.end_every_login(session)
    assert [logins.find_login(session, token, NOW) for token in tokens] == [None, None]


def test_logins_that_are_over_are_swept_out_by_the_next_one(session: Session, learner: Learner) -> None:
    logins.make_login(session, learner.id, "old", NOW - timedelta(days=90))
    logins.make_login(session, learner.id, "new", NOW)
    assert session.scalars(select(Login.device)).all() == ["new"]


def test_finding_a_login_changes_nothing(session: Session, learner: Learner) -> None:
    token = logins.make_login(session, learner.id, "", NOW)
    logins.find_login(session, token, NOW + timedelta(days=5))
    session.expire_all()
    assert session.scalars(select(Login.seen_at)).one() == NOW
