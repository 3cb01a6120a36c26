"""Deck files as an import would read them if nothing was known yet: their notes, and all that is wrong with them."""

from collections.abc import Iterator

from app.decks.note import DeckFile
from app.importing.beside import Beside, Shown
from app.importing.planner import deck_file
from app.importing.sources import SourceFile, Sources


def checked(sources: Sources, dialect: str | None = None) -> Iterator[tuple[str, DeckFile]]:
    """Each file's path and what is read of it, problems with its pictures and sounds among the others by line."""
    beside = Beside(lambda _digest: False, sources)
    for source in sources:
        yield source.file, _checked(source, dialect, beside)


def _checked(source: SourceFile, dialect: str | None, beside: Beside) -> DeckFile:
    found = deck_file(source, None, dialect)
    shown = Shown().look(found.notes if source.may_show else ())
    return found.with_problems(beside.links(source.file, shown, {}, source)[1])
