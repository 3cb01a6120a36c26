"""Backups under load: each holds every answer that was acknowledged before it began, and comes back as the README says.

RELIABILITY's figures: 50 backups while 100 answers a second flow, each restored by the README's own commands, and 0
acknowledged answers missing. Here answers come as fast as eight devices give them; the run prints how fast that was.
Shown able to fail: a plain copy of the live file, in place of the command, misses answers in this run.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy.exc import DatabaseError

from app.config import from_environment
from tests.drills.clients import answer_during, log_in_all
from tests.drills.ledger import Findings, Ledger, findings
from tests.drills.server import Server, Site, seed, serving
from tests.readme import told, typed

SEED = 20260302
_DEVICES = 8
_BETWEEN = 20
"""Answers that have to come between two backups, so that each has something new to hold."""


class Made(NamedTuple):
    """A backup, and what had been acknowledged when it began."""

    file: Path
    known: frozenset[UUID]


class Flow(NamedTuple):
    """A server that devices answer at."""

    site: Site
    ledger: Ledger


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    """A server of two workers, with eight learners."""
    site = seed(tmp_path, learners=_DEVICES, cards=60)
    with serving(Server(site)) as server:
        yield Flow(site, Ledger())
        server.stop()


def made_under_load(flow: Flow, count: int, back_up: Callable[[Site, int], Path]) -> list[Made]:
    """So many backups while all devices answer."""
    made: list[Made] = []
    clients = log_in_all(flow.site, flow.ledger)
    chance = Random(SEED)

    def back_up_again_and_again() -> None:
        for number in range(count):
            flow.ledger.wait_for(len(flow.ledger.acknowledged) + _BETWEEN)
            known = frozenset(flow.ledger.acknowledged)
            made.append(Made(back_up(flow.site, number), known))

    answer_during(clients, flow.site.cards, chance, back_up_again_and_again)
    return made


def as_told(site: Site, _number: int) -> Path:
    """A backup by the README's command."""
    backup = told("oboegaki data backup")[0]
    return Path(typed(backup, site.environment).strip())


def copied(site: Site, number: int) -> Path:
    """What somebody has who copies the live file."""
    return Path(copyfile(site.config.data_dir / "oboegaki.db", site.folder / f"copy{number}.db"))


def put_back(made: Made, folder: Path) -> Path:
    """The data folder that the README's command restores a backup into."""
    restore = next(line for line in told("oboegaki data backup") if line.startswith("oboegaki data restore"))
    environment = {"OBOEGAKI_DATA_DIR": str(folder), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    assert "Restored " in typed(restore.replace("FILE", str(made.file)), environment)
    return folder


def seen_in(folder: Path, made: Made, ledger: Ledger) -> Findings:
    """What a data folder lacks of what was acknowledged before the backup, and what is wrong with it."""
    config = from_environment({"OBOEGAKI_DATA_DIR": str(folder)})
    return findings(config, ledger.sent.values(), made.known, ledger.refused)


def test_every_backup_under_load_brings_back_all_that_was_acknowledged_before_it(
    flow: Flow, full: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = time.monotonic()
    made = made_under_load(flow, 50 if full else 5, as_told)
    spent = time.monotonic() - begin
    found = [seen_in(put_back(each, tmp_path / f"restored{number}"), each, flow.ledger) for number, each in _of(made)]
    answers = len(flow.ledger.acknowledged)
    with capsys.disabled():
        print(
            f"\nbackups under load: seed {SEED}, {len(made)} backups in {spent:.0f} s, {answers} answers "
            f"({answers / spent:.0f} a second), {sum(len(each.lost) for each in found)} missing"
        )
    assert len({each.file for each in made}) == len(found) == len(made)
    assert [each for each in found if not each.sound] == []
    assert set(flow.ledger.replies) == {200}, flow.ledger.sentences


def test_a_copy_of_the_live_file_would_miss_answers(flow: Flow, tmp_path: Path) -> None:
    lost = 0
    for number, each in _of(made_under_load(flow, 5, copied)):
        folder = tmp_path / f"copied{number}"
        folder.mkdir()
        copyfile(each.file, folder / "oboegaki.db")
        with suppress(DatabaseError):  # copied while a checkpoint wrote: it is no database at all
            lost += len(seen_in(folder, each, flow.ledger).lost)
    assert lost > 0, "the harness can fail"


def _of(made: list[Made]) -> Iterator[tuple[int, Made]]:
    assert made, "no backup was made"
    return iter(enumerate(made))
