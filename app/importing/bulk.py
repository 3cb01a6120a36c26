"""Rows by the thousand, as tuples straight to the driver: a mapping of each costs as much as writing it."""

from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

AT_ONCE = 1000


class Bulk:
    """Waiting rows of one table: tuples of all columns in the order of the table, as the driver takes them."""

    def __init__(self, session: Session, table: Any) -> None:
        rows: Table = table.__table__
        self.waiting: list[tuple[Any, ...]] = []
        self._session = session
        self._names = [column.name for column in rows.columns]
        statement = insert(rows).compile(dialect=session.get_bind().dialect, column_keys=self._names)
        self._sql = str(statement)
        self._by_place = statement.positiontup == self._names

    def write(self) -> None:
        """Write the waiting rows."""
        if self.waiting:
            self._session.connection().exec_driver_sql(self._sql, self._parameters())
            self.waiting = []

    def _parameters(self) -> Any:
        """The rows, by name for a driver whose statements have no places."""
        if self._by_place:
            return self.waiting
        return [dict(zip(self._names, row, strict=True)) for row in self.waiting]
