"""A login that is over stays over: its cookie, copied while it was good, opens nothing any more.

Copied, then ended in each way there is, then sent again to a fresh browser: after log-out, a change of password, an
administrator's new password, the end of one device, the removal of the account, 90 days, a restart and a restore. A
cookie planted before a log-in opens nothing after it. The drill is shown able to fail: with a log-out that only
empties the cookie, and with a restore that ends no login, the copy opens the account.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import accounts, clock, closing, create_app, logins
from app.backups import make_backup
from app.backups.restoring import restore
from app.models import Login, User
from tests.drills.world import Made, Visitor, World
from tests.entrance import OTHER_PASSWORD, PASSWORD, QUICK

COOKIE = "oboegaki"


def entered(world: World, name: str = "taro") -> Visitor:
    """A browser that logged in by the form."""
    visitor = world.visitor(None)
    assert visitor.send("POST", "/log-in", {"name": name, "password": PASSWORD}).status_code == 302
    return Visitor(visitor.client, "/account")


def cookie_of(visitor: Visitor) -> str:
    """What a thief copies."""
    found = visitor.client.get_cookie(COOKIE)
    assert found is not None
    return found.value


def opens(app: Flask, cookie: str) -> bool:
    """Whether a cookie opens the account, for a page, a script, a form and a file."""
    client = app.test_client()
    client.set_cookie(COOKIE, cookie)
    page, script = client.get("/account"), client.get("/", headers={"Accept": "application/json"})
    form = Visitor(client, "/account" if page.status_code == 200 else "/log-in").send(
        "POST", "/decks/710001/suspension"
    )
    inside = (page.status_code == 200, script.status_code == 200, not form.location.startswith("/log-in"))
    assert len(set(inside)) == 1, f"a door that the others are not: {inside}"
    return inside[0]


def log_out(world: World, visitor: Visitor) -> None:
    """The learner logs out."""
    assert visitor.send("POST", "/log-out").status_code == 302


def change_password(world: World, visitor: Visitor) -> None:
    """The learner changes the password on the same device, which stays logged in."""
    fields = {"old": PASSWORD, "new": OTHER_PASSWORD}
    assert visitor.send("POST", "/account/password", fields).status_code == 302
    assert visitor.client.get("/account").status_code == 200


def change_password_elsewhere(world: World, visitor: Visitor) -> None:
    """The learner changes the password on another device."""
    change_password(world, entered(world))


def be_given_a_password(world: World, visitor: Visitor) -> None:
    """The administrator gives the account a new password."""
    with world.database.writing() as session:
        accounts.set_password(session, "taro", QUICK.hash(OTHER_PASSWORD))


def end_device(world: World, visitor: Visitor) -> None:
    """The learner ends this device from the list of another."""
    with world.database.reading() as session:
        newest = session.scalar(select(func.max(Login.id)))
    assert entered(world).send("POST", f"/account/logins/{newest}/end").status_code == 302


def delete_account(world: World, visitor: Visitor) -> None:
    """The account is deleted, and its name taken by somebody else."""
    assert visitor.send("POST", "/account/deletion", {"typed_name": "taro"}).status_code == 302
    _add_taro(world)


def be_deleted(world: World, visitor: Visitor) -> None:
    """The administrator deletes the account."""
    with world.database.writing() as session:
        user = session.scalars(select(User).where(User.name == "taro")).one()
        closing.delete_account(session, logins.learner_of(user), "taro", clock.now())
    _add_taro(world)


def _add_taro(world: World) -> None:
    with world.database.writing() as session:
        kept = QUICK.hash(PASSWORD)
        accounts.add_user(session, "taro", kept, is_admin=False, time_zone="UTC", language="", now=clock.now())


WAYS: list[Callable[[World, Visitor], None]] = [
    log_out,
    change_password,
    change_password_elsewhere,
    be_given_a_password,
    end_device,
    delete_account,
    be_deleted,
]


@pytest.mark.parametrize("end", WAYS)
def test_a_copied_cookie_opens_nothing_once_its_login_is_over_after_a_restart_neither(
    world: World, end: Callable[[World, Visitor], None]
) -> None:
    visitor = entered(world)
    copied = cookie_of(visitor)
    assert opens(world.app, copied)
    end(world, visitor)
    assert not opens(world.app, copied)
    world.database.close()
    restarted = create_app(world.config)
    assert not opens(restarted, copied)
    restarted.extensions["database"].close()


def test_a_restart_ends_no_login_that_is_not_over(world: World) -> None:
    copied = cookie_of(entered(world))
    world.database.close()
    restarted = create_app(world.config)
    assert opens(restarted, copied)
    restarted.extensions["database"].close()


def test_a_copied_cookie_opens_nothing_after_90_days_without_use(world: World) -> None:
    copied = cookie_of(entered(world))
    with time_machine.travel(clock.now() + timedelta(days=89, hours=23)):
        assert opens(world.app, copied)
    with time_machine.travel(clock.now() + timedelta(days=89, hours=23) + logins.LIFETIME):
        assert not opens(world.app, copied)


def copied_and_backed_up(world: World) -> tuple[str, Path]:
    """The cookie of a login that a backup holds and that was ended after it."""
    visitor = entered(world)
    copied, backup = cookie_of(visitor), make_backup(world.config, clock.now()).file
    log_out(world, visitor)
    assert not opens(world.app, copied)
    world.database.close()
    return copied, backup


def test_a_restore_brings_no_login_back(world: World) -> None:
    copied, backup = copied_and_backed_up(world)
    restore(world.config, backup, clock.now())
    assert not opens(world.app, copied)


def test_the_drill_fails_when_a_restore_ends_no_login(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "end_every_login", lambda _session: None)
    copied, backup = copied_and_backed_up(world)
    restore(world.config, backup, clock.now())
    assert opens(world.app, copied)


def test_the_drill_fails_when_a_log_out_only_empties_the_cookie(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "log_out", lambda _session, _token: None)
    visitor = entered(world)
    copied = cookie_of(visitor)
    log_out(world, visitor)
    assert opens(world.app, copied)


def test_the_drill_fails_when_a_change_of_password_keeps_the_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = entered(world)
    with visitor.client.session_transaction() as session:
        token = session["_user_id"]
    monkeypatch.setattr(logins, "renew_login", lambda _session, _login_id: token)
    copied = cookie_of(visitor)
    change_password(world, visitor)
    assert opens(world.app, copied)


def test_a_cookie_planted_before_a_log_in_opens_nothing_after_it(world: World) -> None:
    """Fixation: the attacker has a session, plants its cookie, and the owner logs in on top of it."""
    attacker = world.visitor(None)
    token, planted = attacker.token, cookie_of(attacker)
    owner = world.visitor(None)
    owner.client.set_cookie(COOKIE, planted)
    fields = {"csrf_token": token, "name": "taro", "password": PASSWORD}
    assert owner.send_bare("POST", "/log-in", fields).status_code == 302
    assert not opens(world.app, planted)
    assert cookie_of(owner) != planted
    assert owner.send_bare("POST", "/log-out", {"csrf_token": token}).status_code == 400


def test_the_database_holds_no_token_that_a_cookie_does(world: World, made_world: Made) -> None:
    visitor = entered(world)
    with visitor.client.session_transaction() as session:
        token = session["_user_id"]
    held = b"".join(file.read_bytes() for file in world.config.data_dir.rglob("*") if file.is_file())
    assert len(token) >= 43
    assert token.encode() not in held
    assert b"kept-by-hanako-alone" in held
