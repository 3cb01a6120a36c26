"""Whole numbers in addresses and forms: what no row can have as its number is found nowhere, and never asked for."""

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1
"""The largest number of a row in PostgreSQL; asked for a larger one, it answers with an error, as SQLite's driver does
from 2**63 on."""

_LONGEST = len(str(LARGEST))


class RowNumber(IntegerConverter):
    """`<int:...>` in an address, up to LARGEST: a larger number is no address of this app (404)."""

    def __init__(self, map: Map, max: int = LARGEST) -> None:
        super().__init__(map, max=max)


def init_app(app: Flask) -> None:
    """Let the addresses of the app take no number that no row can have."""
    app.url_map.converters["int"] = RowNumber


def whole_number(text: str) -> int:
    """The number from 0 to LARGEST that a text writes in digits; raises ValueError for any other text."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST or int(text) > LARGEST:
        raise ValueError(f"not a whole number from 0 to {LARGEST}")
    return int(text)


def number_argument(name: str) -> int | None:
    """The number of a row from the address's arguments, None where there is none; any other text answers 404."""
    if name not in request.args:
        return None
    try:
        return whole_number(request.args[name])
    except ValueError:
        abort(404)
