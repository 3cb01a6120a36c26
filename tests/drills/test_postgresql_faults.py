"""PostgreSQL's disk is full, or fails, or its server stops: clear words, nothing half done, then all is well.

A PostgreSQL that cannot write its own log ends in a panic: what looks after containers starts it again, and so do
these drills (`keep_up`). Our own server is never started again. Shown able to fail: each fault is seen to arrive (a
try was answered with 507 or 503); with the mapping taken out of `app/web/errors.py` every reply is 500 and all of
these drills are red.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import psycopg
import pytest
from sqlalchemy import make_url

from tests import postgresql
from tests.drills.clients import Client, answer_during, log_in_all
from tests.drills.ledger import Ledger, compare
from tests.drills.server import Server, Site, seed, serving
from tests.drills.small_disk import Disk, mounted
from tests.drills.test_disk import FULL, NOT_NOW, content, failing, is_fine_again, large_deck, unacknowledged

_DISK_KILOBYTES = 64 * 1024
_LOG_BYTES = 64 * 1024
"""What is left of the log, so that some answers are recorded and the fault arrives soon."""
_NOTES = 6_000
_SEED = 20260302
_PAGES = ("/", "/study", "/account", "/imports")


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """Our server on a PostgreSQL that has its data, its log or both on a small disk."""

    database: postgresql.Server
    server: Server
    disk: Disk

    @property
    def site(self) -> Site:
        """What our server serves."""
        return self.server.site

    def free(self) -> None:
        """Give the space back, and start the database where it is gone."""
        self.disk.free()
        self.database.keep_up()


@contextmanager
def _on_a_small_disk(folder: Path, small: str) -> Iterator[SmallDisk]:
    """What is `small`: the disk of the database's "tables", that of its "log", or the one that holds "both"."""
    with TemporaryDirectory(prefix="pg-") as name:
        data, log = Path(name) / "data", Path(name) / "wal"
        for part in (data, log):
            part.mkdir()
            postgresql.hand_over(part)
        made_with = ["--wal-segsize=1", *([] if small == "both" else [f"--waldir={log}"])]
        with mounted(log if small == "log" else data, _DISK_KILOBYTES) as disk:
            postgresql.hand_over(disk.inside)
            made = postgresql.serving(data.parent, durable=True, wrapper=disk.wrapper, made_with=made_with)
            with made as database, serving(Server(_site(folder, database))) as server:
                try:
                    yield SmallDisk(database, server, disk)
                finally:
                    disk.free()


@pytest.fixture(scope="module")
def database() -> Iterator[postgresql.Server]:
    """A database server that writes as in earnest, for a drill to stop or to hurt; the next one finds it up again."""
    with TemporaryDirectory(prefix="pg-") as folder, postgresql.serving(Path(folder), durable=True) as server:
        yield server


def _site(folder: Path, database: postgresql.Server) -> Site:
    url = database.new_database()
    return seed(folder, learners=4, cards=30, environment={"OBOEGAKI_DATABASE_URL": url})


@pytest.mark.parametrize("small", ["tables", "log"])
def test_a_full_disk_is_told_and_the_same_answer_is_recorded_when_there_is_space(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger()
    with _on_a_small_disk(tmp_path, small) as on:
        client, other, *_ = log_in_all(on.site, ledger)
        workers = on.server.workers
        on.disk.fill()
        if small == "log":
            on.database.use_up_log(_LOG_BYTES)
        sent, reply = unacknowledged(client, on.site.cards[1])
        # A panic may end the connection before it has said why: then all that is known is that it is gone.
        assert (reply.status, reply.sentence) in [(507, FULL), (503, NOT_NOW)][: 1 if small == "tables" else 2]
        _reading_goes_on(other, {200} if small == "tables" else {200, 503})
        assert ("PANIC" in on.database.log) == (small == "log")
        on.free()
        seconds = is_fine_again(client, sent)
        assert on.server.workers == workers
        found = compare(on.site.config, ledger)
    _say(
        capsys,
        f"full disk of the {small}: {len(ledger.acknowledged)} answers, {reply.status}, fine {seconds:.2f} s after",
    )
    assert found.sound, found


def test_an_import_on_a_full_disk_is_refused_whole_and_works_when_there_is_space(
    tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    deck, refused = large_deck(_NOTES), []
    with _on_a_small_disk(tmp_path, "both") as on:
        client, *_ = log_in_all(on.site, Ledger())
        before = content(on.site.config)
        for kilobytes in (0, 1_000, 2_000, 4_000) if full else (0, 2_000):
            on.disk.fill(kilobytes)
            reply = client.upload("large.md", deck)
            refused.append(reply.status)
            assert reply.status in (503, 507), f"{kilobytes} KB: {reply.status}"
            assert (FULL if reply.status == 507 else NOT_NOW) in reply.body.decode()
            on.free()
            assert content(on.site.config) == before
        assert client.upload("large.md", deck).status == 302
        assert content(on.site.config)["notes"] == before["notes"] + _NOTES
    _say(capsys, f"imports on a full disk: refused with {refused}")


@pytest.mark.parametrize(
    ("calls", "hurts"), [("fdatasync", "log"), ("pwrite64,pwritev,pwritev2,fallocate", "table of reviews")]
)
def test_an_error_of_the_disk_is_told_and_the_same_answer_is_recorded_once_it_is_over(
    calls: str, hurts: str, database: postgresql.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, ledger = _site(tmp_path, database), Ledger()
    files = [] if hurts == "log" else [_table_of_reviews(database, site)]
    with serving(Server(site)) as server:
        client, other, *_ = log_in_all(site, ledger)
        with failing(database.processes, files, tmp_path / "strace.txt", calls, "EIO"):
            for card in site.cards[1:6]:
                sent, reply = unacknowledged(client, card)
                assert (reply.status, reply.sentence) == (503, NOT_NOW)
            _reading_goes_on(other, {200, 503} if hurts == "log" else {200})
        database.keep_up()
        seconds = is_fine_again(client, sent)
        server.stop()
    _say(capsys, f"errors of {calls}: {len(ledger.acknowledged)} answers, fine {seconds:.2f} s after")
    found = compare(site.config, ledger)
    assert found.sound, found


def test_learners_are_told_while_the_database_is_stopped_and_answer_on_when_it_is_back(
    database: postgresql.Server, tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    stops, each = (40, 1_000) if full else (4, 60)
    site, ledger = _site(tmp_path, database), Ledger()
    with serving(Server(site)) as server:
        clients = log_in_all(site, ledger)
        workers = server.workers
        stopping = partial(_stop_among, database, ledger, stops, each * len(clients))
        answer_during(clients, site.cards, Random(_SEED), stopping)
        assert server.workers == workers
        server.stop()
    found = compare(site.config, ledger)
    _say(capsys, f"{stops} stops: seed {_SEED}, {len(ledger.acknowledged)} answers, statuses {dict(ledger.replies)}")
    assert found.sound, found
    assert (set(ledger.replies), ledger.broken, ledger.sentences) == ({200, 503}, 0, {NOT_NOW})


def _stop_among(database: postgresql.Server, ledger: Ledger, stops: int, answers: int) -> None:
    """Stop the database in order or kill it, spread over so many answers; start it when a learner was told."""
    chance = Random(_SEED)
    for number, moment in enumerate(sorted(chance.randrange(answers * 95 // 100) for _ in range(stops))):
        ledger.wait_for(moment)
        told = ledger.replies[503]
        (database.stop if number % 2 else database.kill)()
        end = time.monotonic() + 60
        while ledger.replies[503] == told:
            assert time.monotonic() < end, "nobody asked while the database was away"
            time.sleep(0.01)
        database.start()


def _table_of_reviews(database: postgresql.Server, site: Site) -> Path:
    """The file that holds the reviews."""
    url = make_url(site.config.database_url)
    with psycopg.connect(host=str(database.folder), user=url.username, dbname=url.database) as connection:
        row = connection.execute("SELECT pg_relation_filepath('reviews')").fetchone()
    assert row is not None
    return database.folder / "data" / str(row[0])


def _reading_goes_on(client: Client, statuses: set[int]) -> None:
    """Pages are shown, or say in the one sentence that the database cannot be reached."""
    for path in (*_PAGES, f"/cards/{client.site.cards[0]}"):
        reply = client.get(path)
        assert reply.status in statuses, path
        assert reply.status == 200 or NOT_NOW in reply.body.decode()


def _say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(f"\nPostgreSQL, {line}")
