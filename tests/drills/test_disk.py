"""The disk is full, or answers with errors: clear words, reading goes on, nothing half done stays, then all is well.

The data folder lies on a small file system of its own, in a mount namespace of the server's. Errors are put in by
strace, which joins the running workers and leaves them again. Shown able to fail: each fault is seen to arrive (a
try was answered with 507 or 503); with the mapping taken out of `app/web/errors.py` the reply is 500, in this run.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, copytree
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.config import Config, from_environment
from app.db import Database
from app.models import Card, Deck, Import, ImportChange, Note
from tests.drills.clients import Client, Reply, log_in_all
from tests.drills.ledger import Ledger, Sent, compare
from tests.drills.server import Server, Site, seed, serving
from tests.drills.small_disk import Disk, mounted
from tests.drills.tools import tool

_AGAIN_SECONDS = 5.0
_DISK_KILOBYTES = 24 * 1024
FULL = "The disk is full; nothing was recorded. Tell the person who runs this server."
NOT_NOW = "The database cannot be written now; nothing was recorded. Try again in a moment."


class SmallDisk:
    """A server whose data folder and temporary files lie on a file system of a few megabytes."""

    def __init__(self, site: Site, disk: Disk) -> None:
        self.site = site
        self.inside, self.fill, self.free = disk.inside, disk.fill, disk.free
        copytree(site.config.data_dir, self.inside, dirs_exist_ok=True)
        (self.inside / "tmp").mkdir()
        self.server = Server(
            self.site,
            module="tests.drills.mutants:application",
            wrapper=disk.wrapper,
            environment={"TMPDIR": str(site.config.data_dir / "tmp")},
        )

    def temporary_files(self) -> list[str]:
        """What was left where temporary files go, and beside the database."""
        known = {"secret_key", "filler", "tmp"}
        beside = {path.name for path in self.inside.iterdir() if not path.name.endswith(".lock")} - known
        strange = [name for name in beside if not name.startswith("oboegaki.db")]
        return [*strange, *(path.name for path in (self.inside / "tmp").iterdir())]

    def copied(self, room: Path) -> Site:
        """The site with the database as it is now, copied to an ordinary disk."""
        room.mkdir()
        for name in ("oboegaki.db", "oboegaki.db-wal"):
            copyfile(self.inside / name, room / name)
        config = from_environment({"OBOEGAKI_DATA_DIR": str(room)})
        site = self.site
        return Site(config, site.environment, site.learners, site.cards, site.port, site.folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A running server on a small disk."""
    site = seed(tmp_path, learners=2, cards=30)
    with mounted(site.config.data_dir, _DISK_KILOBYTES) as small:
        made = SmallDisk(site, small)
        with serving(made.server):
            yield made


def unacknowledged(client: Client, card: int) -> tuple[Sent, Reply]:
    """Give an answer and send it until the server says it cannot record it."""
    for _ in range(2000):
        sent = Sent(uuid4(), client.learner.id, card, 4)
        client.ledger.send(sent)
        reply = client.try_once(sent)
        if reply.status != 200:
            return sent, reply
        client.ledger.acknowledge(sent.review, 0.0)
        client.revisions[card] = client.revisions.get(card, 0) + 1
    raise AssertionError("the fault does not arrive: 2000 answers were recorded")


def test_a_full_disk_is_told_reading_goes_on_and_the_next_answer_is_fine_when_there_is_space(
    disk: SmallDisk, tmp_path: Path
) -> None:
    ledger = Ledger()
    client, other = log_in_all(disk.site, ledger)
    client.answer(disk.site.cards[0], 4)
    disk.fill()
    sent, reply = unacknowledged(client, disk.site.cards[1])
    assert (reply.status, reply.sentence) == (507, FULL)
    for path in ("/", "/study", "/account", "/imports", f"/cards/{disk.site.cards[0]}"):
        assert other.get(path).status == 200, path
    disk.free()
    is_fine_again(client, sent)
    assert compare(disk.copied(tmp_path / "copy").config, ledger).sound
    assert disk.temporary_files() == []


def test_an_import_on_a_full_disk_is_refused_whole_and_works_when_there_is_space(
    disk: SmallDisk, tmp_path: Path
) -> None:
    client, _ = log_in_all(disk.site, Ledger())
    before = content(disk.copied(tmp_path / "before").config)
    for number, kilobytes in enumerate((0, 200, 1_000, 2_000)):
        disk.fill(kilobytes)
        reply = client.upload("large.md", large_deck(12_000))
        assert reply.status == 507, f"{kilobytes} KB: {reply.status}"
        assert FULL in reply.body.decode()
        assert disk.temporary_files() == []
        disk.free()
        assert content(disk.copied(tmp_path / f"after{number}").config) == before
    begin = time.monotonic()
    assert client.upload("large.md", large_deck(12_000)).status == 302
    assert time.monotonic() - begin < 60
    assert content(disk.copied(tmp_path / "end").config)["notes"] == before["notes"] + 12_000


def large_deck(notes: int) -> bytes:
    """A deck file with so many notes of about 250 bytes."""
    text = "".join(f"Q: Question {n}?\nA: {'long ' * 40}{n}\n\n" for n in range(notes))
    return f"---\nname: Large\n---\n{text}".encode()


def content(config: Config) -> dict[str, int]:
    """How many rows the tables hold that an import writes."""
    database = Database(config)
    with database.reading() as session:
        tables = (Deck, Note, Card, Import, ImportChange)
        counts = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    database.close()
    return counts


@contextmanager
def failing(processes: Sequence[int], files: Sequence[Path], note: Path, calls: str, error: str) -> Iterator[None]:
    """Let these system calls on the files (none named: on any) fail, until the end of the body; `note` tells of it."""
    who = [part for process in processes for part in ("-p", str(process))]
    which = [part for file in files for part in ("-P", str(file))]
    fault = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    with note.open("w") as said:
        process = subprocess.Popen([tool("strace"), "-f", *who, *which, *fault], stderr=said)  # noqa: S603
    try:
        _wait_for(lambda: all(_is_joined_or_gone(each, note) for each in processes), note)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert "INJECTED" in note.read_text(), "no call failed: this drill shows nothing"


def _is_joined_or_gone(process: int, note: Path) -> bool:
    """Of a database's processes some end by themselves, meanwhile too; strace says so and goes on with the others."""
    return f"Process {process} attached" in note.read_text() or not Path(f"/proc/{process}").exists()


def _wait_for(condition: Callable[[], bool], note: Path) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"strace did not join the workers: {note.read_text()}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("calls", "error", "status", "sentence"),
    [
        ("fsync,fdatasync", "EIO", 503, NOT_NOW),
        ("pwrite64", "EIO", 503, NOT_NOW),
        ("pwrite64", "ENOSPC", 507, FULL),
        ("fsync,fdatasync", "ENOSPC", 503, NOT_NOW),
    ],
)
def test_an_error_of_the_disk_is_told_and_the_same_answer_is_recorded_once_it_is_over(
    calls: str, error: str, status: int, sentence: str, tmp_path: Path
) -> None:
    site = seed(tmp_path, learners=2, cards=30)
    ledger = Ledger()
    with serving(Server(site, module="tests.drills.mutants:application")) as server:
        client, other = log_in_all(site, ledger)
        client.answer(site.cards[0], 4)
        files = [site.config.data_dir / name for name in ("oboegaki.db", "oboegaki.db-wal")]
        with failing(server.workers, files, site.folder / "strace.txt", calls, error):
            for card in site.cards[1:6]:
                sent, reply = unacknowledged(client, card)
                assert (reply.status, reply.sentence) == (status, sentence)
            for path in ("/", "/study", f"/cards/{site.cards[0]}"):
                assert other.get(path).status == 200, path
        is_fine_again(client, sent)
        assert client.answer(site.cards[7], 3).status == 200
        server.stop()
    found = compare(site.config, ledger)
    assert found.sound, found


def test_the_drill_fails_when_nothing_is_said_of_a_disk(tmp_path: Path) -> None:
    site = seed(tmp_path, learners=2, cards=3)
    mute = Server(site, module="tests.drills.mutants:application", environment={"OBOEGAKI_DRILL_MUTANT": "mute"})
    with serving(mute) as server:
        client, _other = log_in_all(site, Ledger())
        files = [site.config.data_dir / name for name in ("oboegaki.db", "oboegaki.db-wal")]
        with failing(server.workers, files, site.folder / "strace.txt", "pwrite64", "ENOSPC"):
            _sent, reply = unacknowledged(client, site.cards[0])
        server.stop()
    assert reply.status not in (503, 507)
    assert reply.sentence not in (NOT_NOW, FULL)


def is_fine_again(client: Client, sent: Sent) -> float:
    """The answer that was not recorded is, under the same id, in the time that is demanded; the seconds it took."""
    begin = time.monotonic()
    assert client.answer(sent.card, sent.grade, review=sent.review).status == 200
    seconds = time.monotonic() - begin
    assert seconds < _AGAIN_SECONDS
    return seconds
