"""A stack that drills may hurt: learners who answer through nginx, what they know, and what the database says to it.

The devices and their ledger are those of the drills of the plain server (`tests/drills`).
"""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from shutil import copyfile
from tempfile import mkdtemp
from uuid import UUID

from app.config import from_environment
from app.learner import Learner
from tests.containers.stack import Stack, run
from tests.drills.clients import Client, Job, answer_all, answer_during, at_once, log_in_all
from tests.drills.ledger import Findings, Ledger, findings
from tests.drills.server import Site
from tests.entrance import PASSWORD

_DEVICES = 6
_CARDS = 60
SEED = 20260302

_SEED = f"""
import json
from sqlalchemy import select
from app import accounts, clock, config
from app.db import Database
from app.models import Card
from app.passwords import HASHER

database = Database(config.from_environment())
with database.writing() as session:
    ids = [
        accounts.add_user(session, f"learner {{number}}", HASHER.hash({PASSWORD!r}), is_admin=number == 0,
                          time_zone="UTC", language="en", now=clock.now()).id
        for number in range({_DEVICES})
    ]
    cards = session.scalars(select(Card.id).order_by(Card.id).limit({_CARDS})).all()
database.close()
print(json.dumps([ids, list(cards)]))
"""  # noqa: S608 - a program, not a query


@dataclass
class Drilled:
    """A stack with learners, a device for each of them, and one account of all that they gave."""

    stack: Stack
    folder: Path
    """Where copies of the database are looked at."""
    site: Site
    ledger: Ledger = field(default_factory=Ledger)
    clients: list[Client] = field(default_factory=list)
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - grades and moments, no secrets

    def answer(self, count: int, *beside: Job) -> None:
        """Let every device give so many answers at once, sent again until acknowledged, and other things happen."""
        devices = [partial(answer_all, client, self.site.cards, count, self.chance) for client in self.clients]
        at_once([*devices, *beside])

    def answer_during(self, job: Job) -> None:
        """Let every device answer, sent again until acknowledged, for as long as something else happens."""
        answer_during(self.clients, self.site.cards, self.chance, job)

    def look(self) -> Findings:
        """What is wrong with the database as it is now, seen from the devices; looks at a backup of now."""
        return self.look_into(back_up(self.stack))

    def look_into(self, backup: Path, acknowledged: Iterable[UUID] | None = None) -> Findings:
        """The same for a backup, from which no answer is missed but these [default: any that was acknowledged]."""
        folder = Path(mkdtemp(dir=self.folder))
        copyfile(backup, folder / "oboegaki.db")
        config = from_environment({"OBOEGAKI_DATA_DIR": str(folder)})
        known = self.ledger.acknowledged if acknowledged is None else acknowledged
        return findings(config, self.ledger.sent.values(), known, self.ledger.refused)


def inhabit(stack: Stack, folder: Path) -> Drilled:
    """Give a stack that is up its learners, by the program's own functions, and log in a device of each."""
    ids, cards = json.loads(stack.compose("exec", "--no-TTY", "app", "python", "-", text=_SEED))
    learners = tuple(Learner(number, name=f"learner {index}") for index, number in enumerate(ids))
    config = from_environment({"OBOEGAKI_DATA_DIR": str(folder)})
    drilled = Drilled(stack, folder, Site(config, {}, learners, tuple(cards), stack.port, folder))
    drilled.clients = log_in_all(drilled.site, drilled.ledger)
    return drilled


def back_up(stack: Stack) -> Path:
    """`make backup`: the copy of the backup beside the clone."""
    return stack.tree / stack.make("backup").splitlines()[-1]


def until(happened: Callable[[], bool], what: str, seconds: float = 60) -> float:
    """Wait until something has happened; the seconds that took. An AssertionError when it does not in time."""
    begin = time.monotonic()
    while not happened():
        assert time.monotonic() - begin < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - begin


def is_ready(client: Client) -> bool:
    """Whether the app answers through nginx."""
    return client.get("/health").status == 200


def address_of(stack: Stack) -> str:
    """The app's address on the network that it shares with nginx."""
    networks = stack.container("app")["NetworkSettings"]["Networks"]
    return str(networks[f"{stack.name}_back"]["IPAddress"])


def id_of(stack: Stack, service: str) -> str:
    """The id of a service's container."""
    return str(stack.container(service)["Id"])


def remove_container(container: str) -> None:
    """Take a container of a drill away, should it be there."""
    with suppress(AssertionError):
        run("docker", "container", "rm", "--force", "--volumes", container)
