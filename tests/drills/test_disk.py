"""The disk is full, or answers with errors: clear words, reading goes on, nothing half done stays, then all is well.

The data folder lies on a small file system of its own, in a mount namespace of the server's. Errors are put in by
strace, which joins the running workers and leaves them again. Shown able to fail: each fault is seen to arrive (a
try was answered with 507 or 503); with the mapping taken out of `app/web/errors.py` every reply is 500 and all of
these drills are red.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.config import from_environment
from app.db import Database
from app.models import Card, Deck, Import, ImportChange, Note
from tests.drills.clients import Client, Reply, log_in_all
from tests.drills.ledger import Ledger, Sent, compare
from tests.drills.server import Server, Site, seed, serving
from tests.drills.tools import tool

_AGAIN_SECONDS = 5.0
_DISK_KILOBYTES = 24 * 1024
_FULL = "The disk is full; nothing was recorded. Tell the person who runs this server."
_NOT_NOW = "The database cannot be written now; nothing was recorded. Try again in a moment."
_MOUNT = 'mount -t tmpfs -o size="$1"k tmpfs "$2" && cp -a "$3/." "$2" && mkdir "$2/tmp" && shift 3 && exec "$@"'


class SmallDisk:
    """A server whose data folder and temporary files lie on a file system of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.site = seed(folder, learners=2, cards=30)
        data = self.site.config.data_dir
        content = data.rename(folder / "content")
        data.mkdir()
        namespace = [tool("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
        wrapper = [*namespace, "sh", "-c", _MOUNT, "sh", str(_DISK_KILOBYTES), str(data), str(content)]
        self.server = Server(
            self.site,
            module="tests.drills.mutants:application",
            wrapper=wrapper,
            environment={"TMPDIR": str(data / "tmp")},
        )

    @property
    def inside(self) -> Path:
        """The data folder as the server sees it."""
        return Path(f"/proc/{self.server.workers[0]}/root{self.site.config.data_dir}")

    def fill(self, leave_kilobytes: int = 0) -> None:
        """Take all space but so much."""
        with (self.inside / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(64 * 1024))
            except OSError:
                filler.truncate(max(0, filler.tell() - leave_kilobytes * 1024))

    def free(self) -> None:
        """Give the space back."""
        (self.inside / "filler").unlink()

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
    """A running server on a small disk; where no file system may be mounted the drill fails and says so."""
    made = SmallDisk(tmp_path)
    allowed = subprocess.run([tool("unshare"), "--mount", *([] if os.geteuid() == 0 else ["-r"]), "true"], check=False)  # noqa: S603
    if allowed.returncode:
        pytest.fail(
            "no file system may be mounted here (CAP_SYS_ADMIN or user namespaces): the full disk was not drilled"
        )
    with serving(made.server):
        yield made


def _unacknowledged(client: Client, card: int) -> tuple[Sent, Reply]:
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
    sent, reply = _unacknowledged(client, disk.site.cards[1])
    assert (reply.status, reply.sentence) == (507, _FULL)
    for path in ("/", "/study", "/account", "/imports", f"/cards/{disk.site.cards[0]}"):
        assert other.get(path).status == 200, path
    disk.free()
    _is_fine_again(client, sent)
    assert compare(disk.copied(tmp_path / "copy").config, ledger).sound
    assert disk.temporary_files() == []


def test_an_import_on_a_full_disk_is_refused_whole_and_works_when_there_is_space(
    disk: SmallDisk, tmp_path: Path
) -> None:
    client, _ = log_in_all(disk.site, Ledger())
    deck = "---\nname: Large\n---\n" + "".join(f"Q: Question {n}?\nA: {'long ' * 40}{n}\n\n" for n in range(12_000))
    before = _content(disk.copied(tmp_path / "before"))
    for number, kilobytes in enumerate((0, 200, 1_000, 2_000)):
        disk.fill(kilobytes)
        reply = client.upload("large.md", deck.encode())
        assert reply.status == 507, f"{kilobytes} KB: {reply.status}"
        assert _FULL in reply.body.decode()
        assert disk.temporary_files() == []
        disk.free()
        assert _content(disk.copied(tmp_path / f"after{number}")) == before
    begin = time.monotonic()
    assert client.upload("large.md", deck.encode()).status == 302
    assert time.monotonic() - begin < 60
    assert _content(disk.copied(tmp_path / "end"))["notes"] == before["notes"] + 12_000


def _content(site: Site) -> dict[str, int]:
    """How many rows the tables hold that an import writes."""
    database = Database(site.config)
    with database.reading() as session:
        tables = (Deck, Note, Card, Import, ImportChange)
        counts = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    database.close()
    return counts


@contextmanager
def failing(server: Server, calls: str, error: str) -> Iterator[None]:
    """Let these system calls of the workers on the database's files fail, until the end of the body."""
    data = server.site.config.data_dir
    files = [part for name in ("oboegaki.db", "oboegaki.db-wal") for part in ("-P", str(data / name))]
    who = [part for worker in server.workers for part in ("-p", str(worker))]
    fault = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    note = server.site.folder / "strace.txt"
    with note.open("w") as said:
        process = subprocess.Popen([tool("strace"), "-f", *who, *files, *fault], stderr=said)  # noqa: S603
    try:
        _wait_for(lambda: note.read_text().count("attached") >= len(server.workers), note)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert "INJECTED" in note.read_text(), "no call failed: this drill shows nothing"


def _wait_for(condition: Callable[[], bool], note: Path) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"strace did not join the workers: {note.read_text()}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("calls", "error", "status", "sentence"),
    [
        ("fsync,fdatasync", "EIO", 503, _NOT_NOW),
        ("pwrite64", "EIO", 503, _NOT_NOW),
        ("pwrite64", "ENOSPC", 507, _FULL),
        ("fsync,fdatasync", "ENOSPC", 503, _NOT_NOW),
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
        with failing(server, calls, error):
            for card in site.cards[1:6]:
                sent, reply = _unacknowledged(client, card)
                assert (reply.status, reply.sentence) == (status, sentence)
            for path in ("/", "/study", f"/cards/{site.cards[0]}"):
                assert other.get(path).status == 200, path
        _is_fine_again(client, sent)
        assert client.answer(site.cards[7], 3).status == 200
        server.stop()
    found = compare(site.config, ledger)
    assert found.sound, found


def _is_fine_again(client: Client, sent: Sent) -> None:
    """The answer that was not recorded is, under the same id, within the time that is demanded: 5 s."""
    begin = time.monotonic()
    reply = client.answer(sent.card, sent.grade, review=sent.review)
    assert reply.status == 200, reply
    assert time.monotonic() - begin < _AGAIN_SECONDS
