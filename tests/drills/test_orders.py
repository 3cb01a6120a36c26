"""Three devices deliver late, twice, out of order and cut off: the state is always that of the same answers in order.

Shown able to fail: with `_fold` of `app/study.py` always taking the quick step (no replay of what came late) the
state machine is red, in this run. The other engine must give the same.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import hypothesis
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app import create_app, study
from app.config import Config, from_environment
from app.db import Database
from app.errors import NotFoundError
from app.learner import Learner
from app.models import Review, Schedule
from app.srs import history
from app.srs.history import Kind
from app.srs.sm2 import Grade
from app.study import Answer, Outcome
from tests import postgresql
from tests.conftest import NOW, add_learner
from tests.entrance import add_account
from tests.library import add_cards, add_deck
from tests.web.conftest import Browser, entered

_DEVICES = 3
_CARDS = 3
_LATER = NOW + timedelta(days=12)
"""When everything arrives: after every moment at which an answer was given."""
_MIRROR = 1 << 100

cards = st.integers(0, _CARDS - 1)
devices = st.integers(0, _DEVICES - 1)
grades = st.sampled_from(Grade)
minutes = st.integers(0, 10 * 24 * 60)


class _CutOffError(Exception):
    """The connection ends before the answer is committed."""


@dataclass
class _Device:
    """A device: what it has not sent yet, and what it does not know to have arrived."""

    outbox: list[Answer] = field(default_factory=list)
    in_doubt: list[Answer] = field(default_factory=list)


class Devices(RuleBasedStateMachine):
    """Whatever three devices of a learner do, the server's schedules are the replay of what arrived."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.devices = [_Device() for _ in range(_DEVICES)]
        self.arrived: dict[UUID, Answer] = {}
        self.first: dict[UUID, Outcome] = {}
        self.now = _LATER
        self.undone: set[UUID] = set()
        self.ids = 0

    @initialize()
    def begin(self) -> None:
        """A fresh learner with new cards, and another one who gets the same answers in their order."""
        with self.database.writing() as session:
            name = uuid4().hex
            self.learner = add_learner(session, name)
            self.mirror = add_learner(session, f"mirror of {name}")
            self.cards = add_cards(session, add_deck(session, name), _CARDS)

    @rule(device=devices, card=cards, grade=grades, minute=minutes)
    def answer(self, device: int, card: int, grade: Grade, minute: int) -> None:
        """A device takes an answer while it is offline."""
        self.ids += 1
        moment = NOW + timedelta(minutes=minute)
        given_id = UUID(int=self.learner.id << 64 | self.ids)
        self.devices[device].outbox.append(Answer(given_id, self.cards[card], grade, answered_at=moment))

    @precondition(lambda self: any(device.outbox for device in self.devices))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """Any answer that waits arrives."""
        outbox = data.draw(st.sampled_from([device.outbox for device in self.devices if device.outbox]))
        self._deliver(outbox.pop(data.draw(st.integers(0, len(outbox) - 1))))

    @precondition(lambda self: any(device.outbox for device in self.devices))
    @rule(data=st.data(), is_committed=st.booleans())
    def cut_off(self, data: st.DataObject, is_committed: bool) -> None:
        """The connection ends before the reply: the device does not know, and will send again."""
        device = data.draw(st.sampled_from([device for device in self.devices if device.outbox]))
        item = device.outbox.pop()
        device.in_doubt.append(item)
        if is_committed:
            self._deliver(item)
            return
        with pytest.raises(_CutOffError):
            self._cut_off_before_commit(item)

    @precondition(lambda self: any(device.in_doubt for device in self.devices))
    @rule(data=st.data())
    def deliver_again_what_is_in_doubt(self, data: st.DataObject) -> None:
        """A device sends again what it had no reply to."""
        device = data.draw(st.sampled_from([device for device in self.devices if device.in_doubt]))
        self._deliver(device.in_doubt.pop())

    @precondition(lambda self: self.arrived)
    @rule(data=st.data())
    def deliver_twice(self, data: st.DataObject) -> None:
        """Something that has arrived arrives again."""
        self._deliver(self.arrived[data.draw(st.sampled_from(sorted(self.arrived)))])

    @precondition(lambda self: self.arrived)
    @rule(data=st.data(), times=st.integers(1, 2))
    def undo(self, data: st.DataObject, times: int) -> None:
        """A device takes back what has arrived, and says so once or twice."""
        review = data.draw(st.sampled_from(sorted(self.arrived)))
        self.undone.add(review)
        card = self.arrived[review].card_id  # what was told of it before holds no longer
        self.first = {known: told for known, told in self.first.items() if self.arrived[known].card_id != card}
        undo_id = uuid4()
        for _ in range(times):
            with self.database.writing() as session:
                study.undo(session, self.learner, review, undo_id, _LATER)

    @rule(grade=grades, card=cards)
    def send_what_cannot_be_recorded(self, grade: Grade, card: int) -> None:
        """A card that is not there, or an id of somebody else's answer, is refused, and nothing else."""
        wrong = [Answer(uuid4(), 10**9, grade)]
        if self.arrived:
            wrong.append(Answer(next(iter(self.arrived)), self.cards[card], grade))
        for item, who in zip(wrong, (self.learner, self.mirror), strict=False):
            with pytest.raises(NotFoundError), self.database.writing() as session:
                study.answer(session, who, item, _LATER)

    @invariant()
    def every_schedule_is_the_replay_of_what_arrived(self) -> None:
        """Whatever arrived when: the stored rows are what the answers add up to."""
        if not hasattr(self, "cards"):
            return
        counted = Counter(item.card_id for item in self.arrived.values())
        counted += Counter(self.arrived[review].card_id for review in self.undone)
        stored = _stored(self.database, self.learner)
        assert {card: row.revision for card, row in stored.items()} == counted
        for card, row in stored.items():
            expected = history.trace(_log(self.learner, self.arrived, self.undone, card))
            assert {name: getattr(row, name) for name in study.derived(expected)} == study.derived(expected)

    def teardown(self) -> None:
        """All that is left arrives; the same answers in the order in which they were given lead to the same."""
        for device in self.devices:
            for item in [*device.in_doubt, *reversed(device.outbox)]:
                self._deliver(item)
        in_order = sorted(self.arrived.values(), key=lambda item: (item.answered_at, item.id))
        with self.database.writing() as session:
            for item in in_order:
                same = replace(item, id=_mirrored(item.id))
                study.answer(session, self.mirror, same, _LATER)
            for review in sorted(self.undone):
                study.undo(session, self.mirror, _mirrored(review), uuid4(), _LATER)
        assert _progress(_stored(self.database, self.learner)) == _progress(_stored(self.database, self.mirror))

    def _cut_off_before_commit(self, item: Answer) -> None:
        with self.database.writing() as session:
            study.answer(session, self.learner, item, _LATER)
            raise _CutOffError

    def _deliver(self, item: Answer) -> None:
        self.now += timedelta(milliseconds=1)
        with self.database.writing() as session:
            outcome = study.answer(session, self.learner, item, self.now)
        assert outcome.again is (item.id in self.arrived)
        self.arrived[item.id] = item
        first = self.first.setdefault(item.id, outcome)
        told = (outcome.review_id, outcome.card_id, outcome.grade, outcome.progress)
        assert told == (first.review_id, first.card_id, first.grade, first.progress)


def _mirrored(review: UUID) -> UUID:
    """Another id in the same order."""
    return UUID(int=review.int + _MIRROR)


def _log(learner: Learner, arrived: dict[UUID, Answer], undone: set[UUID], card: int) -> list[history.Review]:
    """The log that a card should have."""
    log = []
    for item in arrived.values():
        if item.card_id == card and item.answered_at is not None:
            day = learner.study_day(item.answered_at)
            log.append(history.Review(item.id, Kind.GRADE, item.answered_at, day, grade=item.grade))
            if item.id in undone:
                log.append(history.Review(uuid4(), Kind.UNDO, _LATER, day, undoes=item.id))
    return log


def _stored(database: Database, learner: Learner) -> dict[int, Any]:
    with database.reading() as session:
        rows = session.execute(select(*Schedule.__table__.c).where(Schedule.user_id == learner.id))
        return {row.card_id: row for row in rows}


def _progress(stored: dict[int, Any]) -> dict[int, Any]:
    """The schedules without whose they are, which is their first column."""
    return {card: tuple(row)[1:] for card, row in stored.items()}


def test_any_order_of_delivery_gives_the_same_state(database: Database, full: bool) -> None:
    _deliver_in_any_order(database, full)


def test_any_order_of_delivery_gives_the_same_state_on_postgresql(
    postgresql_server: postgresql.Server, migrated_database: str, tmp_path: Path, full: bool
) -> None:
    url = postgresql_server.new_database(migrated_database)
    database = Database(from_environment({"OBOEGAKI_DATA_DIR": str(tmp_path), "OBOEGAKI_DATABASE_URL": url}))
    try:
        _deliver_in_any_order(database, full)
    finally:
        database.close()


def test_the_drill_fails_when_what_comes_late_is_taken_for_the_last(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(_handle: Any, _learner: Learner, row: Any, review: history.Review) -> history.Progress:
        return study._progress(row).after(review)

    monkeypatch.setattr(study, "_fold", quick)
    with pytest.raises(AssertionError):
        _deliver_in_any_order(database, full=False)


def _deliver_in_any_order(database: Database, full: bool) -> None:
    class DevicesHere(Devices):
        pass

    DevicesHere.database = database
    run_state_machine_as_test(
        DevicesHere,
        settings=settings(
            max_examples=400 if full else 15,
            stateful_step_count=60 if full else 30,
            deadline=None,
            derandomize=not full,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink what takes seconds a try takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def pages(config: Config) -> Iterator[Flask]:
    """The app as it runs."""
    made = create_app(config)
    yield made
    made.extensions["database"].close()


def test_one_bad_item_never_blocks_the_others(pages: Flask, database: Database) -> None:
    learner = add_account(database, "hanako")
    with database.writing() as session:
        cards_made = add_cards(session, add_deck(session, "Late"), 99)
    browser = entered(pages, learner.name)
    token = _token_of(browser, "/account")
    replies = []
    for number, card in enumerate(cards_made):
        if number == 40:
            for address, fields in _BAD:
                replies.append(browser.client.post(address, data=_form(token, **fields), headers=_SCRIPT).status_code)
        replies.append(browser.client.post(f"/cards/{card}/reviews", data=_form(token), headers=_SCRIPT).status_code)
    assert sorted(replies) == [200] * 99 + [400] * 5 + [404]
    assert _count(database) == 99


@hypothesis.given(order=st.permutations(range(24)), again=st.sets(st.integers(0, 23)), data=st.data())
@settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck))
def test_over_http_the_second_delivery_gets_the_first_reply_in_any_order_and_from_any_device(
    pages: Flask, database: Database, order: list[int], again: set[int], data: st.DataObject
) -> None:
    name = f"learner {uuid4().hex}"
    add_account(database, name)
    with database.writing() as session:
        cards_made = add_cards(session, add_deck(session, name), 24)
    browsers = [entered(pages, name) for _ in range(_DEVICES)]
    tokens = [_token_of(browser, "/account") for browser in browsers]
    forms = [{"review": str(uuid4()), "grade": str(number % 6)} for number in range(24)]
    first: dict[int, dict[str, object]] = {}
    for number in [*order, *sorted(again)]:
        device = data.draw(devices)
        form = _form(tokens[device], **forms[number])
        reply = browsers[device].client.post(f"/cards/{cards_made[number]}/reviews", data=form, headers=_SCRIPT)
        assert reply.status_code == 200
        told = {part: reply.get_json()[part] for part in ("said", "undo", "end")}
        assert first.setdefault(number, told) == told


_SCRIPT = {"Accept": "application/json"}
_BAD: list[tuple[str, dict[str, str]]] = [
    ("/cards/987654321/reviews", {}),
    ("/cards/1/reviews", {"review": "no id"}),
    ("/cards/1/reviews", {"grade": "9"}),
    ("/cards/1/reviews", {"grade": ""}),
    ("/cards/1/reviews", {"revision": "first"}),
    ("/cards/1/reviews", {"csrf_token": "forged"}),
]


def _form(token: str, **fields: str) -> dict[str, str]:
    return {"csrf_token": token, "review": str(uuid4()), "grade": "4", "revision": "0"} | fields


def _token_of(browser: Browser, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert found is not None
    return found[1]


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Review)) or 0
