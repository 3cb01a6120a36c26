"""What a view needs of the request it serves: who is asking, when, and the database."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import cast
from uuid import UUID

from flask import abort, current_app, g, request
from flask_login import current_user
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.renderings import Renderings
from app.web.numbers import whole_number

_log = logging.getLogger(__name__)


def config() -> Config:
    """The settings of the running app."""
    return cast(Config, current_app.extensions["config"])


def database() -> Database:
    """The database of the running app."""
    return cast(Database, current_app.extensions["database"])


def connection() -> Connection:
    """The request's connection, opened when first asked for and closed with the request."""
    if "connection" not in g:
        g.connection = database().engine.connect()
    return cast(Connection, g.connection)


def reading() -> Session:
    """The request's session for reading, on its connection.

    Close it (`done_reading`) before writing, so that what is read afterwards is what was written.
    """
    if "reading" not in g:
        g.reading = Session(connection(), expire_on_commit=False)
    return cast(Session, g.reading)


def done_reading(_error: BaseException | None = None) -> None:
    """End what the request read, if it did. The reply is made by then: a database that went away does not take it."""
    for name in ("reading", "connection"):
        opened: Session | Connection | None = g.pop(name, None)
        if opened is not None:
            try:
                opened.close()
            except DBAPIError as error:  # the engine has dropped a connection that is lost
                _log.warning("database: %s", error.orig)


def streamed(read: Callable[[Session], Iterator[str]]) -> Iterator[str]:
    """What `read` gives from a session of its own: a reply that is sent piece by piece outlives its request."""
    with database().reading() as session:
        yield from read(session)


def renderings() -> Renderings:
    """This process's renderings of cards."""
    return cast(Renderings, current_app.extensions["renderings"])


def learner() -> Learner:
    """The account that is logged in."""
    if "learner" not in g:
        g.learner = current_user.learner
    return cast(Learner, g.learner)


def now() -> datetime:
    """The moment of this request, the same however often it is asked for."""
    if "now" not in g:
        g.now = clock.now()
    return cast(datetime, g.now)


def study_day() -> date:
    """The learner's study day at the moment of this request."""
    if "study_day" not in g:
        g.study_day = learner().study_day(now())
    return cast(date, g.study_day)


def uuid_field(name: str) -> UUID:
    """A UUID from the form; anything else answers 400."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        abort(400)


def number_field(name: str, default: int | None = None) -> int:
    """A whole number from 0 on from the form; anything else answers 400 unless there is a default."""
    value = request.form.get(name, type=whole_number)
    if value is not None:
        return value
    if default is None:
        abort(400)
    return default
