"""The command `oboegaki due`."""

import json
from datetime import datetime

import pytest
import time_machine
from click.testing import CliRunner, Result

from app.cli.due import due
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import User
from tests.conftest import NOW, add_learner
from tests.library import TODAY, add_cards, add_deck, days, give, put_due

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(autouse=True)
def hanako(database: Database) -> Learner:
    """A learner with six cards: two due, one due tomorrow, one failed today, two new; and Taro, who began nothing."""
    with database.writing() as session:
        learner = add_learner(session, "hanako")
        add_learner(session, "taro", new_per_day=3)
        cards = add_cards(session, add_deck(session, "Docker"), 6)
        put_due(session, learner, cards[:2], TODAY)
        put_due(session, learner, cards[2:3], TODAY + days(1))
        give(session, learner, cards[3], 2)
    return learner


def run(*arguments: str, now: datetime = NOW) -> Result:
    """What the command printed at that moment."""
    with time_machine.travel(now, tick=False):
        return CliRunner().invoke(due, arguments)


def test_every_account_has_a_line_in_the_order_of_names() -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (
        0,
        "hanako: 2 due, 2 new, 1 again\ntaro: 0 due, 3 new, 0 again\n",
    )


def test_the_next_day_has_what_is_due_then() -> None:
    assert run("--user", "hanako", now=NOW + days(1)).stdout == "hanako: 4 due, 2 new, 0 again\n"


def test_one_account_is_found_however_its_name_is_written() -> None:
    assert run("--user", "ＨＡＮＡＫＯ").stdout == "hanako: 2 due, 2 new, 1 again\n"


def test_it_speaks_to_programs() -> None:
    assert json.loads(run("--json").stdout) == {
        "hanako": {"due": 2, "new": 2, "again": 1},
        "taro": {"due": 0, "new": 3, "again": 0},
    }


def test_a_closed_account_has_nothing_due(database: Database, hanako: Learner) -> None:
    with database.writing() as session:
        session.get_one(User, hanako.id).closed_at = NOW
    assert run().stdout == "taro: 0 due, 3 new, 0 again\n"


def test_asking_changes_nothing(config: Config, database: Database) -> None:
    database.close()
    before = (config.data_dir / "oboegaki.db").read_bytes()
    assert run().exit_code == 0
    assert (config.data_dir / "oboegaki.db").read_bytes() == before
