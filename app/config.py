"""Every setting once: environment variable, default, check. A wrong one stops the start with one sentence."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import available_timezones

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.errors import SetupError
from app.file_system import MOUNTS, NETWORK, mount_of

_PROJECT = Path(__file__).resolve().parent.parent
_SHORTEST_SECRET = 32
_LOCKS = ("write.lock", "in-use.lock")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one running server or command."""

    data_dir: Path
    cards_dir: Path
    database_url: str
    secret_key: str
    time_zone: str = "UTC"
    base_path: str = ""
    """Where the app is served below its host: empty, or `/cards`."""
    trusted_proxies: int = 0
    """How many proxies in front add to X-Forwarded-For and X-Forwarded-Proto."""
    remote_images: bool = False
    secret_key_file: Path | None = None
    """Where the secret key was read; None when the environment holds it."""
    hosts: tuple[str, ...] = ()
    """Public names that people reach the server by, in lower case; addresses and local names always do."""

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is the SQLite file in the data folder."""
        return self.database_url.startswith("sqlite")

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None for a database that is none."""
        url = make_url(self.database_url)
        return Path(url.database).absolute() if self.uses_sqlite and url.database not in (None, ":memory:") else None

    @property
    def database_files(self) -> list[Path]:
        """What there is of a SQLite database, all of which has to be written: the file, its log, the locks."""
        file = self.database_file
        if file is None:
            return []
        beside = [file.with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm")]
        return [path for path in (*beside, *(self.data_dir / lock for lock in _LOCKS)) if path.exists()]


def from_environment(environ: Mapping[str, str] = os.environ, mounts: Path = MOUNTS) -> Config:
    """The settings as the environment gives them; makes the data folder and the secret key when they are missing.

    Raises SetupError with one sentence that names the variable, what is wrong with it and what it may be.
    """
    data_dir = Path(environ.get("OBOEGAKI_DATA_DIR") or _PROJECT / "data").absolute()
    _make_writable(data_dir)
    config = _from_environment(environ, data_dir)
    if config.database_file:
        _refuse_network(config.database_file.parent, mounts)
    return config


def cards_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the shared library, for those who need nothing else; nothing is made."""
    return Path(environ.get("OBOEGAKI_CARDS_DIR") or _PROJECT / "cards").absolute()


def _from_environment(environ: Mapping[str, str], data_dir: Path) -> Config:
    return Config(
        data_dir=data_dir,
        cards_dir=cards_dir(environ),
        database_url=_database_url(environ, data_dir),
        secret_key=_secret_key(environ, data_dir),
        secret_key_file=_secret_key_file(environ, data_dir),
        time_zone=_checked(environ, "OBOEGAKI_TIME_ZONE", "UTC", time_zone),
        base_path=_checked(environ, "OBOEGAKI_BASE_PATH", "", _base_path),
        trusted_proxies=_checked(environ, "OBOEGAKI_TRUSTED_PROXIES", "0", _proxies),
        remote_images=_checked(environ, "OBOEGAKI_REMOTE_IMAGES", "off", _switch),
        hosts=_checked(environ, "OBOEGAKI_HOSTS", "", _hosts),
    )


def time_zone(name: str) -> str:
    """`name` if it is a time zone such as Asia/Tokyo; raises ValueError that says what one looks like."""
    if name not in time_zones():
        raise ValueError("is not a time zone; use a name such as Asia/Tokyo")
    return name


@cache
def time_zones() -> frozenset[str]:
    """All that have a name everywhere: systems have files for more, with which no page could tell a moment."""
    return frozenset(available_timezones() - {"Factory", "localtime"})


def _sqlite_url(file: Path) -> str:
    """The URL of a SQLite file, whatever signs its path has that mean something in a URL."""
    return URL.create("sqlite", database=str(file)).render_as_string()


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    """The database that the app can use. The URL may hold a password, so no error repeats it."""
    value = environ.get("OBOEGAKI_DATABASE_URL") or _sqlite_url(data_dir / "oboegaki.db")
    file = environ.get("OBOEGAKI_DATABASE_PASSWORD_FILE")
    try:
        url = make_url(value)
        if url.get_backend_name() == "postgresql" and file:
            return url.set(password=_database_password(Path(file))).render_as_string(hide_password=False)
        if url.get_backend_name() in ("sqlite", "postgresql"):
            return value
    except ArgumentError:
        pass
    raise SetupError(
        "OBOEGAKI_DATABASE_URL: is not the address of a SQLite or PostgreSQL database; use one such as "
        "postgresql+psycopg://USER@HOST/DATABASE, or leave it empty"
    )


def _database_password(file: Path) -> str:
    """The password in a file without its last line's end, as PostgreSQL's image reads the same file."""
    try:
        password = file.read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError):
        raise SetupError(
            f"{file}: the password of the database cannot be read; let user id {os.getuid()} read the file"
        ) from None
    if not password:
        raise SetupError(f"{file}: the password of the database is empty; write one into the file")
    return password


def _checked(environ: Mapping[str, str], name: str, default: str, check: Callable[[str], _Value]) -> _Value:
    value = environ.get(name) or default
    try:
        return check(value)
    except ValueError as error:
        raise SetupError(f"{name}={value}: {error}") from None


def _base_path(value: str) -> str:
    path = value.rstrip("/")
    if path and (not path.startswith("/") or any(part in ("", ".", "..") for part in path[1:].split("/"))):
        raise ValueError("is not a path; use one such as /cards, or leave it empty")
    return path


def _proxies(value: str) -> int:
    if not value.isdecimal() or int(value) > 9:
        raise ValueError("is not a number of proxies; use 0 when nothing stands in front, else how many do")
    return int(value)


def _switch(value: str) -> bool:
    if value not in ("on", "off"):
        raise ValueError('is neither "on" nor "off"; use one of the two')
    return value == "on"


def _hosts(value: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower().rstrip(".") for name in value.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"[a-z0-9_.-]+", name):
            raise ValueError("is not a list of host names; use names such as cards.example.org, separated by commas")
    return names


def _make_writable(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds everybody's everything
    except OSError as error:
        raise SetupError(
            f"{data_dir}: the data folder cannot be made ({error.strerror}); make it, or set OBOEGAKI_DATA_DIR"
        ) from None
    if os.statvfs(data_dir).f_flag & os.ST_RDONLY:
        raise SetupError(
            f"{data_dir}: the data folder is mounted read-only; mount it for writing, or set OBOEGAKI_DATA_DIR. "
            "A disk that fails is made read-only by the system: its log says so"
        )
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise SetupError(
            f"{data_dir}: the data folder cannot be written by user id {os.getuid()}; "
            "give it to that user, or set OBOEGAKI_DATA_DIR"
        )


def _refuse_network(folder: Path, mounts: Path) -> None:
    mount = mount_of(folder, mounts)
    if mount and mount.type in NETWORK:
        raise SetupError(
            f"{folder}: the database is on a network file system ({mount.type}), where SQLite can lose answers; "
            "set OBOEGAKI_DATA_DIR to a folder on a disk of this machine"
        )


def _secret_key_file(environ: Mapping[str, str], data_dir: Path) -> Path | None:
    if environ.get("OBOEGAKI_SECRET_KEY"):
        return None
    return Path(environ.get("OBOEGAKI_SECRET_KEY_FILE") or data_dir / "secret_key").absolute()


def _secret_key(environ: Mapping[str, str], data_dir: Path) -> str:
    if given := environ.get("OBOEGAKI_SECRET_KEY"):
        return _long_enough(given, "OBOEGAKI_SECRET_KEY")
    path = Path(environ.get("OBOEGAKI_SECRET_KEY_FILE") or data_dir / "secret_key")
    if not path.exists() and not environ.get("OBOEGAKI_SECRET_KEY_FILE"):
        _write_new_key(path)
    try:
        return _long_enough(path.read_text().strip(), str(path))
    except (OSError, UnicodeDecodeError):
        raise SetupError(f"{path}: the secret key cannot be read; let user id {os.getuid()} read the file") from None


def _long_enough(key: str, place: str) -> str:
    if len(key) < _SHORTEST_SECRET:
        raise SetupError(f"{place}: the secret key is shorter than {_SHORTEST_SECRET} characters; use a longer one")
    return key


def _write_new_key(path: Path) -> None:
    """Write a key of mode 0600 whole or not at all, and leave the one that another process was quicker to write."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
