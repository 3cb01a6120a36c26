"""`oboegaki data`: the database as a whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from app import backups, checking, clock, config
from app.backups import restoring
from app.db import Database


@click.group()
def data() -> None:
    """The database: migrate, back up, restore, check."""


@data.command()
def migrate() -> None:
    """Bring the schema up to this program's.

    Doing it again changes nothing. A backup is made before a change.
    """
    opened = Database(config.from_environment())
    opened.migrate()
    opened.close()
    click.echo("The schema is this program's.")


@data.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Into this folder [default: backups/ in the data folder]."
)
def backup(folder: Path | None) -> None:
    """Back the database up while the server runs.

    Into backups/ in the data folder; prints the file's path. The copy is of one moment, checked, and has its SHA-256
    beside it. All backups of the last day are kept, then the newest of 7 days, 4 weeks and 12 months.
    """
    made = backups.make_backup(config.from_environment(), clock.now(), folder and folder.absolute())
    click.echo(made.file)


@data.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def verify(file: Path | None) -> None:
    """Check a backup and say what it holds.

    The backup FILE [default: the newest] is checked for checksum, every page, every key.
    """
    found = backups.verify(file or backups.newest(backups.backups_folder(config.from_environment())))
    click.echo(f"{found.file}: sound, holds {found.contents}, {_checksum_words(found.has_checksum)}")


def _checksum_words(has_checksum: bool) -> str:
    return "and is as it was written" if has_checksum else "no checksum stands beside it"


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Make the backup FILE the database.

    The server has to be stopped; the database from before is kept beside it. The backup is checked first, and an older
    one is brought up to this program. All devices have to log in again.
    """
    done = restoring.restore(config.from_environment(), file.absolute(), clock.now())
    click.echo(f"Restored {file}: {done.contents}. All devices have to log in again.")
    if done.migrated:
        click.echo("Its schema was older and is this program's now.")
    if done.kept is not None:
        click.echo(f"The database from before is {done.kept}; delete it when you no longer need it.")


@data.command()
@click.option("--repair", is_flag=True, help="Make anew what follows from other rows; reviews stay as they are.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def check(repair: bool, as_json: bool) -> None:
    """Check the database, row by row.

    That the file is sound, every row in its place, and every schedule the replay of its log. Changes nothing without
    --repair. Exit status 1 when something is wrong, or still wrong after a repair.
    """
    opened = Database(config.from_environment())
    try:
        done = checking.repair(opened) if repair else checking.Repaired((), checking.look(opened))
    finally:
        opened.close()
    click.echo(_as_json(done) if as_json else "\n".join(_as_lines(done)))
    if done.left.count:
        raise SystemExit(1)


def _as_json(done: checking.Repaired) -> str:
    left = done.left
    lists = {"faults": left.faults, "repaired": done.mended}
    found = {name: [fault._asdict() for fault in faults] for name, faults in lists.items()}
    return json.dumps({"schedules": left.schedules, "reviews": left.reviews, "more": left.more} | found)


def _as_lines(done: checking.Repaired) -> Iterator[str]:
    for fault in done.mended:
        yield f"repaired: {fault.place}: {fault.problem}"
    yield from map(str, done.left.faults)
    if done.left.more:
        yield f"and {done.left.more} more"
    verdict = f"{done.left.count} faults" if done.left.count else "every schedule equals the replay of its log"
    yield f"{done.left.schedules} schedules, {done.left.reviews} reviews: {verdict}"
