"""What a deck file says, as values: notes, their deletions, and the problems of blocks that became no note."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class NoteKind(StrEnum):
    """How many cards a note makes: one, one in each direction, or one for each cloze number."""

    BASIC = "basic"
    REVERSED = "reversed"
    CLOZE = "cloze"


class Deletion(NamedTuple):
    """A marked span of a cloze: `start` counts code points in the note's text, `card` counts from 1."""

    answer: str
    start: int
    card: int
    hint: str = ""


class Note(NamedTuple):
    """One block of a deck file; makes 1..n cards.

    Of a cloze, `front` is the whole text with marks and hints taken out, and `back` is empty. `heading` is the way
    to the note inside its file (`A › B`), shown with the card and no part of it. `line` is 1-based.
    """

    kind: NoteKind
    front: str
    back: str = ""
    deletions: tuple[Deletion, ...] = ()
    tags: tuple[str, ...] = ()
    heading: str = ""
    line: int = 0

    @property
    def cards(self) -> int:
        """How many cards the note makes."""
        if self.kind is NoteKind.CLOZE:
            return len({deletion.card for deletion in self.deletions})
        return 2 if self.kind is NoteKind.REVERSED else 1


class Problem(NamedTuple):
    """A place in a deck file that did not become what it was meant to be.

    `message` says what is wrong and `remedy` what to do, both as templates that `details` fills in: a page
    translates the template, the command line prints it in English. A `warning` cost no note.
    """

    line: int
    code: str
    message: str
    remedy: str
    details: dict[str, str] = {}  # noqa: RUF012 - never written to
    warning: bool = False

    def __str__(self) -> str:
        """The sentence as the command line shows it, without the place."""
        return f"{self.message % self.details}; {self.remedy % self.details}"


class DeckFile(NamedTuple):
    """A deck file as read: the deck's path (`Docker/Network`), its dialect, its notes in file order, its problems."""

    deck: str
    dialect: str | None
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]
    language: str = ""

    def with_problems(self, more: Iterable[Problem]) -> "DeckFile":
        """The same with more problems, all in the order of their lines."""
        return self._replace(problems=tuple(sorted((*self.problems, *more), key=lambda each: each.line)))
