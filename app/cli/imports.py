"""An import's report on the terminal."""

import json

import click

from app.importing import ImportReport
from app.importing.report import FileReport, Item, Kind, State, counted, media_in_words

_LONGEST = 70
_SIGNS = {Kind.NEW: "+", Kind.RETIRED: "-", Kind.BACK: "+", Kind.MOVED: "=", Kind.SAME: "="}


def echo_report(report: ImportReport, *, as_json: bool) -> None:
    """Print a plan or what was done: file by file, then the sum in one line."""
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    for file in report.files:
        _echo_file(file)
    for one in report.left_out:
        sentence = f"{one['message']}; {one['remedy']}" % one["details"]
        click.echo(f"{one['file']}: left out: {sentence}")
    if report.more_left_out:
        click.echo(f"and {counted(report.more_left_out, 'more file')} left out")
    click.echo(report.summary)
    if report.import_id is not None:
        click.echo(f"import {report.import_id}")


def _echo_file(file: FileReport) -> None:
    counts = ", ".join(f"{count} {kind}" for kind, count in file.counts.items() if count) or "no notes"
    if file.media:
        counts += f", {media_in_words(file.media)}"
    if file.changes or file.problems or file.state is not State.UNCHANGED:
        click.echo(f"{file.file}: {file.state}: {counts}")
    for problem in file.problems:
        sentence = f"{problem['message']}; {problem['remedy']}" % problem["details"]
        click.echo(f"  {file.file}:{problem['line']}: {sentence}")
    for item in file.items:
        if item.kind is not Kind.NEW or item.doubtful:
            click.echo(f"  {file.file}:{item.line}: {_words(item)}")
    if file.more:
        click.echo(f"  and {file.more} more")


def _words(item: Item) -> str:
    before, after = _short(item.before), _short(item.after)
    texts = " -> ".join(text for text in dict.fromkeys((before, after)) if text)
    return f"{_SIGNS.get(item.kind, '~')} {item.kind}{' (doubtful)' if item.doubtful else ''}: {texts}"


def _short(sides: tuple[str, str] | None) -> str:
    if sides is None:
        return ""
    line = " ".join(sides[0].split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
