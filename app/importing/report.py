"""What an import does or did, as a plain value: the same from the command line, the page and the stored import."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from app.decks.note import Note, Problem
from app.decks.problems import how_many, problem
from app.importing.sources import LeftOut

MOST_ITEMS = 100
"""So many notes of a kind are listed for each file; the counts are always true."""
MOST_PROBLEMS = 200
"""So many problems of a file are listed and stored: each line of a large file may be one."""
MAY_PASS = ("file-unreadable", "media-unreadable")
"""Problems of a disk or a mount, which may be well again in a moment: one of them is always listed."""
MOST_LEFT_OUT = 100
"""So many files that make no deck are listed."""
MOST_LISTED = 5_000
"""So many notes are listed in a whole report."""


class Kind(StrEnum):
    """What an import does with a note."""

    SAME = "same"
    REWORDED = "reworded"
    ANSWER_CHANGED = "answer changed"
    MOVED = "moved"
    NEW = "new"
    RETIRED = "retired"
    BACK = "back"


class State(StrEnum):
    """What an import finds a file to be."""

    READ = "read"
    UNCHANGED = "unchanged"
    HELD = "held"
    """An import of just this content was undone: only an import that somebody asks for takes it."""
    UNREADABLE = "unreadable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Item:
    """One note that an import touches, before and after; of a new note `before` is None, of a retired one `after`."""

    kind: Kind
    line: int
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    doubtful: bool = False


@dataclass(slots=True)
class FileReport:
    """What an import does with one deck file."""

    file: str
    deck: str
    dialect: str | None
    state: State
    counts: dict[str, int] = field(default_factory=dict)
    doubtful: int = 0
    items: list[Item] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    """How many notes are counted and not listed."""
    media: int = 0
    """How many pictures and sounds come, go or are others than before."""
    is_new: bool = False
    """Whether no import has made a deck of the file before."""

    def add(self, kind: Kind, line: int, before: Note | None, after: Note | None, *, doubtful: bool = False) -> None:
        """Count one note, and list it while there is room; notes that stay the same are only counted."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.doubtful += doubtful
        if kind is Kind.SAME and not doubtful:
            return
        if self.counts[kind] <= MOST_ITEMS:
            self.items.append(Item(kind, line, _sides(before), _sides(after), doubtful))
        else:
            self.more += 1

    def count_only(self, kind: Kind, number: int) -> None:
        """Count notes without listing them."""
        if number:
            self.counts[kind] = self.counts.get(kind, 0) + number
            self.more += number

    @property
    def changes(self) -> bool:
        """Whether anything of the file's notes changes, or of what they show."""
        return bool(self.media) or any(count for kind, count in self.counts.items() if kind != Kind.SAME)

    @property
    def told(self) -> int:
        """How many problems the file has, listed or not."""
        return how_many(self.problems)

    @property
    def needs_a_look(self) -> bool:
        """Whether an import of the file would do anything, or there is something to say about it."""
        return self.changes or bool(self.problems) or self.state not in (State.UNCHANGED, State.READ)


@dataclass(slots=True)
class ImportReport:
    """What an import does or did with all files; `import_id` is None for a plan, and where nothing changed."""

    root: str
    files: list[FileReport] = field(default_factory=list)
    import_id: int | None = None
    listed: int = 0
    left_out: list[dict[str, Any]] = field(default_factory=list)
    """Files that make no deck: each with `file`, and why, as a problem is stored."""
    more_left_out: int = 0

    def leave_out(self, found: Sequence[LeftOut]) -> None:
        """List the files that make no deck, as many as there is room for, and count the others."""
        self.left_out = [{"file": each.file} | each.problem._asdict() for each in found[:MOST_LEFT_OUT]]
        self.more_left_out = len(found) - len(self.left_out)

    def add(self, file: FileReport) -> None:
        """Add a file's report, without its list where the report is full."""
        self.listed += len(file.items)
        if self.listed > MOST_LISTED:
            file.more += len(file.items)
            file.items.clear()
        self.files.append(file)

    def count(self, kind: Kind) -> int:
        """How many notes of a kind there are in all files."""
        return sum(file.counts.get(kind, 0) for file in self.files)

    @property
    def doubtful(self) -> int:
        """How many matches are doubtful."""
        return sum(file.doubtful for file in self.files)

    @property
    def media(self) -> int:
        """How many pictures and sounds come, go or are others than before."""
        return sum(file.media for file in self.files)

    @property
    def problems(self) -> int:
        """How many problems the files have."""
        return sum(file.told for file in self.files)

    @property
    def changes(self) -> bool:
        """Whether there is anything to import."""
        return any(file.changes for file in self.files)

    @property
    def needs_a_look(self) -> bool:
        """Whether an import would do anything, or there is something to say."""
        return any(file.needs_a_look for file in self.files)

    @property
    def summary(self) -> str:
        """The import in one line, in English."""
        counts = [f"{self.count(kind)} {kind}" for kind in Kind if self.count(kind)]
        if self.doubtful:
            counts.append(f"{self.doubtful} doubtful")
        if self.media:
            counts.append(media_in_words(self.media))
        if self.problems:
            counts.append(counted(self.problems, "problem"))
        return f"{self.root}: {counted(len(self.files), 'file')}; {', '.join(counts) or 'no notes'}"

    def as_json(self) -> dict[str, Any]:
        """The report for a program, and for the database."""
        return asdict(self)


def media_in_words(number: int) -> str:
    """So many pictures and sounds, in English; which of the two a single one is, nobody counts."""
    return "1 picture or sound" if number == 1 else f"{number} pictures and sounds"


def counted(number: int, word: str) -> str:
    """So many of what an English word names."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def from_json(stored: dict[str, Any]) -> ImportReport:
    """A report as it was stored."""
    files = []
    for file in stored["files"]:
        items = [
            Item(Kind(item["kind"]), item["line"], _pair(item["before"]), _pair(item["after"]), item["doubtful"])
            for item in file["items"]
        ]
        files.append(FileReport(**(file | {"items": items, "state": State(file["state"])})))
    return ImportReport(**(stored | {"files": files}))


def problems_as_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as they are stored with a deck and a report; what there is no room for is counted."""
    listed, rest = list(problems[:MOST_PROBLEMS]), problems[MOST_PROBLEMS:]
    passing = [each for each in rest if each.code in MAY_PASS][:1]
    if more := len(rest) - len(passing):
        passing.append(problem(rest[0].line, "more-problems", count=more))
    return [each._asdict() for each in (*listed, *passing)]


def _sides(note: Note | None) -> tuple[str, str] | None:
    return None if note is None else (note.front, note.back)


def _pair(stored: list[str] | None) -> tuple[str, str] | None:
    return None if stored is None else (stored[0], stored[1])
