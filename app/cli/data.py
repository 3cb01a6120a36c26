"""`oboegaki data`: the database as a whole."""

import json

import click

from app import checking, config
from app.cli.context import database
from app.db import Database


@click.group()
def data() -> None:
    """The database as a whole: bring it up to date, check it."""


@data.command()
def migrate() -> None:
    """Bring the schema up to this program's; doing it again changes nothing."""
    opened = Database(config.from_environment())
    opened.migrate()
    opened.close()
    click.echo("The schema is this program's.")


@data.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def check(as_json: bool) -> None:
    """Check that the database is sound and that every schedule equals the replay of its log.

    Changes nothing. Exit status 1 when something is wrong.
    """
    with database() as opened, opened.reading() as session:
        result = checking.check(session)
    if as_json:
        found = [fault._asdict() for fault in result.faults]
        click.echo(json.dumps({"schedules": result.schedules, "reviews": result.reviews, "faults": found}))
    else:
        for fault in result.faults:
            click.echo(str(fault))
        verdict = f"{len(result.faults)} faults" if result.faults else "every schedule equals the replay of its log"
        click.echo(f"{result.schedules} schedules, {result.reviews} reviews: {verdict}")
    if result.faults:
        raise SystemExit(1)
