"""Answers flow through nginx while the app's container is killed, recreated, stopped: none acknowledged is lost.

Shown able to fail: the comparison is that of `tests/drills/test_kill.py`, which turns red for a server that
acknowledges too early; here a ledger with an answer more than the database is seen, in this run.
"""

import signal
import time
from contextlib import suppress
from uuid import uuid4

import pytest

from tests.containers.drilled import SEED, Drilled, address_of, id_of, is_ready, remove_container, until
from tests.containers.engine import first_process
from tests.containers.stack import Stack, run
from tests.drills.ledger import Sent

_ANSWERS = 40
"""For each of the six devices, in each drill."""
_STOP_SECONDS = 10.0
_INTERRUPTED = 130
"""Python's exit status for SIGINT, before the program is there to say 0."""

_KILL_THE_SERVER = """
import os, signal
(master,) = open("/proc/1/task/1/children").read().split()
os.kill(int(master), signal.SIGKILL)
"""


class Killer:
    """Kills the app's container, or the server in it, at moments that the answers set."""

    def __init__(self, drilled: Drilled, moments: list[int]) -> None:
        self._drilled, self._stack = drilled, drilled.stack
        self._moments = [len(drilled.ledger.acknowledged) + moment for moment in moments]
        self.ready_seconds: list[float] = []

    def run(self) -> None:
        """The container's own restart is what the engine does after a crash; a killed container has to be started."""
        for moment in self._moments:
            self._drilled.ledger.wait_for(moment)
            begin = time.monotonic()
            if moment == self._moments[-1]:
                with suppress(AssertionError):  # it may die with the container; RestartCount tells whether it struck
                    run("docker", "container", "exec", id_of(self._stack, "app"), "python", "-c", _KILL_THE_SERVER)
            else:
                run("docker", "container", "kill", id_of(self._stack, "app"))
                self._stack.compose("up", "--detach", "app")
            until(lambda: is_ready(self._drilled.clients[0]), "the app answers again")
            self.ready_seconds.append(time.monotonic() - begin)


def test_no_acknowledged_answer_is_lost_and_none_counts_twice_when_the_container_is_killed(
    drilled: Drilled, capsys: pytest.CaptureFixture[str]
) -> None:
    """`kill -9` of the whole container, and of uWSGI in it: then the container ends and the engine starts it again."""
    killer = Killer(drilled, sorted(drilled.chance.randrange(_ANSWERS * 5) for _ in range(3)))
    before, cut_off = len(drilled.ledger.acknowledged), drilled.ledger.replies[503]
    drilled.answer(_ANSWERS, killer.run)
    found = drilled.look()
    with capsys.disabled():
        answers, refused = len(drilled.ledger.acknowledged) - before, drilled.ledger.replies[503] - cut_off
        seconds = ", ".join(f"{one:.1f}" for one in killer.ready_seconds)
        print(
            f"\nkill -9 of the container: seed {SEED}, {answers} answers by {len(drilled.clients)} devices, "
            f"{len(killer.ready_seconds)} kills, {refused} tries met nginx alone, {len(found.lost)} lost, "
            f"{len(found.unknown)} double, ready again after {seconds} s"
        )
    assert found.sound, found
    assert answers == _ANSWERS * len(drilled.clients)
    assert refused > 0, "no kill met a request: this drill shows nothing"
    assert drilled.stack.container("app")["RestartCount"] == 1, "the engine started it again after the crash"


def test_an_app_with_another_address_is_found_while_answers_flow(drilled: Drilled) -> None:
    """Its old address is somebody else's then, and nginx is not started again."""
    stack, before = drilled.stack, address_of(drilled.stack)
    started = stack.container("nginx")["State"]["StartedAt"]
    in_its_place = f"{stack.name}-in-its-place"

    def recreate() -> None:
        drilled.ledger.wait_for(begun + _ANSWERS)
        stack.compose("rm", "--stop", "--force", "app")
        placed = ("--name", in_its_place, "--network", f"{stack.name}_back", "--entrypoint", "sleep")
        run("docker", "container", "run", "--detach", *placed, f"{stack.name}-app", "600")
        stack.compose("up", "--detach", "app")

    begun = len(drilled.ledger.acknowledged)
    try:
        drilled.answer(_ANSWERS, recreate)
        assert address_of(stack) != before
    finally:
        remove_container(in_its_place)
    assert len(drilled.ledger.acknowledged) == begun + _ANSWERS * len(drilled.clients)
    assert stack.container("nginx")["State"]["StartedAt"] == started
    assert drilled.look().sound


def test_stop_under_load_exits_with_0_within_ten_seconds_and_nothing_is_lost(
    drilled: Drilled, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both containers, in the order that compose takes; the devices go on by themselves when they are started again."""
    stack = drilled.stack
    seconds: list[float] = []

    def stop_and_start() -> None:
        drilled.ledger.wait_for(begun + _ANSWERS)
        seconds.append(stopped(stack, "app"))
        stack.compose("start", "app")
        until(lambda: is_ready(drilled.clients[0]), "the app answers again")
        drilled.ledger.wait_for(begun + _ANSWERS * 2)
        seconds.append(stopped(stack, "nginx", "app"))
        stack.compose("start")

    begun = len(drilled.ledger.acknowledged)
    drilled.answer(_ANSWERS, stop_and_start)
    with capsys.disabled():
        print("\nstop under load: " + ", ".join(f"{one:.1f} s" for one in seconds))
    assert max(seconds) <= _STOP_SECONDS
    assert len(drilled.ledger.acknowledged) == begun + _ANSWERS * len(drilled.clients)
    assert drilled.look().sound


def test_stop_while_it_starts_ends_the_app_within_ten_seconds(drilled: Drilled) -> None:
    """At once, while Python loads the program; and while uWSGI loads the app in its workers and hears nothing."""
    stack = drilled.stack
    stopped(stack, "app")
    stack.compose("start", "app")
    until(lambda: listens(stack), "Python listens to it")
    assert stopped(stack, "app", fine=(0, _INTERRUPTED)) <= _STOP_SECONDS
    lines = stack.logs("app").count("spawned uWSGI master")
    stack.compose("start", "app")
    until(lambda: stack.logs("app").count("spawned uWSGI master") > lines, "uWSGI starts")
    assert stopped(stack, "app") <= _STOP_SECONDS
    stack.compose("start", "app")
    until(lambda: is_ready(drilled.clients[0]), "the app answers again")


def listens(stack: Stack) -> bool:
    """Whether the app's first process hears SIGINT: before Python does, for some milliseconds, the kernel drops it."""
    return bool(int(first_process(id_of(stack, "app"))["SigCgt"], 16) >> (signal.SIGINT - 1) & 1)


def stopped(stack: Stack, *services: str, fine: tuple[int, ...] = (0,)) -> float:
    """Stop one after the other, as compose would, without the time that compose itself needs to begin.

    The seconds that the slowest took; each must have ended by itself, with such a status.
    """
    seconds = []
    for service in services:
        begin = time.monotonic()
        run("docker", "container", "stop", id_of(stack, service))
        seconds.append(time.monotonic() - begin)
        assert stack.container(service)["State"]["ExitCode"] in fine, stack.logs(service)[-3000:]
    return max(seconds)


def test_down_and_up_keep_every_answer_and_every_login(drilled: Drilled) -> None:
    """The containers are gone in between, the volume stays."""
    before = id_of(drilled.stack, "app")
    drilled.answer(2)
    drilled.stack.compose("down")
    drilled.stack.up()
    assert id_of(drilled.stack, "app") != before
    assert drilled.look().sound
    assert [client.get("/account").status for client in drilled.clients] == [200] * len(drilled.clients)


def test_nothing_was_written_outside_of_volume_and_tmpfs(drilled: Drilled) -> None:
    """After answers and a backup: the containers' own file systems are those of their images."""
    drilled.answer(2)
    drilled.look()
    for service in ("app", "nginx"):
        assert run("docker", "container", "diff", id_of(drilled.stack, service)) == ""


def test_the_comparison_finds_an_answer_that_the_database_does_not_have(drilled: Drilled) -> None:
    """The harness can fail: one answer that nobody sent, said to be acknowledged."""
    client = drilled.clients[0]
    sent = Sent(uuid4(), client.learner.id, drilled.site.cards[0], 4)
    drilled.ledger.send(sent)
    drilled.ledger.acknowledge(sent.review, 0.0)
    try:
        assert drilled.look().lost == {sent.review}
    finally:
        del drilled.ledger.sent[sent.review], drilled.ledger.acknowledged[sent.review]
