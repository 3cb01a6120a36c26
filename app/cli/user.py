"""`oboegaki user`: accounts, for the person who runs the server. Passwords come by prompt or standard input only."""

import json
import sys
import warnings
from dataclasses import asdict
from getpass import GetPassWarning

import click

from app import accounts, clock, config
from app.accounts import Account
from app.cli.context import database
from app.errors import OboegakiError
from app.passwords import PasswordHash, hashed

_from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password as one line of standard input.")


@click.group()
def user() -> None:
    """Accounts: add one, give one another password, list them."""


@user.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="May import the shared library.")
@click.option("--time-zone", metavar="NAME", help="Such as Asia/Tokyo [default: OBOEGAKI_TIME_ZONE].")
@_from_stdin
def add(name: str, admin: bool, time_zone: str | None, password_stdin: bool) -> None:
    """Add the account NAME."""
    time_zone = accounts.known_time_zone(time_zone or config.from_environment().time_zone)
    with database() as opened:
        kept = _hashed(name, password_stdin)
        with opened.writing() as session:
            accounts.add_user(session, name, kept, is_admin=admin, time_zone=time_zone, language="", now=clock.now())
    click.echo(f'Added the account "{name.strip()}" in the time zone {time_zone}.')


@user.command()
@click.argument("name")
@_from_stdin
def password(name: str, password_stdin: bool) -> None:
    """Give the account NAME another password and end all its logins."""
    with database() as opened:
        with opened.reading() as session:
            accounts.id_of(session, name)  # known before anybody types
        kept = _hashed(name, password_stdin)
        with opened.writing() as session:
            accounts.set_password(session, name, kept)
    click.echo(f'Changed the password of "{name.strip()}"; all its logins have ended.')


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list with one object an account.")
def list_accounts(as_json: bool) -> None:
    """List all accounts.

    With the last use of each, and on how many devices it is logged in.
    """
    with database() as opened, opened.reading() as session:
        found = accounts.list_users(session, clock.now())
    if as_json:
        click.echo(json.dumps([_as_object(account) for account in found], ensure_ascii=False, indent=2))
        return
    for account in found:
        click.echo(_as_line(account))


def _hashed(name: str, from_stdin: bool) -> PasswordHash:
    """The hash of the password for the account NAME, as it is typed, or as it stands in standard input."""
    return hashed(sys.stdin.readline().rstrip("\r\n") if from_stdin else _typed(), name)


def _typed() -> str:
    """The password as it is typed, unseen. Raises OboegakiError where everybody would see it, or nobody can type."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    except GetPassWarning:
        raise OboegakiError(
            "There is no terminal to type the password at; give it as one line of standard input with --password-stdin"
        ) from None


def _as_object(account: Account) -> dict[str, object]:
    seen_at = account.seen_at and account.seen_at.isoformat()
    return asdict(account) | {"created_at": account.created_at.isoformat(), "seen_at": seen_at}


def _as_line(account: Account) -> str:
    seen = f"seen {account.seen_at:%Y-%m-%d %H:%M} UTC" if account.seen_at else "not logged in anywhere"
    role = "administrator" if account.is_admin else "learner"
    devices = "1 device" if account.logins == 1 else f"{account.logins} devices"
    return f"{account.name}\t{role}\tadded {account.created_at:%Y-%m-%d}\t{seen}\t{devices}"
