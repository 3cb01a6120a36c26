"""Many writers: four workers, sixteen devices, forced checkpoints and backups at once; and pairs on one card.

On SQLite and on a PostgreSQL that writes as in earnest. Shown able to fail, in this run: with the lock around writes
and SQLite's waiting taken out (`mutants.py`, "hasty") learners are told that the database cannot be written; with
PostgreSQL's advisory locks made to do nothing (`_UNLOCKED`) pairs on one card get an error of the server.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import psycopg
import pysqlite3
import pytest
from sqlalchemy import make_url

from app import clock
from app.backups.making import make_backup
from tests import postgresql
from tests.drills.clients import GIVE_UP_SECONDS, Client, answer_all, at_once, log_in_all, percentile
from tests.drills.ledger import Ledger, compare
from tests.drills.server import Server, Site, seed, serving

_DEVICES = 16
_WORKERS = 4
_P99_SECONDS = 0.5
_CHECKPOINT_EVERY_SECONDS = 0.02
_BACKUP_EVERY_SECONDS = 0.5
_OTHER_WRITES_SECONDS = 1.0
_CHECKPOINTS = ("PASSIVE", "FULL", "RESTART", "TRUNCATE")
_UNLOCKED = """
    CREATE FUNCTION public.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION public.pg_advisory_xact_lock(int, int) RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION public.pg_advisory_xact_lock_shared(bigint) RETURNS void LANGUAGE sql AS '';
    ALTER DATABASE {name} SET search_path = public, pg_catalog
"""
"""The locks' names, found before PostgreSQL's own, with nothing behind them."""
_COLLIDING_ROUNDS = 5
"""The first collides, unless the machine holds up one of the two; without locks it is tried with all cards."""

Job = Callable[[threading.Event], int]


def _checkpoint(site: Site, stop: threading.Event) -> int:
    """Force checkpoints of every kind, one after the other, one at least; how many."""
    done = 0
    with closing(pysqlite3.connect(site.config.data_dir / "oboegaki.db", timeout=0.1)) as connection:
        for kind in cycle(_CHECKPOINTS):
            connection.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()
            done += 1
            if stop.wait(_CHECKPOINT_EVERY_SECONDS):
                break
    return done


def _back_up(site: Site, stop: threading.Event) -> int:
    """Make backups, one after the other; how many."""
    done = 0
    while not done or not stop.wait(_BACKUP_EVERY_SECONDS):
        make_backup(site.config, clock.now())
        done += 1
    return done


def _checkpoint_postgresql(database: postgresql.Server, stop: threading.Event) -> int:
    """Force checkpoints of PostgreSQL, one after the other; how many."""
    done = 0
    while not done or not stop.wait(_CHECKPOINT_EVERY_SECONDS):
        database.checkpoint()
        done += 1
    return done


def _dump(database: postgresql.Server, site: Site, stop: threading.Event) -> int:
    """Make backups by pg_dump, one after the other; how many."""
    done = 0
    url = site.config.database_url.replace("+psycopg", "")
    while not done or not stop.wait(_BACKUP_EVERY_SECONDS):
        file = site.folder / "dump"
        subprocess.run([database.bin / "pg_dump", "--format=custom", "--file", file, url], check=True)  # noqa: S603
        done += 1
    return done


@contextmanager
def _meanwhile(jobs: Sequence[Job]) -> Iterator[Callable[[], tuple[int, int]]]:
    """Checkpoints and backups during the body; how many of each there were, to be asked for at its end."""
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(job, stop) for job in jobs]
        try:
            yield lambda: (stop.set(), running[0].result(), running[1].result())[1:]  # type: ignore[func-returns-value]
        finally:
            stop.set()


@dataclass(frozen=True, slots=True)
class Crowd:
    """A server of four workers, and two devices of each of its learners; the ledger is that of all drills here."""

    server: Server
    ledger: Ledger
    pairs: list[tuple[Client, Client]]
    engine: str
    meanwhile: Sequence[Job]
    """What else is done to the database."""

    @property
    def site(self) -> Site:
        """What the server serves."""
        return self.server.site

    def is_sound(self) -> bool:
        """Whether everything that was acknowledged so far is in the database, once."""
        found = compare(self.site.config, self.ledger)
        assert found.sound, found
        return True


@contextmanager
def _gathered(site: Site, engine: str, *meanwhile: Job) -> Iterator[Crowd]:
    """Two devices of each learner, on one server."""
    ledger = Ledger()
    with serving(Server(site, processes=_WORKERS)) as server:
        pairs = list(zip(log_in_all(site, ledger), log_in_all(site, ledger), strict=True))
        yield Crowd(server, ledger, pairs, engine, meanwhile)
        server.stop()


@pytest.fixture(scope="module")
def durable() -> Iterator[postgresql.Server]:
    """A PostgreSQL that writes as in earnest."""
    with TemporaryDirectory(prefix="pg-") as folder, postgresql.serving(Path(folder), durable=True) as server:
        yield server


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """Sixteen devices of eight learners, on one server."""
    folder, learners = tmp_path_factory.mktemp("crowd"), _DEVICES // 2
    if request.param == "SQLite":
        site = seed(folder, learners=learners, cards=60)
        with _gathered(site, request.param, partial(_checkpoint, site), partial(_back_up, site)) as crowd:
            yield crowd
        return
    database: postgresql.Server = request.getfixturevalue("durable")
    site = _on_postgresql(folder, database, learners)
    meanwhile = partial(_checkpoint_postgresql, database), partial(_dump, database, site)
    with _gathered(site, request.param, *meanwhile) as crowd:
        yield crowd


def _on_postgresql(folder: Path, database: postgresql.Server, learners: int) -> Site:
    url = database.new_database()
    return seed(folder, learners=learners, cards=60, environment={"OBOEGAKI_DATABASE_URL": url})


def test_sixteen_devices_lose_nothing_and_never_hear_of_a_lock_under_checkpoints_and_backups(
    crowd: Crowd, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    each = 400 if full else 30
    ledger, site = crowd.ledger, crowd.site
    half = len(site.cards) // 2
    begin = time.monotonic()
    with _meanwhile(crowd.meanwhile) as ended:
        jobs = [
            partial(answer_all, device, cards, each, Random(number))
            for number, (first, second) in enumerate(crowd.pairs)
            for device, cards in ((first, site.cards[:half]), (second, site.cards[half:]))
        ]
        at_once(jobs)
        checkpoints, backups = ended()
    p99 = percentile(list(ledger.acknowledged.values()), 0.99)
    with capsys.disabled():
        print(
            f"\nmany writers, {crowd.engine}: {len(ledger.acknowledged)} answers in {time.monotonic() - begin:.0f} s, "
            f"{checkpoints} checkpoints, {backups} backups, statuses {dict(ledger.replies)}, p99 {p99 * 1000:.0f} ms"
        )
    assert crowd.is_sound()
    assert len(ledger.acknowledged) == _DEVICES * each
    assert (set(ledger.replies), ledger.broken) == ({200}, 0), ledger.sentences
    assert checkpoints > 0
    assert backups > 0
    if full:
        assert p99 <= _P99_SECONDS


def test_of_two_devices_that_answer_one_card_at_once_one_is_recorded_and_the_other_told(
    crowd: Crowd, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = 200 if full else 15
    before = len(crowd.ledger.acknowledged)
    for pair in crowd.pairs:
        _agree(pair)
    at_once([partial(_compete, pair, crowd.site, rounds) for pair in crowd.pairs])
    recorded = len(crowd.ledger.acknowledged) - before
    with capsys.disabled():
        print(f"\npairs on one card, {crowd.engine}: {recorded} pairs, {len(crowd.ledger.refused)} told so")
    assert crowd.is_sound()
    assert recorded == len(crowd.ledger.refused) == rounds * len(crowd.pairs)
    assert crowd.ledger.sentences == {
        "This card was answered in the meantime: this answer was not recorded; go on with the next card"
    }


def test_one_answer_sent_twice_at_the_same_moment_is_one_and_both_get_the_same_reply(crowd: Crowd) -> None:
    first, second = pair = crowd.pairs[0]
    _agree(pair)
    for card in crowd.site.cards[:20]:
        sent = first.new_answer(card, 4)
        with ThreadPoolExecutor(2) as pool:
            told = [reply.result() for reply in [pool.submit(one.try_once, sent) for one in pair]]
        assert [reply.status for reply in told] == [200, 200]
        assert told[0].told["said"] == told[1].told["said"]
        crowd.ledger.acknowledge(sent.review, 0.0)
        first.revisions[card] = second.revisions[card] = first.revisions.get(card, 0) + 1
    assert crowd.is_sound()


@pytest.mark.parametrize("mutant", ["none", "hasty"])
def test_only_without_lock_and_waiting_learners_are_told_that_another_writes(tmp_path: Path, mutant: str) -> None:
    site, ledger = seed(tmp_path, learners=1, cards=1), Ledger()
    environment = {"OBOEGAKI_DRILL_MUTANT": mutant}
    server = Server(site, module="tests.drills.mutants:application", environment=environment)
    with serving(server), closing(pysqlite3.connect(site.config.data_dir / "oboegaki.db")) as other:
        (client,) = log_in_all(site, ledger)
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(client.answer, site.cards[0], 4)
            end = time.monotonic() + (GIVE_UP_SECONDS if mutant == "hasty" else _OTHER_WRITES_SECONDS)
            while not ledger.replies[503] and time.monotonic() < end:
                time.sleep(0.02)
            other.rollback()
            assert answered.result().status == 200
    assert (ledger.replies[503] > 0) is (mutant == "hasty")


@pytest.mark.parametrize("locked", [True, False])
def test_only_without_postgresqls_locks_pairs_get_an_error(
    durable: postgresql.Server, tmp_path: Path, *, locked: bool
) -> None:
    site = _on_postgresql(tmp_path, durable, 2)
    url = site.config.database_url
    postgresql.let_linger(url)
    if not locked:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(_UNLOCKED.format(name=make_url(url).database).encode())
    with _gathered(site, "PostgreSQL") as crowd:
        for begin in range(0, len(site.cards), _COLLIDING_ROUNDS):
            new = replace(site, cards=site.cards[begin:])  # a card that has its schedule collides without an error
            at_once([partial(_compete, pair, new, _COLLIDING_ROUNDS) for pair in crowd.pairs])
            if locked or crowd.ledger.replies[500]:
                break
    assert (crowd.ledger.replies[500] == 0) is locked


def _agree(pair: tuple[Client, Client]) -> None:
    """Let two devices of a learner know of each other's answers, as a page loaded anew would."""
    first, second = pair
    for card in first.revisions.keys() | second.revisions.keys():
        newest = max(first.revisions.get(card, 0), second.revisions.get(card, 0))
        first.revisions[card] = second.revisions[card] = newest


def _compete(pair: tuple[Client, Client], site: Site, rounds: int) -> None:
    """Let two devices of a learner answer the same card at the same moment, card after card."""
    first, second = pair
    for number in range(rounds):
        card = site.cards[number % len(site.cards)]
        at_once([partial(first.answer, card, 4), partial(second.answer, card, 2)])
        _agree(pair)
