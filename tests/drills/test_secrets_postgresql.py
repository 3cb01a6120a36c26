"""Secrets leave no trace in PostgreSQL's own log: neither in the statements that fail nor in those that do not.

It writes down each statement that fails, without its parameters, and whatever row or key it failed for. Here ours
fail in each of these ways: a key that is taken, a table that is locked, a database that may only be read. Told to log
every statement with all parameters, it learns no password, no token, no cookie and no set-up code: they never get
there. What somebody typed into the field for the name does, so that a password typed there stands in such a log.

The log of every PostgreSQL of the suite is searched when it ends (`tests/postgresql.py`). Shown able to fail: told to
log the parameters of what fails, it gives away the hash of a password; a server that was told a password in a
statement is red when it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from app import create_app
from app.config import from_environment
from app.db import Database
from tests import canaries, postgresql
from tests.canaries import hits
from tests.drills.server import Server, Site, serving
from tests.drills.test_secrets import CANARIES, journey
from tests.drills.world import Visitor
from tests.entrance import PASSWORD, add_account
from tests.ports import free_port

_NEVER_LOGGED = CANARIES | {"password's hash": "$argon2id$v=19$"}
_TAKEN = "DETAIL:  Key (name_key)=(hanako) already exists."
_FAILED = ("INSERT INTO users", "SELECT users.password_hash", "SELECT throttles.key")
"""The beginnings of statements that the log has to hold, or this drill shows nothing."""


@dataclass
class Kept:
    """A database of a server, and what the server's log holds since the database was made."""

    server: postgresql.Server
    url: str
    _begin: int = field(init=False)

    def __post_init__(self) -> None:
        self._begin = len(self.server.log)

    @property
    def log(self) -> str:
        """What the server said since."""
        return self.server.log[self._begin :]

    def set(self, setting: str, value: str) -> None:
        """Give the database a setting, for the connections that begin from now on."""
        with self.connected() as connection:
            connection.execute(f"ALTER DATABASE {make_url(self.url).database} SET {setting} = '{value}'".encode())
            connection.commit()

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection beside those of the app."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            yield connection


@pytest.fixture
def kept(postgresql_server: postgresql.Server, migrated_database: str) -> Kept:
    """A database with the current schema and nothing in it."""
    return Kept(postgresql_server, postgresql_server.new_database(migrated_database))


def settings_of(folder: Path, kept: Kept) -> dict[str, str]:
    """The settings of an app on the database."""
    (folder / "cards").mkdir()
    folders = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    return folders | {"OBOEGAKI_DATABASE_URL": kept.url}


@contextmanager
def app_on(folder: Path, kept: Kept) -> Iterator[Flask]:
    """An app with an account on the database."""
    app = create_app(from_environment(settings_of(folder, kept)))
    database: Database = app.extensions["database"]
    add_account(database, "hanako", is_admin=True)
    try:
        yield app
    finally:
        database.close()


def let_statements_fail(app: Flask, kept: Kept) -> None:
    """A name is taken; the accounts are locked while somebody logs in; then nothing can be written."""
    entered, stranger = Visitor(app.test_client(), "/log-in"), Visitor(app.test_client(), "/log-in")
    assert entered.send("POST", "/log-in", {"name": "hanako", "password": PASSWORD}).status_code == 302
    owner = Visitor(entered.client, "/account")
    taken = {"user_name": "hanako", "user_password": CANARIES["another's password"]}
    assert owner.send("POST", "/server/accounts", taken).status_code == 400
    typed = {
        "name": CANARIES["password as a name"],
        "password": CANARIES["wrong password"],
        "csrf_token": stranger.token,
    }
    begin_anew(app, kept, "lock_timeout", "100ms")
    with kept.connected() as other:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        assert stranger.send_bare("POST", "/log-in", typed).status_code == 503
    begin_anew(app, kept, "default_transaction_read_only", "on")
    assert owner.send("POST", "/server/accounts", taken | {"user_name": "taro"}).status_code == 500
    assert stranger.send_bare("POST", "/log-in", typed).status_code == 500


def begin_anew(app: Flask, kept: Kept, setting: str, value: str) -> None:
    """Let the app's connections have a setting."""
    kept.set(setting, value)
    app.extensions["database"].engine.dispose()


def test_what_fails_in_postgresql_leaves_no_secret_in_its_log_and_none_in_ours(
    kept: Kept, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with app_on(tmp_path, kept) as app:
        let_statements_fail(app, kept)
    log = kept.log
    assert _TAKEN in log
    assert [start for start in _FAILED if f"STATEMENT:  {start}" not in log] == []
    assert "INSERT INTO users" in caplog.text
    assert hits(_NEVER_LOGGED, {"the log": log.encode(), "our log": caplog.text.encode()}) == []


def test_the_drill_finds_what_is_in_the_parameters_where_they_are_logged(kept: Kept, tmp_path: Path) -> None:
    kept.set("log_parameter_max_length_on_error", "-1")
    with app_on(tmp_path, kept) as app:
        let_statements_fail(app, kept)
    assert hits(_NEVER_LOGGED, {"the log": kept.log.encode()}) == ["password's hash in the log"]


def test_no_secret_of_a_journey_gets_to_a_postgresql_that_logs_every_statement(kept: Kept, tmp_path: Path) -> None:
    """Each hash does, and each name that was typed."""
    kept.set("log_statement", "all")
    settings = settings_of(tmp_path, kept)
    site = Site(from_environment(settings), settings, (), (), free_port(), tmp_path)
    with serving(Server(site, processes=1)) as server:
        secrets = journey(site, server.log)
        server.stop()
    log = kept.log
    print(f"{len(secrets)} secrets searched in {log.count('LOG:  execute')} statements, {len(log)} bytes")
    assert "$argon2id$" in log
    assert "FROM logins" in log
    assert hits(secrets, {"the log": log.encode()}) == ["password as a name in the log"]


def test_the_log_of_any_postgresql_is_red_with_a_password() -> None:
    """Where the driver would have sent it in a statement that failed."""
    with (
        TemporaryDirectory(prefix="pg-") as folder,
        pytest.raises(AssertionError) as red,
        postgresql.serving(Path(folder)) as server,
        psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.DataError),
    ):
        connection.execute(f"SELECT '{PASSWORD}'::int".encode())
    assert f"a secret in the log of PostgreSQL in {folder}, line " in str(red.value)
    assert 'invalid input syntax for type integer: "[password]"' in str(red.value)
    assert PASSWORD not in str(red.value)
    assert canaries.leaks("what is told", str(red.value)) == []
