"""Alembic's way into the database: the connection it is handed, or the running app's engine."""

from typing import Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.types import TypeEngine

from app.models import Base, UTCDateTime


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _differs(
    _context: object, _inspected: object, _column: object, inspected: TypeEngine[object], ours: TypeEngine[object]
) -> bool | None:
    """SQLite keeps the affinity of a JSON or UUID column, not its name; the rest Alembic compares itself."""
    return False if isinstance(ours, UTCDateTime) else None


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_render,
        compare_type=_differs,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _migrate(_given)
else:
    with current_app.extensions["database"].engine.connect() as _own:
        _migrate(_own)
        _own.commit()
