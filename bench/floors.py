"""The yardsticks on the same uWSGI: a Flask that says hello, and an answer in bare `sqlite3` without a framework."""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pysqlite3
from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FILE_VARIABLE = "OBOEGAKI_BENCH_FLOOR"
"""The environment variable that names the database of the bare answer."""

_SCHEMA = """
CREATE TABLE reviews (id TEXT PRIMARY KEY, card INTEGER, grade INTEGER, at TEXT) WITHOUT ROWID;
CREATE TABLE schedules (card INTEGER PRIMARY KEY, due INTEGER, interval INTEGER, html TEXT);
CREATE INDEX schedules_due ON schedules (due, card);
INSERT INTO schedules
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
    SELECT n, n % 30, 1, '<p>question ' || n || '</p><p>answer ' || n || '</p>' FROM numbers;
"""

hello = Flask("hello")
_local = threading.local()


@hello.get("/")
def _hello() -> str:
    return "Hello"


def prepare(file: Path, rows: int) -> None:
    """Make the database of the bare answer, with so many cards."""
    connection = _connected(file)
    connection.executescript(f"BEGIN; {_SCHEMA.format(rows=rows)} COMMIT;")
    connection.close()


def bare(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Insert a review, move a schedule, commit, select the next card: nothing of the web but the reply."""
    connection = _own_connection()
    card, _ = connection.execute(_NEXT).fetchone()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO reviews VALUES (?, ?, 4, datetime('now'))", (uuid4().hex, card))
    connection.execute("UPDATE schedules SET due = due + 100, interval = 6 WHERE card = ?", (card,))
    connection.execute("COMMIT")
    body = json.dumps(connection.execute(_NEXT).fetchone()).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


_NEXT = "SELECT card, html FROM schedules WHERE due < 100 ORDER BY due, card LIMIT 1"


def _own_connection() -> Any:
    if not hasattr(_local, "connection"):
        _local.connection = _connected(Path(os.environ[FILE_VARIABLE]))
    return _local.connection


def _connected(file: Path) -> Any:
    connection = pysqlite3.connect(str(file), isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
