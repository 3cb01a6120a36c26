"""The plan of an import: who is who in every file that changed. Nothing is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.decks.identity import FileEdit, Match, Matching, match_files
from app.decks.note import DeckFile, Note
from app.decks.problems import problem
from app.decks.reading import read_deck_file
from app.importing import known
from app.importing.known import KnownDeck, KnownNote
from app.importing.report import MOST_ITEMS, FileReport, ImportReport, Kind, State, problems_as_json
from app.importing.rows import text_key
from app.importing.sources import SourceFile

_UNREADABLE = frozenset(
    {"not-utf8", "file-unreadable", "dialect-unknown", "dialect-none", "dialect-unclear", "dialect-later"}
)
"""Problems that say nothing of the notes in the file: those that are known stay as they are."""

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
    unchanged: int = 0
    """How many notes an unchanged file holds."""

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

    def report(self) -> ImportReport:
        """The plan as the report that its import will give."""
        report = ImportReport(self.root)
        for file in self.files:
            report.add(self.report_of(file))
        return report

    def report_of(self, file: FilePlan) -> FileReport:
        """What is to become of one file's notes."""
        problems = problems_as_json(file.deck.problems)
        report = FileReport(file.file, file.deck.deck, file.deck.dialect, file.state, problems=problems)
        if file.unchanged:
            report.counts[Kind.SAME] = file.unchanged
        for match in file.matches:
            before, after = self.known[match.id], file.notes[match.new]
            report.add(_kind(before, match), after.line, before.text, after, doubtful=match.doubtful)
        for at in file.added[:MOST_ITEMS]:
            report.add(Kind.NEW, file.notes[at].line, None, file.notes[at])
        report.count_only(Kind.NEW, len(file.added[MOST_ITEMS:]))
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


class Planner:
    """Reads file after file, and knows which deck each of them made before."""

    def __init__(self, session: Session, request: Request) -> None:
        self.plan = Plan(request.owner_id, request.root, known.decks(session, request.owner_id))
        self._session = session
        self._request = request
        self._by_file = {deck.file: deck for deck in self.plan.decks if deck.file is not None}

    def read(self, source: SourceFile) -> FilePlan:
        """Read one file, or find that it says what it said before."""
        request = self._request
        was = self._by_file.pop(source.file, None)
        return _read(self._session, source, was, asked=request.asked, dialect=request.dialect)

    def adopt(self, file: FilePlan) -> None:
        """Let a file under a new name have the deck that it made under its old one, once all files were read.

        Content whose import was undone is held under a new name too. Where the import is not of all files, the deck
        of this path may be another file's that was not sent: it is this one's if half of its notes are here.
        """
        if file.was is not None or file.state is not State.READ:
            return
        held = [deck for deck in self._by_file.values() if deck.held == file.digest]
        if held and not self._request.asked:
            file.state, file.was, file.deck = State.HELD, held[0], file.deck._replace(notes=(), problems=())
        else:
            file.was = next((deck for deck in self._by_file.values() if self._is_of(deck, file)), None)
        if file.was is not None:
            self._by_file.pop(file.was.file or "")

    def _is_of(self, deck: KnownDeck, file: FilePlan) -> bool:
        if deck.path != file.deck.deck or deck.retired_at is not None:
            return False
        if self._request.whole:
            return True
        old = [note.row.text_key for note in known.of_deck(self._session, deck.id)]
        return 2 * len(set(old) & {text_key(note) for note in file.notes}) >= len(old)

    def makers_elsewhere(self) -> dict[str, str]:
        """The decks of files that were not sent, with their files: none of those that were sent may take them."""
        if self._request.whole:
            return {}
        return {deck.path: file for file, deck in self._by_file.items() if deck.retired_at is None}

    def missing(self) -> list[FilePlan]:
        """The known files that were not read, where the import is of all files."""
        if not self._request.whole:
            return []
        asked = self._request.asked
        return [_missing(deck) for deck in self._by_file.values() if _may_go(deck, asked=asked)]


def make(session: Session, sources: Iterable[SourceFile], request: Request) -> Plan:
    """Read all files and settle who is who."""
    planner = Planner(session, request)
    planner.plan.files = [planner.read(source) for source in sources]
    for file in planner.plan.files:
        planner.adopt(file)
    planner.plan.files += planner.missing()
    makers = planner.makers_elsewhere()
    for file in sorted(planner.plan.files, key=_claim):
        name_apart(file, makers)
    _match(session, planner.plan)
    return planner.plan


def name_apart(file: FilePlan, makers: dict[str, str]) -> None:
    """Let two files that claim the same deck make two: the second is named after its file too, and says so.

    `makers` holds the file that makes each deck so far.
    """
    if file.state is State.MISSING or (file.state is State.UNREADABLE and file.was is None):
        return
    path = file.deck.deck
    if path in makers:
        name = f"{path} ({file.file.replace('/', '·')})"
        taken = problem(1, "deck-taken", other=makers[path], deck=path, name=name)
        file.deck = file.deck._replace(deck=name, problems=(taken, *file.deck.problems))
    makers[file.deck.deck] = file.file


def _claim(file: FilePlan) -> tuple[bool, bool]:
    """Who comes first when two files claim a deck: one that did not change, then one that made it before."""
    return file.state is State.READ, file.was is None or file.was.path != file.deck.deck


def _kind(before: KnownNote, match: Match) -> Kind:
    return Kind.BACK if before.row.retired_at is not None else Kind(match.change.value)


def _read(session: Session, source: SourceFile, was: KnownDeck | None, *, asked: bool, dialect: str | None) -> FilePlan:
    digest = source.digest
    if was is not None and source.fault is None and not (dialect and dialect != was.dialect):
        if digest == was.digest and was.retired_at is None:
            return _as_it_was(session, source.file, State.UNCHANGED, was)
        if digest == was.held and not asked:
            return _as_it_was(session, source.file, State.HELD, was)
    deck = _deck_file(source, was, dialect)
    if not deck.notes and any(problem.code in _UNREADABLE for problem in deck.problems):
        kept = deck if was is None else deck._replace(deck=was.path, dialect=was.dialect, language=was.language)
        return FilePlan(source.file, State.UNREADABLE, digest, kept, was)
    return FilePlan(source.file, State.READ, digest, deck, was)


def _deck_file(source: SourceFile, was: KnownDeck | None, dialect: str | None) -> DeckFile:
    """The file as read; where its text no longer shows the dialect, the one it was read in before."""
    if source.fault is not None:
        return DeckFile(source.file, None, (), (source.fault,))
    deck = read_deck_file(source.data, source.file, dialect)
    unclear = any(problem.code in ("dialect-none", "dialect-unclear") for problem in deck.problems)
    if unclear and was is not None and was.dialect:
        return read_deck_file(source.data, source.file, was.dialect)
    return deck


def _as_it_was(session: Session, file: str, state: State, was: KnownDeck) -> FilePlan:
    deck = DeckFile(was.path, was.dialect, (), (), was.language)
    count = known.count_of(session, was.id)
    return FilePlan(file, state, was.digest or ABSENT, deck, was, unchanged=count)


def _may_go(deck: KnownDeck, *, asked: bool) -> bool:
    return deck.retired_at is None and deck.digest != ABSENT and (asked or deck.held != ABSENT)


def _missing(deck: KnownDeck) -> FilePlan:
    gone = DeckFile(deck.path, deck.dialect, (), (), deck.language)
    return FilePlan(deck.file or "", State.MISSING, ABSENT, gone, deck)


def _match(session: Session, plan: Plan) -> None:
    """Settle who is who in the files that were read or are gone."""
    touched = [file for file in plan.files if file.state in (State.READ, State.MISSING)]
    olds = [known.of_deck(session, file.was.id) if file.was else [] for file in touched]
    keys = [text_key(note) for file in touched for note in file.notes]
    pool = known.retired(session, plan.owner_id, keys) if keys else []
    plan.known = {note.row.id: note for notes in (*olds, pool) for note in notes}
    if not plan.known:
        for file in touched:
            file.added = range(len(file.notes))
        return
    edits = [FileEdit([note.known for note in old], file.notes) for file, old in zip(touched, olds, strict=True)]
    for file, matching in zip(touched, match_files(edits, [note.known for note in pool]), strict=True):
        _take(file, matching)


def _take(file: FilePlan, matching: Matching) -> None:
    file.matches, file.added, file.gone = matching.matches, matching.added, matching.gone
