"""What a learner is told when the disk or the database fails: a status of class 5xx and a sentence to act on."""

import errno
from html import unescape

import pysqlite3
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import Database
from tests.entrance import add_account
from tests.web.conftest import Browser, entered

FULL = "The disk is full; nothing was recorded. Tell the person who runs this server."
FULL_JA = "ディスクがいっぱいのため、何も記録していません。サーバーの管理者に知らせてください。"
NOT_NOW = "The database cannot be written now; nothing was recorded. Try again in a moment."
NOT_NOW_JA = "今はデータベースに書き込めないため、何も記録していません。少し待ってからもう一度お試しください。"
DAMAGED = (
    "The database is damaged; nothing was recorded. Tell the person who runs this server to run "
    '"oboegaki data check" and to restore a backup.'
)
DAMAGED_JA = (
    "データベースが壊れているため、何も記録していません。サーバーの管理者に、oboegaki data checkを実行して"
    "バックアップから復元するよう伝えてください。"
)
OURS = "Something went wrong in the server; answers given before are safe. Try again in a moment."
OURS_JA = "サーバーで問題が起きました。これまでの答えは保存されています。少し待ってからもう一度お試しください。"

FAULTS = [
    (pysqlite3.OperationalError("database or disk is full"), 507, FULL, FULL_JA),
    (OSError(errno.ENOSPC, "No space left on device"), 507, FULL, FULL_JA),
    (OSError(errno.EDQUOT, "Disk quota exceeded"), 507, FULL, FULL_JA),
    (pysqlite3.OperationalError("disk I/O error"), 503, NOT_NOW, NOT_NOW_JA),
    (pysqlite3.OperationalError("database is locked"), 503, NOT_NOW, NOT_NOW_JA),
    (pysqlite3.OperationalError("attempt to write a readonly database"), 503, NOT_NOW, NOT_NOW_JA),
    (pysqlite3.OperationalError("unable to open database file"), 503, NOT_NOW, NOT_NOW_JA),
    (pysqlite3.DatabaseError("database disk image is malformed"), 500, DAMAGED, DAMAGED_JA),
    (pysqlite3.DatabaseError("file is not a database"), 500, DAMAGED, DAMAGED_JA),
    (pysqlite3.IntegrityError("FOREIGN KEY constraint failed"), 500, OURS, OURS_JA),
    (OSError(errno.EACCES, "Permission denied"), 500, OURS, OURS_JA),
]


@pytest.mark.parametrize(("fault", "status", "english", "japanese"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_of_disk_or_database_is_told_in_both_languages(
    app: Flask, fault: Exception, status: int, english: str, japanese: str
) -> None:
    _fail_with(app, fault)
    client = app.test_client()
    for language, sentence in (("en", english), ("ja", japanese)):
        page = client.get("/health", headers={"Accept-Language": language, "Accept": "text/html"})
        assert page.status_code == status
        assert sentence in unescape(page.text)
        reply = client.get("/health", headers={"Accept-Language": language, "Accept": "application/json"})
        assert (reply.status_code, reply.get_json()) == (status, {"error": sentence})


def _fail_with(app: Flask, fault: Exception) -> None:
    """Let the app's health page meet the fault, wrapped as SQLAlchemy hands on what a driver raises."""

    def show() -> str:
        if isinstance(fault, OSError):
            raise fault
        raise DBAPIError.instance(
            "SELECT 1", {}, fault, pysqlite3.Error, dialect=app.extensions["database"].engine.dialect
        )

    app.view_functions["health.show"] = show


def test_a_fault_of_the_look_at_who_is_there_is_told_by_a_page_too(app: Flask, database: Database) -> None:
    """The page itself asks who is there, and must not meet the same fault."""
    add_account(database, "hanako")
    client = entered(app, "hanako").client
    with database.writing() as session:
        session.execute(text("ALTER TABLE logins RENAME TO elsewhere"))
    page = client.get("/", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (page.status_code, NOT_NOW in unescape(page.text)) == (503, True)
    reply = client.get("/", headers={"Accept": "application/json", "Accept-Language": "en"})
    assert (reply.status_code, reply.get_json()) == (503, {"error": NOT_NOW})


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("http://localhost/account?from=1", True),
        ("http://localhost.evil.example/account", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_page_too_old_to_be_sent_leads_back_to_itself_and_nowhere_else(
    browser: Browser, before: str, offered: bool
) -> None:
    page = browser.client.post("/log-out", headers={"Referer": before})
    assert page.status_code == 400
    assert ("Load the page again" in page.text) == (f'href="{before}"' in page.text) == offered
