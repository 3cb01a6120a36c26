"""Making the plan of an import: every file read, and who is who in those that changed. Nothing is written."""

from functools import partial
from itertools import chain, islice
from unicodedata import normalize

from sqlalchemy.orm import Session

from app import media
from app.decks.identity import FileEdit, Matching, match_files
from app.decks.note import DeckFile
from app.decks.problems import problem
from app.decks.reading import read_deck_file
from app.decks.streaming import open_stream
from app.importing import copies, gallery, known
from app.importing.beside import MISSING, Beside, Links, Shown
from app.importing.known import KnownDeck
from app.importing.plan import ABSENT, FilePlan, Plan, Request
from app.importing.report import MOST_ITEMS, State
from app.importing.rows import text_key
from app.importing.sources import LeftOut, SourceFile, Sources, same_content

_UNREADABLE = frozenset(
    [
        "not-utf8",
        "file-unreadable",
        "file-too-large",
        "dialect-unknown",
        "dialect-none",
        "dialect-below",
        "dialect-unclear",
        "dialect-later",
    ]
)
"""Problems that say nothing of the notes in the file: those that are known stay as they are."""
_UNCLEAR = ("dialect-none", "dialect-below", "dialect-unclear")
"""Those of a text that no longer shows its dialect."""


class Planner:
    """Reads file after file, and knows which deck each of them made before."""

    def __init__(self, session: Session, sources: Sources, request: Request) -> None:
        decks, links = known.decks(session, request.owner_id), gallery.links(session, request.owner_id)
        self.plan = Plan(request.owner_id, request.root, decks, links=links)
        self.beside = Beside(partial(media.is_stored, session), sources)
        self._session = session
        self._sources = sources
        self._request = request
        self._by_file = {deck.file: deck for deck in self.plan.decks if deck.file is not None}

    def read(self, source: SourceFile) -> FilePlan:
        """Read one file, or find that it says what it said before, of what stands beside it too."""
        was = self._by_file.pop(source.file, None)
        showed = self._showed(was)
        is_as = self.beside.is_as(source.file, showed)
        file = _as_before(self._session, source, was, self._request, is_as=is_as)
        if file is None:
            file = _read(source, was, self._request.dialect)
            if file.state is State.READ:
                self.look_beside(file, Shown().look(file.notes if source.may_show else ()), source)
        return file

    def begin(self, source: SourceFile) -> FilePlan:
        """Begin to read a file of whose notes none is known: a large one comes as a stream, where that can be."""
        if source.reopen is None or source.file in self._by_file:
            return self.read(source)
        stream = open_stream(source.reopen, source.file, self._request.dialect)
        if stream is None:
            return self.read(source)
        first = tuple(islice(stream, MOST_ITEMS))
        deck = DeckFile(stream.deck, stream.dialect, first, (), stream.language)
        return FilePlan(source.file, State.READ, source.digest, deck, None, stream=stream)

    def look_beside(self, file: FilePlan, shown: Shown, source: SourceFile | None) -> None:
        """Find what the notes show, and say what is wrong with it; `source` tells the lines."""
        file.showed = self._showed(file.was)
        file.shows, problems = self.beside.links(file.file, shown, file.showed, source)
        file.deck = file.deck.with_problems(problems)

    def left_out(self) -> list[LeftOut]:
        """What is no deck and shown by no note, once all files were read."""
        unused = (name for name in self._sources.media_names() if normalize("NFC", name) not in self.beside.used)
        told = (LeftOut(name, problem(1, "file-unused", file=name)) for name in unused)
        return list(chain(self._sources.left_out(), told))

    def _showed(self, was: KnownDeck | None) -> Links:
        return {} if was is None else self.plan.links.get(was.id, {})

    def adopt(self, file: FilePlan) -> None:
        """Let a file under a new name have the deck that it made under its old one, once all files were read.

        Content whose import was undone is held under a new name too. The deck of this path may be another file's: of
        one that was not sent, or whose disappearance was undone. It is this one's if half of its notes are here.
        """
        if file.was is not None or file.state is not State.READ:
            return
        nobodys = (deck for deck in self.plan.decks if deck.file is None)
        held = [deck for deck in (*self._by_file.values(), *nobodys) if same_content(deck.held, file.digest)]
        if held and not self._request.asked:
            file.state, file.was, file.deck = State.HELD, held[0], file.deck._replace(notes=(), problems=())
        else:
            file.was = next((deck for deck in self._by_file.values() if self._is_of(deck, file)), None)
        if file.was is not None:
            self._by_file.pop(file.was.file or "", None)
            self._keep_shown(file)

    def _keep_shown(self, file: FilePlan) -> None:
        """Let a file go on showing what the deck that it was given showed and the import did not bring."""
        file.showed = self._showed(file.was)
        missing = {name for name, seen in file.shows.items() if seen.fault}
        file.shows = {name: self.beside.kept(seen, file.showed.get(name)) for name, seen in file.shows.items()}
        there = {name for name in missing if not file.shows[name].fault}
        told = (each for each in file.deck.problems if each.code not in MISSING or each.details["name"] not in there)
        file.deck = file.deck._replace(problems=tuple(told))

    def _is_of(self, deck: KnownDeck, file: FilePlan) -> bool:
        if deck.path != file.deck.deck or deck.retired_at is not None:
            return False
        if self._request.whole and self._may_go(deck):
            return True
        old = [note.row.text_key for note in known.of_deck(self._session, deck.id)]
        return 2 * len(set(old) & {text_key(note) for note in file.notes}) >= len(old)

    def makers_elsewhere(self) -> dict[str, str]:
        """The decks that stay though their files were not read, with these: none that was read may take them."""
        stay = (deck for deck in self._by_file.values() if deck.retired_at is None)
        return {deck.path: deck.file or "" for deck in stay if not (self._request.whole and self._may_go(deck))}

    def missing(self) -> list[FilePlan]:
        """The known files that were not read, where the import is of all files."""
        if not self._request.whole:
            return []
        return [_missing(deck, self._showed(deck)) for deck in self._by_file.values() if self._may_go(deck)]

    def _may_go(self, deck: KnownDeck) -> bool:
        """Whether the deck of a file that is not there goes with it; not again unasked where that was undone."""
        return deck.retired_at is None and deck.digest != ABSENT and (self._request.asked or deck.held != ABSENT)


def make(session: Session, sources: Sources, request: Request) -> Plan:
    """Read all files and settle who is who."""
    planner = Planner(session, sources, request)
    planner.plan.files = [planner.read(source) for source in sources]
    for file in planner.plan.files:
        planner.adopt(file)
    planner.plan.files += planner.missing()
    planner.plan.left_out = planner.left_out()
    makers = planner.makers_elsewhere()
    for file in sorted(planner.plan.files, key=_claim):
        name_apart(file, makers)
    _match(session, planner.plan)
    return planner.plan


def make_without(session: Session, owner_id: int, root: str, deck_id: int) -> Plan:
    """The plan of an import in which the file of this deck is gone, and of no file where it has none that stands."""
    plan = Plan(owner_id, root, known.decks(session, owner_id), links=gallery.links(session, owner_id))
    filed = (deck for deck in plan.decks if deck.id == deck_id and deck.file is not None)
    stands = (deck for deck in filed if deck.retired_at is None and deck.digest != ABSENT)
    plan.files = [_missing(deck, plan.links.get(deck.id, {})) for deck in stands]
    _match(session, plan)
    return plan


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


def _as_before(
    session: Session, source: SourceFile, was: KnownDeck | None, request: Request, *, is_as: bool
) -> FilePlan | None:
    """The plan of a file that need not be read; None where it must. `is_as`: what it shows is as it was too."""
    if was is None or source.fault is not None or (request.dialect and request.dialect != was.dialect):
        return None
    digest = source.digest
    if digest == was.digest and was.retired_at is None and is_as and not _was_unreadable(was):
        return _as_it_was(session, source.file, State.UNCHANGED, was)
    if same_content(digest, was.held) and not request.asked:
        return _as_it_was(session, source.file, State.HELD, was)
    return None


def _was_unreadable(deck: KnownDeck) -> bool:
    """Whether the deck's problems are those of a content that could not be read, and not of the one it was made of."""
    return any(problem["code"] in _UNREADABLE for problem in deck.problems)


def _read(source: SourceFile, was: KnownDeck | None, dialect: str | None) -> FilePlan:
    digest, deck = source.digest, deck_file(source, was, dialect)
    if not deck.notes and any(problem.code in _UNREADABLE for problem in deck.problems):
        kept = deck if was is None else deck._replace(deck=was.path, dialect=was.dialect, language=was.language)
        return FilePlan(source.file, State.UNREADABLE, digest, kept, was)
    return FilePlan(source.file, State.READ, digest, deck, was)


def deck_file(source: SourceFile, was: KnownDeck | None, dialect: str | None) -> DeckFile:
    """The file as read; where its text no longer shows the dialect, the one it was read in before."""
    if source.fault is not None:
        return DeckFile(source.file, None, (), (source.fault,))
    data = source.read()
    deck = read_deck_file(data, source.file, dialect)
    unclear = any(problem.code in _UNCLEAR for problem in deck.problems)
    if unclear and was is not None and was.dialect:
        return read_deck_file(data, source.file, was.dialect)
    return deck


def _as_it_was(session: Session, file: str, state: State, was: KnownDeck) -> FilePlan:
    deck = DeckFile(was.path, was.dialect, (), (), was.language)
    count = known.count_of(session, was.id)
    return FilePlan(file, state, was.digest or ABSENT, deck, was, unchanged=count)


def _missing(deck: KnownDeck, showed: Links) -> FilePlan:
    gone = DeckFile(deck.path, deck.dialect, (), (), deck.language)
    return FilePlan(deck.file or "", State.MISSING, ABSENT, gone, deck, showed=showed)


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
    copies.settle(session, plan, touched)


def _take(file: FilePlan, matching: Matching) -> None:
    file.matches, file.added, file.gone = matching.matches, matching.added, matching.gone
