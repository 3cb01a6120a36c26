"""Statements that are composed, compiled and typed once, and then go to the driver as they are.

For what an answer needs: running one costs a third of what it costs through the whole of SQLAlchemy. The statement
stays a portable one, its parameters and columns keep their types, errors are SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, Integer, bindparam, literal_column
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_Process = Callable[[Any], Any] | None

Handle = Session | Connection
"""What a statement runs on: a session, or where every microsecond counts a connection alone."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for one kind of database. `binds`: name, processor and, of a constant, its value as it is sent."""

    sql: str
    binds: tuple[tuple[str, _Process, bool, Any], ...]
    positional: bool
    row: Callable[..., Any]
    columns: tuple[tuple[int, Callable[[Any], Any]], ...]


class Prepared:
    """One statement. Its parameters must all be named; lists that grow with a parameter are not for here."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, session: Handle, parameters: Mapping[str, Any]) -> list[Any]:
        """The rows, each with its columns by name."""
        connection = _begun(session)
        if connection.dispatch.before_cursor_execute:  # somebody wants to see what is sent
            return list(connection.execute(self._statement, parameters))
        compiled = self._for(connection.dialect)
        rows = self._run(connection, compiled, parameters).fetchall()
        if not compiled.columns:
            return [compiled.row(*row) for row in rows]
        return [_typed(compiled, row) for row in rows]

    def first(self, session: Handle, parameters: Mapping[str, Any]) -> Any:
        """The first row; None when there is none."""
        rows = self.all(session, parameters)
        return rows[0] if rows else None

    def scalar(self, session: Handle, parameters: Mapping[str, Any]) -> Any:
        """The first column of the first row; None when there is none."""
        row = self.first(session, parameters)
        return None if row is None else row[0]

    def run(self, session: Handle, parameters: Mapping[str, Any]) -> None:
        """Execute a statement that gives no rows."""
        connection = _begun(session)
        if connection.dispatch.before_cursor_execute:
            connection.execute(self._statement, parameters)
            return
        self._run(connection, self._for(connection.dialect), parameters).close()

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return found

    def _run(self, connection: Connection, compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
        sent: Any = [
            constant if is_constant else parameters[name] if process is None else process(parameters[name])
            for name, process, is_constant, constant in compiled.binds
        ]
        if not compiled.positional:
            sent = {bind[0]: value for bind, value in zip(compiled.binds, sent, strict=True)}
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(compiled.sql, sent)
        except Exception as error:
            raise _wrapped(connection.dialect, compiled.sql, parameters, error) from error


def at_most(limit: str | int) -> ColumnElement[int]:
    """A limit for `select`, by the name of a parameter or as a number.

    As a bare parameter SQLite would look at its value, and compile the statement anew each time it runs.
    """
    if isinstance(limit, int):
        return literal_column(str(limit), Integer)
    return bindparam(limit, type_=Integer) + literal_column("0", Integer)


@cache
def prepared(statement: Executable) -> Prepared:
    """The statement prepared, the same for the same statement: only for those that are kept."""
    return Prepared(statement)


def _begun(handle: Handle) -> Connection:
    """The connection, in a transaction: what goes to the driver directly would not begin one."""
    if isinstance(handle, Session):
        return handle.connection()
    if not handle.in_transaction():
        handle.begin()
    return handle


def _typed(compiled: _Compiled, row: Any) -> Any:
    values = list(row)
    for at, process in compiled.columns:
        values[at] = process(values[at])
    return compiled.row(*values)


def _wrapped(dialect: Dialect, sql: str, parameters: Any, error: Exception) -> BaseException:
    """A driver's error as SQLAlchemy shows it; anything else stays what it is."""
    driver = dialect.loaded_dbapi.Error
    if not isinstance(error, driver):
        return error
    return DBAPIError.instance(sql, parameters, error, driver, hide_parameters=True, dialect=dialect)


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    names = compiled.positiontup if compiled.positional else list(compiled.binds)
    columns = list(getattr(statement, "selected_columns", ()))
    processes = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    return _Compiled(
        sql=str(compiled),
        binds=tuple(_bind(compiled.binds[name], name, dialect) for name in names),
        positional=compiled.positional,
        row=row,
        columns=tuple((at, process) for at, process in enumerate(processes) if process is not None),
    )


def _bind(bound: Any, name: str, dialect: Dialect) -> tuple[str, _Process, bool, Any]:
    process = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if bound.required:
        return name, process, False, None
    return name, process, True, bound.value if process is None else process(bound.value)
