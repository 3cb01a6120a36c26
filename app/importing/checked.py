"""Deck files as an import would read them if nothing was known yet: their notes, and all that is wrong with them."""

from collections.abc import Iterator

from app.decks.note import DeckFile, Problem
from app.decks.reading import decode, read_deck_file
from app.importing.beside import Beside, Shown
from app.importing.sources import SourceFile, Sources


def checked(sources: Sources, dialect: str | None = None) -> Iterator[tuple[str, DeckFile]]:
    """Each file's path and what is read of it, problems with its pictures and sounds among the others by line."""
    beside = Beside(lambda _digest: False, sources)
    for source in sources:
        yield source.file, _checked(source, dialect, beside)


def _checked(source: SourceFile, dialect: str | None, beside: Beside) -> DeckFile:
    if source.fault is not None:
        return DeckFile(source.file, None, (), (source.fault,))
    data = source.read()
    found = read_deck_file(data, source.file, dialect)
    shown = Shown().look(found.notes if source.may_show else ())
    text = decode(data) if shown.places else ""
    _, problems = beside.links(source.file, shown, {}, "" if isinstance(text, Problem) else text)
    return found.with_problems(problems)
