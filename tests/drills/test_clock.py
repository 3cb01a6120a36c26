"""Time zones, clocks put forward and back, days that change while answers flow: no error, no day that goes back.

Shown able to fail: a study day taken from the wall clock (`by_the_wall_clock`) goes back where clocks are set back
over the day start, which the first drill counts in this run; a server that lets cookies age answers 401 once its
clock is set back, which the drill of the running server showed before `_Sessions` read them without an age.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url, select

from app.db import Database
from app.models import Review, Schedule, User
from app.srs.history import Kind, Progress
from app.srs.history import Review as Entry
from app.srs.sm2 import Grade
from app.srs.study_day import study_day
from tests import postgresql
from tests.drills.clients import answer_all, at_once, log_in_all
from tests.drills.ledger import Ledger, compare
from tests.drills.server import PROJECT, Server, Site, seed, serving
from tests.drills.tools import faketime_library

_SEED = 20260302
ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
_HALF_HOURS = 54

_OVER_MIDNIGHT = [
    (ZoneInfo("America/St_Johns"), datetime(year, month, day, 2, 30, tzinfo=UTC))
    for year, month, day in ((2005, 10, 30), (2010, 11, 7))
]
"""Newfoundland set its clocks back at one minute past midnight: the date itself went back."""

moments = st.datetimes(datetime(1970, 1, 3), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def offset_changes(zone: ZoneInfo, first: date, last: date) -> list[datetime]:
    """The moments, to the half hour, at which a zone's clocks are changed in these days."""
    found = []
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for number in range((last - first).days):
        day = begin + timedelta(days=number)
        if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset():
            found += [
                at
                for half_hour in range(48)
                for at in [day + timedelta(minutes=30 * half_hour)]
                if at.astimezone(zone).utcoffset() != (at + timedelta(minutes=30)).astimezone(zone).utcoffset()
            ]
    return found


def by_the_wall_clock(moment: datetime, zone: ZoneInfo, day_start: int) -> date:
    """The study day as one would write it first, and wrong: the defence taken out."""
    return (moment.astimezone(zone).replace(tzinfo=None) - timedelta(hours=day_start)).date()


def _around(change: datetime) -> list[datetime]:
    return [change + timedelta(minutes=30 * number) for number in range(-_HALF_HOURS, _HALF_HOURS)]


def test_study_days_never_go_back_around_any_change_of_clocks(full: bool, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = (date(2000, 1, 1), date(2037, 1, 1)) if full else (date(2025, 1, 1), date(2027, 1, 1))
    changes = [(zone, at) for zone in map(ZoneInfo, ZONES) for at in offset_changes(zone, first, last)]
    looked_at = [*_OVER_MIDNIGHT, *Random(_SEED).sample(changes, min(len(changes), 3_000 if full else 40))]
    wrong_would_go_back = 0
    for zone, at in looked_at:
        for day_start in range(24):
            days = [study_day(moment, zone, day_start) for moment in _around(at)]
            assert days == sorted(days), (zone, at, day_start)
            assert {(after - before).days for before, after in pairwise(days)} <= {0, 1, 2}
            naive = [by_the_wall_clock(moment, zone, day_start) for moment in _around(at)]
            wrong_would_go_back += naive != sorted(naive)
    with capsys.disabled():
        print(
            f"\nstudy days: seed {_SEED}, {len(ZONES)} zones, {len(looked_at)} of {len(changes)} changes of clocks, "
            f"24 day starts; by the wall clock {wrong_would_go_back} would go back"
        )
    assert wrong_would_go_back > 0, "the drill does not see days that go back"


@given(
    zone=st.sampled_from(ZONES),
    day_start=st.integers(0, 23),
    begin=moments,
    steps=st.lists(
        st.tuples(st.timedeltas(timedelta(), timedelta(days=40)), st.sampled_from(Grade)), min_size=1, max_size=20
    ),
)
def test_no_interval_is_negative_and_nothing_is_due_before_its_day_in_any_zone(
    zone: str, day_start: int, begin: datetime, steps: Sequence[tuple[timedelta, Grade]]
) -> None:
    progress, moment, days = Progress(), begin, []
    for step, grade in steps:
        moment += step
        days.append(study_day(moment, ZoneInfo(zone), day_start))
        progress = progress.after(Entry(uuid4(), Kind.GRADE, moment, days[-1], grade=grade))
        schedule = progress.schedule
        assert schedule.interval >= 1
        assert schedule.due is not None
        assert schedule.due > days[-1]
    assert days == sorted(days)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    """Four learners and their cards, in a database of either engine."""
    if request.param == "SQLite":
        return seed(tmp_path, learners=4, cards=40)
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    url = server.new_database(request.getfixturevalue("migrated_database"))
    return seed(tmp_path, learners=4, cards=40, environment={"OBOEGAKI_DATABASE_URL": url})


def test_a_servers_clock_may_jump_while_answers_flow(
    site: Site, tmp_path: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    for learner, zone in zip(site.learners, ("UTC", "Europe/Berlin", "Pacific/Apia", "America/St_Johns"), strict=True):
        _set_zone(Database(site.config), learner.id, zone)
    clock = _Clock(tmp_path / "clock")
    jumps = [timedelta(days=-1), timedelta(hours=1), timedelta(days=2), timedelta(hours=-1), timedelta(days=-3)]
    ledger = Ledger()
    clock.show(datetime(2026, 3, 29, 0, 59, 55, tzinfo=UTC))  # Berlin is about to put its clocks forward
    with serving(Server(site, module="tests.drills.mutants:application", environment=clock.environment)) as server:
        clients = log_in_all(site, ledger)
        each = 400 if full else 60
        jobs = [partial(answer_all, one, site.cards, each, Random(one.learner.id)) for one in clients]
        at_once([*jobs, partial(clock.jump_among, ledger, jumps, each * len(clients))])
        server.stop()
    found = compare(site.config, ledger)
    with capsys.disabled():
        print(
            f"\na clock that jumps, {make_url(site.config.database_url).get_backend_name()}: "
            f"{len(ledger.acknowledged)} answers, {len(jumps)} jumps, "
            f"statuses {dict(ledger.replies)}, {len(found.lost)} lost, {len(found.unknown)} double"
        )
    assert found.sound, found
    assert set(ledger.replies) == {200}, ledger.sentences
    # uWSGI takes a request that is being answered during a jump for one that took days, and ends its worker.
    assert not ledger.broken or "HARAKIRI" in server.log
    _is_reasonable(Database(site.config))


class _Clock:
    """The clock of a server under libfaketime: what it shows is moved by writing into a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = timedelta()
        self.environment = {
            "LD_PRELOAD": faketime_library(),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def show(self, moment: datetime) -> None:
        """Let it be this moment, and go on from there."""
        self._ahead = moment - datetime.now(UTC)
        self._write()

    def jump_among(self, ledger: Ledger, jumps: Sequence[timedelta], answers: int) -> None:
        """Jump now and then, spread over so many answers."""
        for number, jump in enumerate(jumps, 1):
            ledger.wait_for(answers * number // (len(jumps) + 1))
            self._ahead += jump
            self._write()

    def _write(self) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{self._ahead.total_seconds():+.3f}\n")
        draft.replace(self._file)


def _set_zone(database: Database, user_id: int, zone: str) -> None:
    with database.writing() as session:
        user = session.get_one(User, user_id)
        user.time_zone, user.day_start = zone, 3
    database.close()


def _is_reasonable(database: Database) -> None:
    """No schedule is due before the day of its last review, and each card's reviews keep their order of arrival."""
    with database.reading() as session:
        schedules = session.scalars(select(Schedule)).all()
        arrived = session.execute(
            select(Review.user_id, Review.card_id, Review.answered_at).order_by(Review.user_id, Review.card_id)
        ).all()
    database.close()
    assert arrived
    for schedule in schedules:
        assert schedule.interval >= 1
        assert schedule.due is not None
        assert schedule.introduced_on is not None
        assert schedule.due > schedule.introduced_on


_SUBSET = ("tests/srs", "tests/test_study.py", "tests/test_undo.py")
_FULL_SUBSET = ("tests/srs", "tests/importing", "tests/cli", "tests/web", "tests/test_*.py")
_WITHOUT_DATES = (
    *("tests/test_stopping.py", "tests/test_in_use.py", "tests/test_rings.py"),
    "tests/importing/test_importing.py::test_two_first_imports_at_once_are_one",
)
"""They wait for other processes, and under libfaketime such a wait fails now and then (EINVAL); none asks the date."""


@pytest.mark.parametrize(
    ("zone", "at"), [("Pacific/Apia", "2026-03-28 23:59:50"), ("America/St_Johns", "2026-11-01 03:59:58")]
)
def test_the_suite_is_green_in_odd_zones_while_the_day_changes(zone: str, at: str, full: bool) -> None:
    environment = {
        **os.environ,
        "TZ": zone,
        "LD_PRELOAD": faketime_library(),
        "FAKETIME": f"@{at}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    parts = sorted(str(path) for part in (_FULL_SUBSET if full else _SUBSET) for path in PROJECT.glob(part))
    left_out = [f"--deselect={each}" for each in _WITHOUT_DATES]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *parts, *left_out]
    told = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    assert told.returncode == 0, told.stdout[-3000:]
    assert " passed" in told.stdout
