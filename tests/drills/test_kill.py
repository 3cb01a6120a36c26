"""kill -9 of workers and of the whole server under eight devices: no acknowledged answer goes, none counts twice.

Shown able to fail: the same drill on a server that acknowledges before it records (`mutants.py`, "early") finds
lost answers, in this run; so does a ledger with an answer more than the database.
"""

import time
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.db import Database
from app.models import Schedule
from tests.drills.clients import Client, answer_all, at_once, log_in_all, percentile
from tests.drills.ledger import Ledger, Sent, compare
from tests.drills.server import Server, Site, kill_process, seed, serving
from tests.library import give

_DEVICES = 8
_CARDS = 60
_SEED = 20260302
_READY_SECONDS = 2.0
_LONGEST_DELAY_SECONDS = 0.02
_EVERY_NTH_IS_THE_SERVER = 4
_KILLED_AFTER = 60


class Killer:
    """Kills at random moments, spread over the answers, until enough kills are done; starts the server again."""

    def __init__(self, server: Server, ledger: Ledger, kills: int, answers: int, chance: Random) -> None:
        self._server, self._ledger, self._chance = server, ledger, chance
        self._moments = sorted(chance.randrange(answers * 95 // 100) for _ in range(kills))
        self.workers = self.servers = 0
        self.ready_seconds: list[float] = []

    def run(self) -> None:
        """Wait for each moment and strike."""
        for number, moment in enumerate(self._moments, 1):
            self._ledger.wait_for(moment)
            time.sleep(self._chance.uniform(0, _LONGEST_DELAY_SECONDS))
            begin = time.monotonic()
            self._strike(number)
            self._server.wait_until_ready()
            self.ready_seconds.append(time.monotonic() - begin)

    def _strike(self, number: int) -> None:
        if number % _EVERY_NTH_IS_THE_SERVER == 0:
            self.servers += 1
            self._server.kill()
            self._server.start()
        elif workers := self._server.workers:
            self.workers += 1
            kill_process(self._chance.choice(workers))


def drill(server: Server, kills: int, answers: int, chance: Random) -> tuple[Ledger, Killer]:
    """Let the devices answer under kills; the ledger afterwards."""
    ledger = Ledger()
    killer = Killer(server, ledger, kills, answers, chance)
    with serving(server):
        clients = log_in_all(server.site, ledger)
        share = answers // len(clients)
        jobs = [partial(answer_all, client, server.site.cards, share, Random(client.learner.id)) for client in clients]
        at_once([*jobs, killer.run])
        server.stop()
    return ledger, killer


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A fresh data folder with a learner for each device."""
    return seed(tmp_path, learners=_DEVICES, cards=_CARDS)


def test_no_acknowledged_answer_is_lost_and_none_counts_twice_when_processes_are_killed(
    site: Site, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    kills, answers = (200, 10_000) if full else (10, 480)
    begin = time.monotonic()
    ledger, killer = drill(Server(site), kills, answers, Random(_SEED))
    found = compare(site.config, ledger)
    p95 = percentile(killer.ready_seconds, 0.95)
    with capsys.disabled():
        print(
            f"\nkill -9: seed {_SEED}, {len(ledger.acknowledged)} answers, {killer.workers} workers and "
            f"{killer.servers} servers killed, {ledger.broken} tries cut off, {len(found.lost)} lost, "
            f"{len(found.unknown)} double, ready again p95 {p95:.2f} s, {time.monotonic() - begin:.0f} s in all"
        )
    assert found.sound, found
    assert len(ledger.acknowledged) == answers
    assert ledger.broken > 0, "no kill met a request: this drill shows nothing"
    assert set(ledger.replies) <= {200}, ledger.sentences
    if full:
        assert p95 <= _READY_SECONDS


def test_the_drill_finds_the_answers_that_an_early_acknowledgement_loses(site: Site) -> None:
    server = Server(site, module="tests.drills.mutants:application", environment={"OBOEGAKI_DRILL_MUTANT": "early"})
    ledger = Ledger()
    with serving(server):
        clients = log_in_all(site, ledger)
        at_once([*(partial(_answer_until_dead, client) for client in clients), partial(_kill_among, server, ledger)])
    assert compare(site.config, ledger).lost


def test_the_comparison_finds_a_lost_a_changed_and_an_unknown_answer(site: Site) -> None:
    ledger, (first, second, third) = Ledger(), site.cards[:3]
    learner = site.learners[0]
    given = [Sent(uuid4(), learner.id, card, 4) for card in (first, second, third)]
    database = Database(site.config)
    with database.writing() as session:
        give(session, learner, second, 5, given_id=given[1].review)
        give(session, learner, third, 4, given_id=uuid4())
    database.close()
    for sent in given[:2]:
        ledger.send(sent)
        ledger.acknowledge(sent.review, 0.0)
    found = compare(site.config, ledger)
    assert found.lost == {given[0].review}
    assert found.changed == {given[1].review}
    assert len(found.unknown) == 1


def test_the_comparison_finds_a_schedule_that_is_not_the_replay_of_its_log(site: Site) -> None:
    learner, card = site.learners[0], site.cards[0]
    database = Database(site.config)
    with database.writing() as session:
        give(session, learner, card, 4)
        session.execute(update(Schedule).values(interval=9))
    database.close()
    assert any("has interval 9, the log says 1" in fault for fault in compare(site.config, Ledger()).faults)


def _answer_until_dead(client: Client) -> None:
    """Answer card after card, each once, until no reply comes."""
    for card in client.site.cards * 100:
        sent = Sent(uuid4(), client.learner.id, card, 4)
        client.ledger.send(sent)
        if client.try_once(sent).status != 200:
            return
        client.ledger.acknowledge(sent.review, 0.0)
        client.revisions[card] = client.revisions.get(card, 0) + 1


def _kill_among(server: Server, ledger: Ledger) -> None:
    ledger.wait_for(_KILLED_AFTER)
    server.kill()
