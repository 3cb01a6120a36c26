"""The command `oboegaki <object> <verb>`: parse, call, print, exit code. One module for each object.

Commands print their result on standard output and everything else on standard error; a mistake is one sentence
and exit status 1, a wrong call exit status 2.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError

from app.cli.data import data
from app.cli.deck import deck
from app.cli.doctor import doctor
from app.cli.due import due
from app.cli.serve import serve
from app.cli.user import user
from app.errors import OboegakiError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oboegaki", prog_name="oboegaki")
def oboegaki() -> None:
    """Flashcards from Markdown notes, brought back on the day SM-2 says."""


for _command in (deck, user, data, due, doctor, serve):
    oboegaki.add_command(_command)


def main() -> None:
    """The console script: what went wrong is one sentence on standard error and exit status 1."""
    with _one_sentence():
        oboegaki()


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except OboegakiError as error:
        click.echo(f"oboegaki: {error}", err=True)
        sys.exit(1)
    except OperationalError as error:
        reason = str(error.orig).partition("\n")[0]
        remedy = "look at it and at OBOEGAKI_DATABASE_URL, and try again"
        click.echo(f"oboegaki: the database does not answer ({reason}); {remedy}", err=True)
        sys.exit(1)
