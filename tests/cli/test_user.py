"""The command `oboegaki user`."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result

from app import accounts
from app.cli.user import user
from app.config import Config
from app.db import Database
from tests.conftest import NOW
from tests.entrance import OTHER_PASSWORD, PASSWORD, add_account, enter


@pytest.fixture(autouse=True)
def environment(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of this test as the command finds them."""
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("OBOEGAKI_TIME_ZONE", "Asia/Tokyo")


def run(*arguments: str, typed: str = "") -> Result:
    """What the command did on a Monday morning."""
    with time_machine.travel(NOW, tick=False):
        return CliRunner().invoke(user, arguments, input=typed)


def test_an_account_is_added_with_a_password_typed_twice_and_never_shown(database: Database) -> None:
    result = run("add", "hanako", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, 'Added the account "hanako" in the time zone Asia/Tokyo.\n')
    assert PASSWORD not in result.output
    learner = enter(database, "hanako").learner
    assert (learner.time_zone, learner.is_admin) == ("Asia/Tokyo", False)


def test_two_passwords_that_differ_are_asked_for_again(database: Database) -> None:
    result = run("add", "hanako", typed=f"{PASSWORD}\n{OTHER_PASSWORD}\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert enter(database, "hanako").learner.name == "hanako"


def test_an_administrator_is_added_with_a_password_from_standard_input(database: Database) -> None:
    result = run("add", "hanako", "--admin", "--password-stdin", typed=f"{PASSWORD}\r\nanother line\n")
    assert result.exit_code == 0
    assert enter(database, "hanako").learner.is_admin


def test_an_account_is_added_in_a_time_zone_of_its_own(database: Database) -> None:
    result = run("add", "hanako", "--time-zone", "America/Lima", "--password-stdin", typed=PASSWORD)
    assert result.stdout == 'Added the account "hanako" in the time zone America/Lima.\n'
    assert enter(database, "hanako").learner.time_zone == "America/Lima"


def test_a_time_zone_that_does_not_exist_is_told_before_anybody_types(database: Database) -> None:
    result = run("add", "hanako", "--time-zone", "Mars/Olympus")
    assert str(result.exception) == 'There is no time zone "Mars/Olympus"; use a name such as Asia/Tokyo'
    assert "Password" not in result.output


@pytest.mark.parametrize("verb", ["add", "password"])
def test_without_a_terminal_no_password_is_asked_for(database: Database, verb: str) -> None:
    """In a session of its own, so that there is none; as under cron, or with `docker compose exec -T`."""
    if verb == "password":
        add_account(database, "hanako")
    done = subprocess.run(  # noqa: S603 - our own command
        [str(Path(sys.executable).with_name("oboegaki")), "user", verb, "hanako"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    sentence = "There is no terminal to type the password at; give it as one line of standard input with"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"oboegaki: {sentence} --password-stdin\n")


def test_a_password_is_no_argument() -> None:
    assert run("add", "hanako", PASSWORD).exit_code == 2


def test_a_mistake_is_an_error_with_a_sentence(database: Database) -> None:
    add_account(database, "hanako")
    result = run("add", "Hanako", "--password-stdin", typed=PASSWORD)
    assert str(result.exception) == 'There is an account "Hanako" already; choose another name'


def test_a_password_is_replaced(database: Database) -> None:
    add_account(database, "hanako")
    result = run("password", "hanako", "--password-stdin", typed=OTHER_PASSWORD)
    assert result.stdout == 'Changed the password of "hanako"; all its logins have ended.\n'
    assert enter(database, "hanako", OTHER_PASSWORD).learner.name == "hanako"


def test_a_password_for_nobody_is_an_error_with_a_sentence() -> None:
    result = run("password", "taro", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert str(result.exception) == ('There is no account "taro"; "oboegaki user list" shows the names of all accounts')


def test_accounts_are_listed_a_line_each(database: Database) -> None:
    add_account(database, "花子", is_admin=True, now=datetime(2026, 1, 5, tzinfo=UTC))
    add_account(database, "taro")
    enter(database, "花子")
    assert run("list").stdout.splitlines() == [
        "taro\tlearner\tadded 2026-03-02\tnot logged in anywhere\t0 devices",
        "花子\tadministrator\tadded 2026-01-05\tseen 2026-03-02 09:30 UTC\t1 device",
    ]


def test_accounts_are_listed_for_programs(database: Database) -> None:
    add_account(database, "hanako", is_admin=True)
    enter(database, "hanako")
    add_account(database, "taro")
    assert json.loads(run("list", "--json").stdout) == [
        {"name": "hanako", "is_admin": True, "created_at": NOW.isoformat(), "seen_at": NOW.isoformat(), "logins": 1},
        {"name": "taro", "is_admin": False, "created_at": NOW.isoformat(), "seen_at": None, "logins": 0},
    ]


def test_a_server_without_accounts_lists_nothing(database: Database) -> None:
    assert run("list").stdout == ""
    assert run("list", "--json").stdout == "[]\n"
    with database.reading() as session:
        assert accounts.list_users(session, NOW) == []
