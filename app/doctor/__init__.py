"""`oboegaki doctor` and the administrator's page: is everything as it should be, and what is to be done if not."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from app.config import Config
from app.db import Database
from app.doctor import settings, storage, tables
from app.doctor.finding import Finding, State, bytes_in_words
from app.file_system import MOUNTS

__all__ = ["Finding", "Seen", "State", "bytes_in_words", "examine"]


class Seen(NamedTuple):
    """A request as it arrived: its headers, and the address that the app takes for the client's."""

    headers: Mapping[str, str]
    client: str


def examine(config: Config, database: Database, now: datetime, seen: Seen | None = None) -> list[Finding]:
    """Look at everything, in the order in which one thing rests on another; changes nothing.

    What stands in front of the app can only be told from a request: without one it is left out.
    """
    return [*_storage(config, now), *tables.examine(config, database, now), *_settings(config, seen)]


def _storage(config: Config, now: datetime) -> Iterator[Finding]:
    yield storage.data_folder(config)
    yield storage.file_system(config, MOUNTS)
    yield storage.disk(config)
    yield storage.last_backup(config, now)


def _settings(config: Config, seen: Seen | None) -> Iterator[Finding]:
    yield settings.secret_key(config)
    if seen is None:
        yield settings.base_path(config)
    else:
        yield settings.prefix(config, seen.headers)
        yield settings.proxies(config, seen.headers, seen.client)
