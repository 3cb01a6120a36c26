"""What a disk may hold after the power went: the recorded writes that no sync had finished are lost, torn or kept.

Run as a program it checks rebuilt data folders, as a fresh process after the power is back.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import NamedTuple
from uuid import UUID

from app.config import from_environment
from tests.drills.ledger import Sent, findings
from tests.drills.trace import Event

SECTOR_BYTES = 512
LOST_SHARE, TORN_SHARE = 0.4, 0.2
_BATCH = 50
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(eq=False)
class _File:
    """A file: what has reached the disk, and the events that may not have, in their order."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)


class Disk:
    """The files of one folder under a model of a disk that may forget and reorder whatever was not synced.

    A name made, removed or moved counts from the sync of the folder; until then it may have happened or not.
    """

    def __init__(self, folder: Path, before: Path) -> None:
        """The disk as it was when the recording of `folder` began; `before` is a copy from that moment."""
        self._folder = str(folder)
        files = [path for path in before.iterdir() if path.is_file()]
        found = {str(folder / path.name): _File(bytearray(path.read_bytes())) for path in files}
        self._names, self._durable_names = dict(found), dict(found)
        self._pending_names: list[tuple[Event, _File | None]] = []

    def see(self, event: Event) -> None:
        """Let one event happen."""
        if event.what in ("write", "append", "size"):
            if event.path in self._names:
                self._names[event.path].pending.append(event)
        elif event.what == "sync":
            self._sync(event)
        elif event.what in ("make", "remove", "rename", "link"):
            self._rename(event)

    def after_power_loss(self, chance: Random) -> dict[str, bytes]:
        """The files by name as they may be found: each unsynced write lost, torn at sector bounds or whole."""
        names = dict(self._durable_names)
        for event, file in self._pending_names:
            if chance.random() >= LOST_SHARE:
                _move(names, event, file)
        return {Path(name).name: _survived(file, chance) for name, file in sorted(names.items())}

    def _sync(self, event: Event) -> None:
        """What was done before the sync began is on the disk when the sync is done."""
        if event.path == self._folder:
            for moved, file in self._pending_names:
                if moved.done < event.begun:
                    _move(self._durable_names, moved, file)
            self._pending_names = [one for one in self._pending_names if one[0].done >= event.begun]
        elif file := self._names.get(event.path):
            for write in file.pending:
                if write.done < event.begun:
                    _apply(file.durable, write, write.data)
            file.pending = [write for write in file.pending if write.done >= event.begun]

    def _rename(self, event: Event) -> None:
        if event.what == "make" and event.path in self._names:
            return
        file = _File() if event.what == "make" else self._names.get(event.path)
        self._pending_names.append((event, file))
        _move(self._names, event, file)


def _move(names: dict[str, _File], event: Event, file: _File | None) -> None:
    if event.what in ("remove", "rename"):
        names.pop(event.path, None)
    if event.what != "remove" and file is not None:
        names[event.other or event.path] = file


def _survived(file: _File, chance: Random) -> bytes:
    content = bytearray(file.durable)
    for event in file.pending:
        fate = chance.random()
        if fate < LOST_SHARE:
            continue
        if fate < LOST_SHARE + TORN_SHARE and event.what == "write":
            for piece in _sectors(event):
                if chance.random() < 0.5:
                    _apply(content, piece, piece.data)
        else:
            _apply(content, event, event.data)
    return bytes(content)


def _sectors(event: Event) -> Iterator[Event]:
    """A write cut at the disk's sector bounds."""
    at, end = event.offset, event.offset + len(event.data)
    while at < end:
        upto = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield event._replace(offset=at, data=event.data[at - event.offset : upto - event.offset])
        at = upto


def _apply(content: bytearray, event: Event, data: bytes) -> None:
    if event.what == "size":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    offset = len(content) if event.what == "append" else event.offset
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of so many power losses."""

    points: int
    corrupt: int
    """Databases that are damaged, or whose schedules are not the replay of their log."""
    losing: int
    """Points at which acknowledged answers were gone, and how many were at the worst one."""
    most_lost: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """The figures in one line."""
        return f"{self.points} points, {self.corrupt} corrupt, {self.losing} lost answers (up to {self.most_lost})"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a server did to its data `folder`, which looked like `before` when that began, and what clients sent."""

    folder: Path
    before: Path
    events: Sequence[Event]
    sent: Sequence[Sent]


def power_losses(recording: Recording, points: int, chance: Random, room: Path) -> Verdict:
    """Lose the power at so many random points after the first acknowledgement, and check what is found each time."""
    seen = recording.events
    first = next(place for place, event in enumerate(seen) if event.what == "acknowledge")
    moments = sorted(chance.randrange(first, len(seen)) for _ in range(points))
    disk, acknowledged, place = Disk(recording.folder, recording.before), [], 0
    results: list[_Found] = []
    waiting: list[tuple[Path, list[str]]] = []
    for number, moment in enumerate(moments):
        for event in seen[place : moment + 1]:
            disk.see(event)
            acknowledged += [str(event.review)] if event.review else []
        place = max(place, moment + 1)
        waiting.append((_rebuild(room / str(number), disk.after_power_loss(chance), chance), list(acknowledged)))
        if len(waiting) == _BATCH or number == points - 1:
            results += _check_afresh(waiting, recording.sent)
            waiting = []
    return _verdict(results)


def _rebuild(folder: Path, files: dict[str, bytes], chance: Random) -> Path:
    """A data folder with these files. What is mapped into memory (-shm) was not recorded and may hold anything."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(chance.randbytes(len(content)) if name.endswith("-shm") else content)
    return folder


class _Found(NamedTuple):
    """What a fresh process found: how many acknowledged answers are gone, and the first complaint."""

    lost: int
    complaint: str


def _check_afresh(waiting: Sequence[tuple[Path, list[str]]], sent: Iterable[Sent]) -> list[_Found]:
    """Let a new process open each rebuilt folder as the program does after a start."""
    given = [[str(one.review), one.user, one.card, one.grade] for one in sent]
    asked = {"sent": given, "folders": [[str(folder), acknowledged] for folder, acknowledged in waiting]}
    command = [sys.executable, "-m", "tests.drills.power_loss"]
    told = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, cwd=_PROJECT)  # noqa: S603
    assert told.returncode == 0, told.stderr
    for folder, _ in waiting:
        rmtree(folder)
    return [_Found(*one) for one in json.loads(told.stdout)]


def _verdict(results: Sequence[_Found]) -> Verdict:
    complaints = [one.complaint for one in results if one.complaint]
    losses = [one.lost for one in results if one.lost]
    return Verdict(len(results), len(complaints), len(losses), max(losses, default=0), tuple(complaints[:5]))


def _check(folder: str, sent: Sequence[Sent], acknowledged: Iterable[str]) -> _Found:
    config = from_environment({"OBOEGAKI_DATA_DIR": folder})
    try:
        found = findings(config, sent, map(UUID, acknowledged))
    except Exception as error:  # a damaged file may hold anything
        return _Found(0, repr(error))
    wrong = [*found.faults, *(f"review {review} is not as it was given" for review in found.changed | found.unknown)]
    return _Found(len(found.lost), wrong[0] if wrong else "")


def main() -> None:
    """Check the folders named on standard input; what was found goes to standard output as JSON."""
    asked = json.load(sys.stdin)
    sent = [Sent(UUID(review), user, card, grade) for review, user, card, grade in asked["sent"]]
    print(json.dumps([_check(folder, sent, acknowledged) for folder, acknowledged in asked["folders"]]))


if __name__ == "__main__":
    main()
