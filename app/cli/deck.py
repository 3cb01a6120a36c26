"""`oboegaki deck`: deck files, from a memo to the database and back."""

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import click

from app import config, exporting, importing, library
from app.cli.context import database
from app.cli.imports import echo_report
from app.decks.cut import cut as cut_memo
from app.decks.detect import READERS
from app.decks.note import DeckFile, Note, NoteKind, Problem
from app.decks.reading import decode
from app.errors import NotFoundError, OboegakiError, RefusedError
from app.importing import Request
from app.importing.planner import make


@click.group()
def deck() -> None:
    """Deck files: cut a memo, check, import, export."""


@deck.command()
@click.argument("memo", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the deck file here [default: print it].")
def cut(memo: Path, output: Path | None) -> None:
    """Write a memo as a deck file for editing.

    Says what of MEMO was left out and why. Exit status 1 when there is not a note in it.
    """
    text = decode(_bytes_of(memo))
    if isinstance(text, Problem):
        raise OboegakiError("%(file)s:%(line)s: %(problem)s", file=memo, line=text.line, problem=str(text))
    result = cut_memo(text, memo.name)
    if not result.notes:
        raise OboegakiError(
            "%(file)s: holds no notes, so nothing was cut; write bullets below a heading: one with something below it "
            'is a note, and so is "term : meaning"',
            file=memo,
        )
    if output is None:
        click.echo(result.text, nl=False)
    else:
        _write_new(output, result.text)
    _echo_problems(memo, result.problems)
    click.echo(f"{memo}: notes: {len(result.notes)}, lines to look at: {len(result.problems)}", err=True)


@deck.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dialect", help="Read every file in this dialect.")
@click.option("--json", "as_json", is_flag=True, help="Print the notes and problems for a program.")
def check(path: Path, dialect: str | None, as_json: bool) -> None:
    """Say what would not become a note.

    Reads the deck files at PATH, and says which pictures and sounds are missing too.
    Exit status 1 when a problem kept a block from becoming a note.
    """
    files, _ = _files(path, config.cards_dir(), None)
    read = list(importing.checked(files, dialect))
    if as_json:
        click.echo(json.dumps([_file_as_json(file, found) for file, found in read], ensure_ascii=False, indent=1))
    else:
        for file, found in read:
            _echo_problems(files.home / file, found.problems, err=False)
            cards = sum(note.cards for note in found.notes)
            click.echo(f"{file}: {found.dialect or 'no dialect'}, notes: {len(found.notes)}, cards: {cards}")
        if not read:
            click.echo(f"{path}: there are no deck files here; they end in .md or .markdown", err=True)
    if any(not problem.warning for _, found in read for problem in found.problems):
        sys.exit(1)


@deck.command("import")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option("--user", "name", metavar="NAME", help="Import as decks of this account instead of the shared library.")
@click.option("--dialect", type=click.Choice(tuple(READERS)), help="Read every file in this dialect.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for a program.")
def import_decks(path: Path | None, dry_run: bool, name: str | None, dialect: str | None, as_json: bool) -> None:
    """Import deck files, keeping everybody's progress.

    PATH is the cards folder unless it is given. Without --user its files become the shared library: a file that is no
    longer there retires its notes. A part of the cards folder, or one file in it, only adds to the library and changes
    it; a path outside the cards folder is refused. With --user NAME any path will do.
    """
    settings = config.from_environment()
    root = path or settings.cards_dir
    with database() as opened:
        owner_id = _owner_id(opened, name)
        files, whole = _files(root, settings.cards_dir, owner_id)
        if owner_id is None:
            _refuse_elsewhere(root, settings.cards_dir)
        request = Request(owner_id=owner_id, root=str(root), whole=whole, asked=True, dialect=dialect)
        if dry_run:
            with opened.reading() as session:
                report = make(session, files, request).report()
        else:
            report = importing.import_files(opened, files, request, None)
    echo_report(report, as_json=as_json)


def _files(root: Path, cards_dir: Path, owner_id: int | None) -> tuple[importing.CardsFolder, bool]:
    """The files of an import, and whether they are all there are: a part of the cards folder is not the library."""
    if os.path.realpath(root) == os.path.realpath(cards_dir):
        return importing.from_folder(root), owner_id is None
    files = importing.from_path(root)
    if owner_id is None and _is_inside(root, cards_dir):
        return importing.from_part(cards_dir, root), False
    return files, False


def _refuse_elsewhere(root: Path, cards_dir: Path) -> None:
    """Refuse what is not in the cards folder: it would take the library's place until the folder is imported again."""
    if not _is_inside(root, cards_dir):
        raise RefusedError(
            "%(path)s: is not in the cards folder %(folder)s, from which the shared library comes; put the files "
            "into that folder, set OBOEGAKI_CARDS_DIR to theirs, or give --user NAME for decks of one account",
            path=root,
            folder=cards_dir,
        )


def _is_inside(root: Path, cards_dir: Path) -> bool:
    """Whether a path leads into the cards folder; `Path.resolve` would raise where links go in a circle."""
    return Path(os.path.realpath(root)).is_relative_to(os.path.realpath(cards_dir))


@deck.command()
@click.argument("deck_path")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the deck file here [default: print it].")
@click.option("--user", "name", help="A deck of this account instead of the shared library.")
def export(deck_path: str, output: Path | None, name: str | None) -> None:
    """Write a deck as a deck file.

    It imports to the notes that are in the deck DECK_PATH (such as Docker/Network) itself, without the decks below.
    """
    with database() as opened:
        owner_id = _owner_id(opened, name)
        with opened.reading() as session:
            found = library.deck_by_path(session, owner_id, deck_path)
            exporting.refuse_empty(session, found)
            text = "".join(exporting.deck_text(session, found))
    if output is None:
        click.echo(text, nl=False)
    else:
        _write_new(output, text)


def _owner_id(opened: Any, name: str | None) -> int | None:
    if name is None:
        return None
    from app.accounts import id_of

    with opened.reading() as session:
        return id_of(session, name)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFoundError(
            "%(path)s: cannot be read (%(reason)s); check the path", path=path, reason=error.strerror
        ) from None


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: what somebody wrote is never overwritten, and no half of a file is left."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            _fill(file, path, text)
    except FileExistsError:
        raise OboegakiError("%(path)s: the file exists and was left as it is; choose another name", path=path) from None
    except OSError as error:
        raise OboegakiError(
            "%(path)s: cannot be written (%(reason)s); check the path", path=path, reason=error.strerror
        ) from None
    click.echo(f"{path}: written", err=True)


def _fill(file: TextIO, path: Path, text: str) -> None:
    try:
        file.write(text)
        file.flush()
    except OSError:
        path.unlink()
        raise


def _echo_problems(file: Path, problems: tuple[Problem, ...], *, err: bool = True) -> None:
    for problem in problems:
        kind = "warning: " if problem.warning else ""
        click.echo(f"{file}:{problem.line}: {kind}{problem}", err=err)


def _file_as_json(file: str, found: DeckFile) -> dict[str, Any]:
    return {
        "file": file,
        "dialect": found.dialect,
        "notes": [_note_as_json(note, found.deck) for note in found.notes],
        "problems": [
            {
                "line": problem.line,
                "code": problem.code,
                "message": problem.message % problem.details,
                "remedy": problem.remedy % problem.details,
            }
            for problem in found.problems
        ],
    }


def _note_as_json(note: Note, deck_path: str) -> dict[str, Any]:
    is_cloze = note.kind is NoteKind.CLOZE
    deletions = [
        {name: value for name, value in one._asdict().items() if name != "hint" or value} for one in note.deletions
    ]
    return {
        "kind": note.kind.value,
        "front": None if is_cloze else note.front,
        "back": None if is_cloze else note.back,
        "text": note.front if is_cloze else None,
        "deletions": deletions,
        "cards": note.cards,
        "tags": list(note.tags),
        "deck": deck_path,
        "line": note.line,
    }
