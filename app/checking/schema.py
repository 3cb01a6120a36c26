"""Whether tables, indexes and triggers are those of this program."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import pysqlite3
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session

from app.checking.fault import REPAIR, RESTORE, Fault
from app.models import Base
from app.schema import upgrade

TRIGGERS = ("reviews_never_change", "reviews_never_go")
"""What keeps the log append-only, in every kind of database."""

_HELD = text("SELECT type, name, tbl_name AS owner, sql FROM sqlite_schema WHERE sql IS NOT NULL")
_POSTGRESQL_TRIGGERS = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")


class Piece(NamedTuple):
    """A table, an index or a trigger of a SQLite database, as the statement that makes it."""

    kind: str
    name: str
    table: str
    sql: str


def faults(session: Session) -> Iterator[Fault]:
    """What is missing, or is there and is not what this program made."""
    if session.get_bind().dialect.name == "sqlite":
        yield from _differences(pieces(session), expected())
    else:
        yield from _missing(session)


def pieces(session: Session) -> dict[tuple[str, str], Piece]:
    """What a SQLite database is made of, by kind and name."""
    rows = session.execute(_HELD)
    return {(row.type, row.name): Piece(row.type, row.name, row.owner, " ".join(row.sql.split())) for row in rows}


@cache
def expected() -> Mapping[tuple[str, str], Piece]:
    """What the migrations make of an empty SQLite database."""
    engine = create_engine("sqlite://", module=pysqlite3)
    with engine.begin() as connection:
        upgrade(connection)
        with Session(connection) as session:
            made = pieces(session)
    engine.dispose()
    return made


def is_whole(found: list[Fault]) -> bool:
    """Whether every table is there as this program made it, so that its rows can be looked at."""
    return all(fault.is_repairable for fault in found)


def is_foreign(piece: Piece) -> bool:
    """Whether it is a trigger on a table of ours that this program did not make: it acts behind the program's back."""
    return (
        piece.kind == "trigger" and piece.table in Base.metadata.tables and (piece.kind, piece.name) not in expected()
    )


def _differences(found: Mapping[tuple[str, str], Piece], wanted: Mapping[tuple[str, str], Piece]) -> Iterator[Fault]:
    for key, piece in wanted.items():
        remedy = RESTORE if piece.kind == "table" else REPAIR
        if key not in found:
            yield Fault(f"{piece.kind} {piece.name}", "is missing", remedy)
        elif found[key].sql != piece.sql:
            yield Fault(f"{piece.kind} {piece.name}", "is not the one that this program makes", remedy)
    for piece in found.values():
        if is_foreign(piece):
            yield Fault(f"trigger {piece.name}", f"is not this program's and acts on {piece.table}", REPAIR)


def _missing(session: Session) -> Iterator[Fault]:
    """Tables, columns, indexes and triggers that are not there, by name."""
    inspector = inspect(session.connection())
    there = set(inspector.get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name not in there:
            yield Fault(f"table {table.name}", "is missing", RESTORE)
            continue
        for column in {column.name for column in table.c} - {one["name"] for one in inspector.get_columns(table.name)}:
            yield Fault(f"table {table.name}", f"lacks the column {column}", RESTORE)
        for index in {str(one.name) for one in table.indexes} - {
            str(one["name"]) for one in inspector.get_indexes(table.name)
        }:
            yield Fault(f"index {index}", "is missing", RESTORE)
    for trigger in set(TRIGGERS) - set(session.scalars(_POSTGRESQL_TRIGGERS)):
        yield Fault(f"trigger {trigger}", "is missing", RESTORE)
