"""Whose decks and imports: those of an account, or those of the shared library, which belong to nobody."""

from sqlalchemy import ColumnElement

from app.models import Deck, Import


def of_owner(owner_id: int | None, table: type[Deck] | type[Import] = Deck) -> ColumnElement[bool]:
    """The rows of an account; None for those of the shared library."""
    return table.owner_id.is_(None) if owner_id is None else table.owner_id == owner_id
