"""`oboegaki serve`: bring everything up to date, then hand over to uWSGI."""

import os
import sys
from pathlib import Path

import click

from app import clock, config, importing, setup_code
from app.config import Config
from app.db import Database
from app.errors import OboegakiError, SetupError
from app.renderings import forget_other_renderers

_INI = Path(__file__).resolve().parent.parent.parent / "uwsgi.ini"


@click.command()
@click.option("--http", "http", default="127.0.0.1:8000", show_default=True, help="Serve HTTP on this address.")
@click.option("--socket", help="Serve the uwsgi protocol on this address instead, for a web server in front.")
@click.option("--address", help="Where people reach the server, for the set-up link [default: from --http].")
def serve(http: str, socket: str | None, address: str | None) -> None:
    """Migrate the database, import the decks, print the set-up link while there is no account, and serve."""
    settings = config.from_environment()
    greeting = prepare(settings, address or f"http://{http}")
    server = Path(sys.executable).with_name("uwsgi")
    if not server.exists():
        raise SetupError("%(path)s: uWSGI is not installed beside Python; install the package pyuwsgi", path=server)
    listen = ["--socket", socket] if socket else ["--http-socket", http]
    click.echo(greeting)
    sys.stdout.flush()
    os.environ["OBOEGAKI_GREETING"] = greeting  # not an argument: everybody on a machine may read those
    os.execv(server, [str(server), "--ini", str(_INI), *listen])  # noqa: S606 - the server replaces this process


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
        return f"Set up the first account: {address}{settings.base_path}/set-up?code={code}"
    return f"Oboegaki is at {address}{settings.base_path}/"


def _import_library(database: Database, settings: Config) -> None:
    """A library that cannot be imported keeps nobody from reviewing what was imported before."""
    try:
        report = importing.run(database, settings)
    except OboegakiError as error:
        click.echo(f"The decks were not imported: {error}", err=True)
        return
    click.echo(report.summary)
