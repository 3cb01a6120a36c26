"""The plan of an import: who is who in every file that changed. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.decks.identity import Match
from app.decks.note import DeckFile, Note
from app.decks.streaming import DeckStream
from app.importing import gallery
from app.importing.beside import Links, Seen
from app.importing.known import KnownDeck, KnownNote
from app.importing.report import MOST_ITEMS, FileReport, ImportReport, Kind, State, problems_as_json
from app.importing.sources import LeftOut

ABSENT = b""
"""Stands for the content of a file that is not there."""


@dataclass(slots=True)
class FilePlan:
    """What is to become of one file: what it says now, and who its notes are."""

    file: str
    state: State
    digest: bytes
    deck: DeckFile
    was: KnownDeck | None
    """The deck that this file made before."""
    matches: Sequence[Match] = ()
    added: Sequence[int] = ()
    gone: Sequence[int] = ()
    moved_on: dict[int, int] = field(default_factory=dict)
    """Notes that are gone and go on in the place of their copy, in a deck that the import leaves as it is: its id."""
    unchanged: int = 0
    """How many notes an unchanged file holds."""
    shows: Mapping[str, Seen] = field(default_factory=dict)
    """What stands where the notes name a picture or sound."""
    showed: Links = field(default_factory=dict)
    stream: DeckStream | None = None
    """The notes of a large file whose notes are all new; `notes` holds the first of them."""

    @property
    def notes(self) -> Sequence[Note]:
        """The notes that the file holds now."""
        return self.deck.notes

    @property
    def returned(self) -> bool:
        """Whether the file is there again, as it was, after its disappearance was undone."""
        return self.state is State.UNCHANGED and self.was is not None and self.was.held == ABSENT


@dataclass(slots=True)
class Plan:
    """The plan for all files of one owner."""

    owner_id: int | None
    root: str
    decks: list[KnownDeck]
    files: list[FilePlan] = field(default_factory=list)
    known: dict[int, KnownNote] = field(default_factory=dict)
    links: dict[int, dict[str, bytes | None]] = field(default_factory=dict)
    """What every deck shows now, by its id."""
    left_out: list[LeftOut] = field(default_factory=list)

    def report(self) -> ImportReport:
        """The plan as the report that its import will give."""
        report = ImportReport(self.root)
        for file in self.files:
            report.add(self.report_of(file))
        report.leave_out(self.left_out)
        return report

    def report_of(self, file: FilePlan) -> FileReport:
        """What is to become of one file's notes."""
        problems = problems_as_json(file.deck.problems)
        report = FileReport(file.file, file.deck.deck, file.deck.dialect, file.state, problems=problems)
        report.media = gallery.changed(file.showed, file.shows)
        report.is_new = file.was is None
        if file.unchanged:
            report.counts[Kind.SAME] = file.unchanged
        for match in file.matches:
            before, after = self.known[match.id], file.notes[match.new]
            report.add(_kind(before, match), after.line, before.text, after, doubtful=match.doubtful)
        for at in file.added[:MOST_ITEMS]:
            report.add(Kind.NEW, file.notes[at].line, None, file.notes[at])
        report.count_only(Kind.NEW, len(file.added[MOST_ITEMS:]))
        for note_id, copy_id in file.moved_on.items():
            report.add(Kind.MOVED, self.known[note_id].row.line, self.known[note_id].text, self.known[copy_id].text)
        for note_id in file.gone:
            report.add(Kind.RETIRED, self.known[note_id].row.line, self.known[note_id].text, None)
        return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an import is asked to do.

    `whole`: the files are all there are, so that a known file that is not among them is gone. `asked`: somebody
    wants this import, so that content whose import was undone is taken again.
    """

    owner_id: int | None
    root: str
    whole: bool
    asked: bool
    dialect: str | None = None


def _kind(before: KnownNote, match: Match) -> Kind:
    return Kind.BACK if before.row.retired_at is not None else Kind(match.change.value)
