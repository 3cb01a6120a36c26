"""What the database itself tells: its version and mode, its schema, the clock it was written by, the last import."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pysqlite3
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from app.config import Config, time_zones
from app.db import Database
from app.decks.problems import N_, how_many
from app.doctor.finding import Finding, State
from app.models import Deck, Import, Review, User
from app.schema import head, is_known, revision_of

_LEEWAY = timedelta(minutes=2)


def examine(config: Config, database: Database, now: datetime) -> Iterator[Finding]:
    """The database, and what rests on its schema only where that is this program's."""
    try:
        yield from _looked_at(config, database, now)
    except (DBAPIError, pysqlite3.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        remedy = N_("stop the server and put the newest backup back: oboegaki data restore FILE")
        yield Finding(N_("Database"), State.BAD, N_("cannot be read: %(reason)s"), remedy, {"reason": reason})


def _looked_at(config: Config, database: Database, now: datetime) -> Iterator[Finding]:
    with database.engine.connect() as connection:
        yield _engine(connection)
        found = _schema(connection, database)
        yield found
        if found.state is State.OK:
            yield _clock(connection, now)
            yield _zones(connection, config)
            yield _last_import(connection)


def _engine(connection: Connection) -> Finding:
    name, dialect = N_("Database"), connection.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    details = {"version": version, "kind": dialect.name}
    if dialect.name != "sqlite":
        return Finding(name, State.OK, N_("%(kind)s %(version)s"), details=details)
    mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    synchronous = connection.execute(text("PRAGMA synchronous")).scalar_one()
    if (mode, synchronous) != ("wal", 2):
        sentence = N_("SQLite %(version)s in journal mode %(mode)s, synchronous %(synchronous)s")
        remedy = N_("stop everything that has the file open and start again: it should be wal and 2")
        return Finding(name, State.BAD, sentence, remedy, {**details, "mode": mode, "synchronous": synchronous})
    sentence = N_("SQLite %(version)s in WAL mode; an answer is on the disk before it is acknowledged")
    return Finding(name, State.OK, sentence, details=details)


def _schema(connection: Connection, database: Database) -> Finding:
    name, revision = N_("Schema"), revision_of(connection)
    details = {"revision": revision or "-", "head": head()}
    if revision == head():
        return Finding(name, State.OK, N_("%(revision)s, this program's"), details=details)
    if is_known(revision):
        sentence = N_("%(revision)s is older than this program's, %(head)s")
        return Finding(name, State.BAD, sentence, N_("run: oboegaki data migrate"), details)
    remedy = N_("start a newer Oboegaki, or restore a backup made with this one")
    return Finding(name, State.BAD, N_("%(revision)s is newer than this program's, %(head)s"), remedy, details)


def _clock(connection: Connection, now: datetime) -> Finding:
    """An answer from the future says that the clock goes wrong, or went wrong then."""
    name, newest = N_("Clock"), connection.execute(select(func.max(Review.received_at))).scalar()
    details = {"now": now, "newest": newest}
    if newest is not None and newest - now > _LEEWAY:
        sentence = N_("it is %(now)s here, and an answer was recorded at %(newest)s")
        remedy = N_("set this machine's clock by the network: timedatectl set-ntp true")
        return Finding(name, State.BAD, sentence, remedy, details)
    return Finding(name, State.OK, N_("it is %(now)s"), details=details)


def _zones(connection: Connection, config: Config) -> Finding:
    name, known = N_("Time zones"), time_zones()
    used = {*connection.execute(select(User.time_zone).distinct()).scalars(), config.time_zone}
    missing = sorted(used - known)
    if missing:
        sentence = N_("this system knows no %(zones)s")
        remedy = N_("install the package tzdata, or choose other zones under Account")
        return Finding(name, State.BAD, sentence, remedy, {"zones": ", ".join(missing)})
    sentence = N_("all that are in use are known; new accounts begin in %(zone)s")
    return Finding(name, State.OK, sentence, details={"zone": config.time_zone})


def _last_import(connection: Connection) -> Finding:
    name = N_("Last import")
    at = connection.execute(select(func.max(Import.at)).where(Import.owner_id.is_(None))).scalar()
    if at is None:
        remedy = N_("put deck files into the cards folder: oboegaki deck import")
        return Finding(name, State.WARNING, N_("there was none yet"), remedy)
    live = select(Deck.problems).where(Deck.owner_id.is_(None), Deck.retired_at.is_(None))
    problems = [how_many(found) for found in connection.execute(live).scalars() if found]
    details = {"at": at, "problems": sum(problems), "decks": len(problems)}
    if problems:
        sentence = N_("at %(at)s; problems: %(problems)s, in deck files: %(decks)s")
        return Finding(name, State.WARNING, sentence, N_("look at them line by line on the decks' pages"), details)
    return Finding(name, State.OK, N_("at %(at)s, without a problem"), details=details)
