"""SIGTERM while the server starts, is idle, and answers: it exits with 0 within ten seconds, and nothing is lost.

Shown able to fail: uWSGI without what stands in front of it (`app/stopping.py`) ignores a SIGTERM that comes while it
starts, or waits for ever for workers that did not hear it; in this run it does not stop in the same time.
"""

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.drills.clients import Client, at_once, log_in_all
from tests.drills.ledger import Ledger, compare
from tests.drills.server import PROJECT, START_SECONDS, Server, Site, seed, serving

_SEED = 20260302
_STOP_SECONDS = 10.0
_DEVICES = 8
_ANSWERED_BEFORE = 60
_STARTING = ("mapped ", "(master-start)", "WSGI app 0")
"""What uWSGI says while it starts: before it listens to signals, when it does, and when a first worker is ready."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A fresh data folder with a learner for each device."""
    return seed(tmp_path, learners=_DEVICES, cards=60)


def stopped(server: Server) -> float:
    """Stop it: the seconds that took, with the exit status 0."""
    begin = time.monotonic()
    assert server.stop() == 0, server.log[-2000:]
    return time.monotonic() - begin


def test_a_server_that_is_idle_stops_at_once(site: Site) -> None:
    server = Server(site)
    with serving(server):
        assert stopped(server) <= _STOP_SECONDS


@pytest.mark.parametrize("moment", _STARTING)
def test_a_server_that_still_starts_stops_too(site: Site, moment: str) -> None:
    command = [str(Path(sys.executable).with_name("oboegaki")), "serve", "--http", f"127.0.0.1:{site.port}"]
    assert seconds_to_stop(command, site, moment) <= _STOP_SECONDS


def test_uwsgi_alone_does_not_stop_while_it_starts(site: Site) -> None:
    """The harness can fail."""
    uwsgi = str(Path(sys.executable).with_name("uwsgi"))
    command = [uwsgi, "--ini", "uwsgi.ini", "--http-socket", f"127.0.0.1:{site.port}"]
    with pytest.raises(subprocess.TimeoutExpired):
        seconds_to_stop(command, site, "mapped ")


def seconds_to_stop(command: list[str], site: Site, moment: str) -> float:
    """Start a server, send SIGTERM when it says these words; the seconds from there to its exit with 0."""
    log = site.folder / "starting.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own server
            command, stdout=out, stderr=out, cwd=PROJECT, start_new_session=True, env=Server(site).environment
        )
    try:
        end = time.monotonic() + START_SECONDS
        while moment not in log.read_text(errors="replace"):
            assert time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        assert process.wait(_STOP_SECONDS) == 0, log.read_text(errors="replace")[-2000:]
        return time.monotonic() - begin
    finally:
        if process.poll() is None:
            Server.kill_group(process)


def test_a_server_under_load_stops_again_and_again_and_loses_nothing(
    site: Site, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    times, chance, ledger, server = 20 if full else 4, Random(_SEED), Ledger(), Server(site)
    seconds: list[float] = []
    with serving(server):
        clients = log_in_all(site, ledger)

        def stop_and_start() -> None:
            for _ in range(times):
                ledger.wait_for(len(ledger.acknowledged) + _ANSWERED_BEFORE)
                time.sleep(chance.uniform(0, 0.05))
                seconds.append(stopped(server))
                server.start()
            done.append(True)

        done: list[bool] = []
        at_once([*(partial(_answer_until, client, done) for client in clients), stop_and_start])
    found = compare(site.config, ledger)
    with capsys.disabled():
        print(
            f"\nSIGTERM under load: seed {_SEED}, {times} times, {len(ledger.acknowledged)} answers, "
            f"{ledger.broken} tries cut off, {len(found.lost)} lost, slowest {max(seconds):.1f} s"
        )
    assert found.sound, found
    assert max(seconds) <= _STOP_SECONDS


def _answer_until(client: Client, done: list[bool]) -> None:
    number = 0
    while not done:
        reply = client.answer(client.site.cards[number % len(client.site.cards)], 4)
        assert reply.status == 200, f"refused: {reply.status} {reply.sentence}"
        number += 1
