"""The power goes at any moment while answers flow: nothing is damaged and no acknowledged answer is gone.

Shown able to fail: the same recording and the same points with `synchronous` NORMAL and OFF must find losses, in
this run. What the disk is assumed to do stands in `power_loss.py`; a disk that says "synced" and lies is not in it.
"""

import time
from functools import partial
from pathlib import Path
from random import Random
from shutil import copytree

import pytest

from tests.drills.clients import answer_all, at_once, log_in_all
from tests.drills.ledger import Ledger
from tests.drills.power_loss import Disk, Recording, power_losses
from tests.drills.server import Server, seed, serving
from tests.drills.trace import Event, events, recorder

_SEED = 20260302
_DEVICES = 4


def record(folder: Path, mutant: str, answers: int) -> Recording:
    """Let devices answer on a recorded server."""
    site = seed(folder, learners=_DEVICES, cards=40)
    data, before, calls = folder / "data", folder / "before", folder / "calls"
    copytree(data, before)
    server = Server(
        site,
        module="tests.drills.mutants:application",
        wrapper=recorder(calls),
        environment={"OBOEGAKI_DRILL_MUTANT": mutant},
    )
    ledger = Ledger()
    with serving(server):
        clients = log_in_all(site, ledger)
        share = answers // len(clients)
        at_once([partial(answer_all, one, site.cards, share, Random(one.learner.id)) for one in clients])
        server.stop()
    seen = events(calls, data)
    calls.unlink()
    assert {event.review for event in seen if event.review} == set(ledger.acknowledged), "the recording has gaps"
    return Recording(data, before, seen, list(ledger.sent.values()))


@pytest.mark.parametrize("mutant", ["none", "normal", "off"])
def test_a_power_loss_takes_nothing_that_was_acknowledged_unless_synchronous_is_weakened(
    mutant: str, tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    points, answers = (1000, 800) if full else (60, 160)
    if mutant != "none":
        points = points // 5
    begin = time.monotonic()
    verdict = power_losses(record(tmp_path, mutant, answers), points, Random(_SEED), tmp_path / "after")
    with capsys.disabled():
        what = "as it is" if mutant == "none" else f"synchronous {mutant}"
        print(f"\npower loss, {what}: seed {_SEED}, {answers} answers, {verdict}, {time.monotonic() - begin:.0f} s")
    if mutant == "none":
        assert (verdict.corrupt, verdict.losing) == (0, 0), verdict
    else:
        assert verdict.losing + verdict.corrupt > 0, f"the drill does not see what synchronous {mutant} loses"


def test_a_synced_write_stays_and_one_without_a_sync_may_go(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    disk = Disk(tmp_path, tmp_path)
    name = str(tmp_path / "file")
    disk.see(Event("write", 1, 1, name, 0, b"new"))
    assert {disk.after_power_loss(Random(seed))["file"] for seed in range(50)} == {b"old", b"new"}
    disk.see(Event("sync", 2, 3, name))
    assert {disk.after_power_loss(Random(seed))["file"] for seed in range(50)} == {b"new"}


def test_a_sync_says_nothing_of_a_write_that_was_under_way_when_it_began(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    disk = Disk(tmp_path, tmp_path)
    name = str(tmp_path / "file")
    disk.see(Event("write", 1, 4, name, 0, b"new"))
    disk.see(Event("sync", 2, 3, name))
    assert {disk.after_power_loss(Random(seed))["file"] for seed in range(50)} == {b"old", b"new"}


def test_a_torn_write_is_torn_at_sector_bounds(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"." * 2048)
    disk = Disk(tmp_path, tmp_path)
    disk.see(Event("write", 1, 1, str(tmp_path / "file"), 256, b"x" * 1024))
    found = {disk.after_power_loss(Random(seed))["file"] for seed in range(300)}
    assert found == {
        b"." * 256 + first * 256 + middle * 512 + last * 256 + b"." * 768
        for first in (b".", b"x") for middle in (b".", b"x") for last in (b".", b"x")
    }  # fmt: skip


def test_a_new_file_may_be_missing_until_its_folder_is_synced(tmp_path: Path) -> None:
    disk = Disk(tmp_path, tmp_path)
    name = str(tmp_path / "new")
    disk.see(Event("make", 1, 1, name))
    disk.see(Event("append", 2, 2, name, data=b"text"))
    disk.see(Event("sync", 3, 4, name))
    assert {tuple(disk.after_power_loss(Random(seed)).items()) for seed in range(50)} == {(), (("new", b"text"),)}
    disk.see(Event("sync", 5, 6, str(tmp_path)))
    assert {tuple(disk.after_power_loss(Random(seed)).items()) for seed in range(50)} == {(("new", b"text"),)}
