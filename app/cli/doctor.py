"""`oboegaki doctor`: whether everything is as it should be, and what to do if not."""

import json

import click

from app import clock, config
from app.db import Database
from app.doctor import Finding, State, examine
from app.errors import SetupError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list with one object a finding.")
def doctor(as_json: bool) -> None:
    """Say what is wrong and what to do.

    Looks at data folder, disk, backups, database, clock, last import, key and base path. Changes nothing. Exit status
    1 when something is bad; a warning alone is none. What proxies send can only be seen in a browser: Account, Server,
    Doctor.
    """
    findings = _findings()
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(str(finding))
    if any(finding.state is State.BAD for finding in findings):
        raise SystemExit(1)


def _findings() -> list[Finding]:
    """What there is to say; where the server would not even start, that alone."""
    try:
        settings = config.from_environment()
        database = Database(settings)
    except SetupError as error:
        return [Finding("Start", State.BAD, "%(error)s", details={"error": str(error)})]
    try:
        return examine(settings, database, clock.now())
    finally:
        database.close()
