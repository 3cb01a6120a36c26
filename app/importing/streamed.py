"""A large deck file on its first import: its notes are written while they are read."""

from app.decks.streaming import DeckStream
from app.importing.beside import Shown
from app.importing.gallery import Gallery
from app.importing.plan import FilePlan
from app.importing.planner import Planner
from app.importing.shelf import Shelf
from app.importing.writing import Writer


def write(file: FilePlan, stream: DeckStream, shelf: Shelf, writer: Writer, gallery: Gallery, planner: Planner) -> None:
    """Write the notes of `file`, and then what can only be told when they have all come: its problems and pictures."""
    deck_id, shown = shelf.deck_of(file), Shown()
    file.added = range(writer.write_new(shown.watching(stream), deck_id))
    file.deck = file.deck._replace(problems=(*file.deck.problems, *stream.problems))
    planner.look_beside(file, shown, None)
    shelf.tell(deck_id, file)
    gallery.hang(deck_id, file.shows)
