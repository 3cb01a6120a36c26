"""Hostile uploads: what somebody sends through the page is taken whole or refused with place, problem and remedy.

RELIABILITY's figures: 40 names, bombs, 2,000 mutations (seeded; 150 of them in everyday runs): 0 files outside, refused
within 2 s and 64 MB, 0 answers of class 5xx, 0 partial imports. Time is the process's own; memory and the sizes of
requests are measured at a real uWSGI. Shown able to fail: with the check of names out, names that lead elsewhere are
taken; with the caps on what is unpacked out, bombs are; with an import that writes in two transactions, half of a
refused one stays; and what a program writes to a disk is seen.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from app import importing
from app.importing import uploads
from app.models import Deck
from tests.drills import hostile_files
from tests.drills.hostile_files import DECK, NAMES, alike, multipart, mutated, zipped
from tests.drills.world import World

SECONDS = 2.0
_REFUSAL = re.compile(r'<p class="problem" id="files-error" role="alert">(.*?)</p>', re.DOTALL)
_LINE = re.compile(r'<li class="error">(.*?)</li>', re.DOTALL)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_ACTS = frozenset(
    ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown")
) | {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect"}

_seen: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
    if writes or event in _ACTS:
        _seen.append(f"{event} {arguments[0]!r}")


sys.addaudithook(_watch)


@contextmanager
def watched(*allowed: Path) -> Iterator[list[str]]:
    """Whatever Python code writes, makes, moves, starts or connects to, outside of the allowed folders."""
    global _seen
    acts: list[str] = []
    raw: list[str] = []
    _seen = raw
    try:
        yield acts
    finally:
        _seen = None
        places = [str(folder) for folder in allowed]
        acts += [act for act in raw if not any(place in act for place in places) and "__pycache__" not in act]


class Reply(NamedTuple):
    """What the page answered: status, the sentence of a refusal, the lines of what could not be read, and the work."""

    status: int
    said: str
    lines: list[str]
    seconds: float


class Door:
    """The page's way in, of one account: everything that goes in is judged."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self._visitor = world.visitor(name)
        self._owner = {"hanako": world.made.owner_id}.get(name)
        self._before = self._state()
        self._data, self._temporary = world.app.extensions["config"].data_dir, Path(tempfile.gettempdir())
        self.refused = self.taken = 0
        self.slowest = 0.0

    def _state(self) -> dict[str, str]:
        return {table: digest for table, digest in self.world.digests().items() if table != "logins"}

    def send(self, *files: tuple[str, bytes]) -> Reply:
        """Send files, as a form."""
        body, kind = multipart(files, self._visitor.token)
        begin = time.process_time()
        reply = self._visitor.client.post("/imports/own", data=body, content_type=kind, buffered=True)
        seconds = time.process_time() - begin
        said = _REFUSAL.search(reply.text)
        lines = [unescape(line) for line in _LINE.findall(reply.text)]
        return Reply(reply.status_code, unescape(said[1]) if said else "", lines, seconds)

    def judge(self, *files: tuple[str, bytes]) -> list[str]:
        """What is wrong with how the page took these files; nothing, as it should be."""
        with watched(self._data, self._temporary) as acts:
            reply = self.send(*files)
        what = f"{[name[:40] for name, _ in files]!r}"
        wrong = [f"{what}: {act}" for act in (*acts, *self._temporary.iterdir())]
        if reply.status == 302:
            self.taken += 1
            if reply.seconds > SECONDS:
                wrong.append(f"{what}: taken after {reply.seconds:.1f} s")
            wrong += [f"{what}: taken as {name!r}" for name in self._odd_names()]
            self.world.put_back()
        else:
            self.refused += 1
            wrong += [f"{what}: {fault}" for fault in self._faults_of(reply)]
        return wrong

    def _faults_of(self, reply: Reply) -> Iterator[str]:
        self.slowest = max(self.slowest, reply.seconds)
        if reply.status not in (400, 413):
            yield f"status {reply.status}"
        if reply.seconds > SECONDS:
            yield f"refused after {reply.seconds:.1f} s"
        if not _is_whole(reply):
            yield f"said {reply.said!r}, {reply.lines!r}"
        if self._state() != self._before:
            yield "the database changed"
            self.world.put_back()

    def _odd_names(self) -> list[str]:
        with self.world.database.reading() as session:
            names = session.scalars(select(Deck.file).where(Deck.file.is_not(None), Deck.owner_id.is_not(None)))
            return [name for name in names if name and not _is_below(name)]


def _is_below(name: str) -> bool:
    parts = name.split("/")
    return name.isprintable() and not {"", ".", ".."} & set(parts) and ":" not in name and "\\" not in name


def _is_whole(reply: Reply) -> bool:
    """Whether a refusal has place, problem and remedy: in one sentence, or in a line for each file."""
    if reply.status == 413:
        return True
    if "mend them as it says below" in reply.said:
        return bool(reply.lines) and all(re.match(r"line \d+: .+; [a-z].+", line, re.DOTALL) for line in reply.lines)
    has_place = reply.said.startswith(("No deck file", "More than")) or re.match(r".+: .+", reply.said, re.DOTALL)
    return bool(has_place) and bool(re.search(r"; [a-z]", reply.said))


@pytest.fixture(autouse=True)
def _a_place_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture(params=["taro", "hanako"])
def door(world: World, request: pytest.FixtureRequest) -> Door:
    """The way in, for a learner without decks and for one with: an import matches notes only where there are some."""
    return Door(world, request.param)


def judged(door: Door, sent: Iterable[Sequence[tuple[str, bytes]]]) -> list[str]:
    """What is wrong with how all these were taken."""
    wrong = [fault for files in sent for fault in door.judge(*files)]
    print(f"seed {hostile_files.SEED}: {door.refused} refused, {door.taken} taken, slowest {door.slowest:.2f} s")
    assert door.refused
    return wrong


def test_forty_names_lead_nowhere(door: Door) -> None:
    assert len(set(NAMES)) >= 40
    sent = [[(name, DECK)] for name in NAMES] + [[("a.zip", zipped([(name, DECK)]))] for name in NAMES]
    assert judged(door, sent) == []


def test_names_that_are_one_and_entries_that_are_no_plain_files(door: Door) -> None:
    assert judged(door, ([pair] for pair in hostile_files.pairs())) == []


def test_bombs_are_refused(door: Door) -> None:
    assert judged(door, ([bomb] for bomb in _bombs().items())) == []


def test_half_and_odd_archives_are_read_or_refused(door: Door) -> None:
    assert judged(door, ([odd] for odd in hostile_files.odd_archives())) == []


def test_other_kinds_of_files_and_other_encodings_are_read_or_refused(door: Door) -> None:
    assert judged(door, ([other] for other in hostile_files.other_kinds())) == []


def test_mutated_uploads_are_read_or_refused(door: Door, full: bool) -> None:
    assert judged(door, ([one] for one in mutated(2_000 if full else 150))) == []


def test_one_bad_file_among_good_ones_is_told(door: Door) -> None:
    assert judged(door, [[("good.md", DECK), ("../bad.md", DECK)], [("good.md", DECK), ("bad.zip", b"PK")]]) == []


@cache
def _bombs() -> dict[str, bytes]:
    return dict(hostile_files.bombs())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Werkzeug's parser leaves files open
def test_too_many_parts_are_refused(door: Door) -> None:
    reply = door.send(*[(f"{number}.md", b"") for number in range(5_000)])
    assert (reply.status, reply.seconds < 1) == (413, True)


def test_this_drill_sees_names_that_lead_elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_checked_name", lambda name: name)
    door = Door(world, "taro")
    assert sum("taken as" in fault for name in NAMES for fault in door.judge((name, DECK))) > 10


def test_this_drill_sees_bombs_that_are_unpacked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1024 * hostile_files.MIB)
    faults = Door(world, "taro").judge(("many.zip", alike([f"{name}.md" for name in "abcd"], 100 * hostile_files.MIB)))
    assert [fault for fault in faults if "refused after" in fault]


def test_this_drill_sees_half_an_import(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_two(*arguments: Any) -> Any:
        whole(*arguments)
        raise ValueError("the second half")

    whole: Callable[..., Any] = importing.import_files
    monkeypatch.setattr(importing, "import_files", in_two)
    faults = Door(world, "taro").judge(("a.md", DECK))
    assert [fault.partition(": ")[2] for fault in faults if "status" in fault or "changed" in fault] == [
        "status 500",
        "the database changed",
    ]


def test_this_drill_sees_what_is_written_outside(tmp_path: Path) -> None:
    with watched(tmp_path / "data") as acts:
        (tmp_path / "outside.md").write_text("x")
        (tmp_path / "folder").mkdir()
    assert len(acts) == 2
