"""`oboegaki serve`: bring everything up to date, then hand over to uWSGI."""

import os
import re
import signal
import sys
from collections.abc import Mapping, MutableMapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click

from app import clock, config, importing, setup_code, stopping
from app.backups import NOT_SQLITE
from app.cli import listening
from app.config import Config
from app.db import Database
from app.errors import OboegakiError, SetupError
from app.renderings import forget_other_renderers

_INI = Path(__file__).resolve().parent.parent.parent / "uwsgi.ini"

_NUMBERS = {
    "OBOEGAKI_PROCESSES": ("2", range(1, 65)),
    "OBOEGAKI_THREADS": ("4", range(1, 65)),
    "OBOEGAKI_BACKUP_HOUR": ("3", range(24)),
}
"""What uwsgi.ini reads from the environment: default, and what it may be."""

_MALLOC = "MALLOC_MMAP_THRESHOLD_"
_LARGE_BYTES = str(1024 * 1024)
"""glibc gives a block of this size back to the system when it is freed (mallopt(3)); unless told so it learns to keep
such blocks, and each thread of a worker would keep the 19 MiB of the password hash that it computed."""

_CLEANING_UP_SECONDS = 3
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:(?P<host>[a-z0-9_.-]+)|(?P<open>\[)?(?P<six>[0-9a-f.:]+?)(?(open)\]))"
    r"(?::(?P<port>[0-9]{1,5}))?/*",
    re.IGNORECASE | re.ASCII,
)
"""As people type it; the brackets of IPv6 may be missing in front of a port, as where compose puts the two together."""
_LAST_PORT = 65535
_HERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - looked up, not listened on
"""Where this machine reaches what listens on all addresses; a port published on [::] answers at no IPv4 address."""


@click.command()
@click.option(
    "--http", "http", default="127.0.0.1:8000", metavar="HOST:PORT", show_default=True, help="Serve HTTP here."
)
@click.option(
    "--socket",
    metavar="HOST:PORT",
    help="Serve the uwsgi protocol here instead, or on a file, for a web server in front.",
)
@click.option(
    "--address",
    envvar="OBOEGAKI_ADDRESS",
    help="Where people reach the server, for the set-up link [default: OBOEGAKI_ADDRESS, else from --http].",
)
def serve(http: str, socket: str | None, address: str | None) -> None:
    """Migrate the database, import the decks, and serve.

    While there is no account, the last line that is printed at the start is the set-up link.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    if socket:
        listening.refuse_uwsgi(socket)
    else:
        listening.refuse_http(http)
    address = public_address(address or f"http://{http}")
    os.environ.update(server_environment(os.environ, address))
    settings = config.from_environment()
    greeting = prepare(settings, address)
    server = Path(sys.executable).with_name("uwsgi")
    if not server.exists():
        raise SetupError("%(path)s: uWSGI is not installed beside Python; install the package pyuwsgi", path=server)
    listen = ["--uwsgi-socket", socket] if socket else ["--http-socket", http]
    if settings.database_file is None:
        click.echo(no_nightly_backup(os.environ))
    sys.stdout.flush()
    os.environ["OBOEGAKI_GREETING"] = greeting  # not an argument: everybody on a machine may read those
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping.TELLING)  # a wish to stop waits until it is listened to
    if signal.alarm(0):  # it came before, and its exit was dropped
        sys.exit(0)
    kept = [sys.executable, "-I", stopping.__file__, str(server), "--ini", str(_INI), *listen]
    os.execv(sys.executable, kept)  # noqa: S606 - the server, and who stops it, replace this process


def public_address(given: str) -> str:
    """An address as people type it: with a scheme, without a slash at its end; this machine where all are listened on.

    Raises SetupError for what is no address.
    """
    parts = _ADDRESS.fullmatch(given)
    if parts is None or not _is_possible(parts):
        raise SetupError(
            "OBOEGAKI_ADDRESS=%(given)s: is not an address; use one such as https://cards.example.org, "
            "and OBOEGAKI_BASE_PATH for a path below it",
            given=given,
        )
    host = parts["host"] or f"[{parts['six']}]"
    port = f":{parts['port']}" if parts["port"] else ""
    return f"{parts['scheme'].lower()}://{_HERE.get(host, host)}{port}"


def _is_possible(parts: re.Match[str]) -> bool:
    """Whether there are such an IPv6 address and such a port."""
    try:
        ip_address(parts["six"] or "::")
    except ValueError:
        return False
    return parts["port"] is None or 1 <= int(parts["port"]) <= _LAST_PORT


def server_environment(environ: Mapping[str, str], address: str) -> dict[str, str]:
    """What uWSGI, its cron and the app need in their environment. Raises SetupError for a number out of range."""
    found = {
        "OBOEGAKI_COMMAND": str(Path(sys.executable).with_name("oboegaki")),
        _MALLOC: environ.get(_MALLOC) or _LARGE_BYTES,
    }
    for name, (default, allowed) in _NUMBERS.items():
        value = environ.get(name) or default
        if not (value.isascii() and value.isdecimal() and int(value) in allowed):
            raise SetupError(f"{name}={value}: is not a number from {allowed[0]} to {allowed[-1]}; use {default}")
        found[name] = value
    host = urlsplit(address).hostname or ""
    if ":" not in host:  # the name that people type is one that is answered to
        found["OBOEGAKI_HOSTS"] = ",".join(filter(None, (environ.get("OBOEGAKI_HOSTS"), host)))
    return found


def no_nightly_backup(environ: MutableMapping[str, str]) -> str:
    """Let uWSGI's cron make no backup, where each would be a failure in the log; the sentence that says what to do."""
    environ.pop("OBOEGAKI_BACKUP_HOUR", None)
    return f"No backup is made at night. {NOT_SQLITE}"


def prepare(settings: Config, address: str) -> str:
    """Everything between an empty data folder and a server that can answer; what there is to tell in the end."""
    database = Database(settings)
    database.migrate()
    with database.writing() as session:
        forget_other_renderers(session)
    _import_library(database, settings)
    with database.writing() as session:
        code = setup_code.issue_setup_code(session, clock.now())
    database.close()
    if code is not None:
        return setup_code.told(f"{address}{settings.base_path}/set-up", code)
    return f"Oboegaki is at {address}{settings.base_path}/"


def _import_library(database: Database, settings: Config) -> None:
    """A library that cannot be imported keeps nobody from reviewing what was imported before."""
    try:
        report = importing.run(database, settings)
    except OboegakiError as error:
        click.echo(f"The decks were not imported: {error}", err=True)
        return
    click.echo(report.summary)


def _stop(_signal: int, _frame: object) -> None:
    """Stop before uWSGI runs, too: the first process of a container is not stopped by SIGTERM unless it says so.

    Python drops what is raised in a callback; so there is an end after some seconds, in which a change is taken back.
    """
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(_CLEANING_UP_SECONDS)
    sys.exit(0)
