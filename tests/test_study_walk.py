"""Whatever several learners do on one library, in whatever order it arrives: each row is the replay of its log."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import queue, setaside, study
from app.config import from_environment
from app.db import Database
from app.errors import StaleError
from app.learner import Learner
from app.models import Card, NewCursor, Review, Schedule
from app.queue import Sitting
from app.srs import history
from app.srs.sm2 import Grade
from app.study import Answer
from tests.conftest import NOW, add_learner
from tests.library import add_cards, add_deck

HABITS = (("hanako", "Asia/Tokyo", 4), ("taro", "America/New_York", 0), ("jiro", "Pacific/Apia", 23))

people = st.integers(0, len(HABITS) - 1)
cards = st.integers(0, 5)
grades = st.sampled_from(Grade)


class Walk(RuleBasedStateMachine):
    """Random acts of three learners on one deck of two notes with a sibling each, and two without."""

    migrated: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        shutil.copyfile(self.migrated, Path(self.folder) / "oboegaki.db")
        self.database = Database(from_environment({"OBOEGAKI_DATA_DIR": self.folder}))
        self.context = self.database.reading()  # one transaction, never committed: the file stays as it was
        self.session = self.context.__enter__()
        self.learners = [add_learner(self.session, name, time_zone=zone, day_start=at) for name, zone, at in HABITS]
        self.deck = add_deck(self.session, "Docker")
        self.cards = add_cards(self.session, self.deck, 3, siblings=2)
        self.now = NOW
        self.given: list[tuple[Learner, Answer]] = []
        self.undoable: list[tuple[Learner, UUID]] = []
        self.numbers = iter(range(1, 10_000))

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)
        self.database.close()
        shutil.rmtree(self.folder)

    def a_uuid(self) -> UUID:
        return UUID(int=next(self.numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)

    @rule(hours=st.integers(-2, 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(person=people, card=cards, grade=grades)
    def answers(self, person: int, card: int, grade: Grade) -> None:
        self._give(person, Answer(self.a_uuid(), self.cards[card], grade), self.now)

    @rule(person=people, grade=grades)
    def answers_what_the_queue_shows(self, person: int, grade: Grade) -> None:
        learner = self.learners[person]
        sitting = Sitting(learner, learner.study_day(self.now))
        for card_id in queue.upcoming(self.session, sitting, 1):
            self._give(person, Answer(self.a_uuid(), card_id, grade), self.now)

    @rule(person=people, card=cards, grade=grades, hours=st.integers(-24 * 9, 30))
    def an_answer_arrives_late(self, person: int, card: int, grade: Grade, hours: int) -> None:
        moment = self.now + timedelta(hours=hours)
        self._give(person, Answer(self.a_uuid(), self.cards[card], grade, answered_at=moment), self.now)

    @rule(person=people, card=cards, grade=grades, revision=st.integers(0, 3))
    def answers_from_a_page(self, person: int, card: int, grade: Grade, revision: int) -> None:
        before = self._reviews()
        try:
            self._give(person, Answer(self.a_uuid(), self.cards[card], grade, revision=revision), self.now)
        except StaleError:
            assert self._reviews() == before

    @precondition(lambda self: self.given)
    @rule(data=st.data(), grade=grades)
    def an_answer_is_delivered_again(self, data: st.DataObject, grade: Grade) -> None:
        learner, first = data.draw(st.sampled_from(self.given))
        before = self._reviews()
        outcome = study.answer(self.session, learner, Answer(first.id, first.card_id, grade), self.now)
        assert (outcome.again, outcome.grade, self._reviews()) == (True, first.grade, before)

    @precondition(lambda self: self.undoable)
    @rule(data=st.data())
    def undoes(self, data: st.DataObject) -> None:
        learner, review_id = data.draw(st.sampled_from(self.undoable))
        study.undo(self.session, learner, review_id, self.a_uuid(), self.now)

    @rule(person=people)
    def undoes_the_last(self, person: int) -> None:
        learner = self.learners[person]
        if review_id := study.last_review(self.session, learner):
            assert not study.undo(self.session, learner, review_id, self.a_uuid(), self.now).again
            assert study.last_review(self.session, learner) != review_id

    @rule(person=people, card=cards)
    def resets(self, person: int, card: int) -> None:
        reset_id = self.a_uuid()
        study.reset(self.session, self.learners[person], self.cards[card], reset_id, self.now)
        self.undoable.append((self.learners[person], reset_id))

    @rule(person=people, card=cards, act=st.sampled_from((setaside.suspend, setaside.call_back, setaside.mark)))
    def sets_aside(self, person: int, card: int, act: Callable[[Session, Learner, int], None]) -> None:
        act(self.session, self.learners[person], self.cards[card])

    @rule(person=people, act=st.sampled_from((setaside.suspend_deck, setaside.call_back_deck)))
    def sets_the_deck_aside(self, person: int, act: Callable[[Session, Learner, int], None]) -> None:
        act(self.session, self.learners[person], self.deck)

    @invariant()
    def every_row_is_the_replay_of_its_log(self) -> None:
        rows = self.session.execute(select(Schedule).execution_options(populate_existing=True)).scalars().all()
        learners = {learner.id: learner for learner in self.learners}
        for row in rows:
            log = study.log_of(self.session, learners[row.user_id], row.card_id)
            expected = study.derived(history.trace(log))
            assert {name: getattr(row, name) for name in expected} == expected
            assert row.revision == len(log)
        assert sum(row.revision for row in rows) == self._reviews()

    @invariant()
    def no_cursor_has_passed_a_new_card(self) -> None:
        is_new = (Schedule.card_id.is_(None)) | (Schedule.due.is_(None) & ~Schedule.suspended)
        passed = (
            select(func.count())
            .select_from(NewCursor)
            .join(Card, (Card.deck_id == NewCursor.deck_id) & (Card.position < NewCursor.position))
            .outerjoin(Schedule, (Schedule.user_id == NewCursor.user_id) & (Schedule.card_id == Card.id))
            .where(is_new)
        )
        assert self.session.execute(passed).scalar() == 0

    @invariant()
    def the_queue_and_its_counts_agree(self) -> None:
        for learner in self.learners:
            sitting = Sitting(learner, learner.study_day(self.now))
            shown = queue.upcoming(self.session, sitting, 20)
            assert len(set(shown)) == len(shown) == queue.left(self.session, sitting).total
            assert queue.upcoming(self.session, sitting, 1) == shown[:1]

    def _give(self, person: int, given: Answer, now: datetime) -> None:
        learner = self.learners[person]
        outcome = study.answer(self.session, learner, given, now)
        assert (outcome.review_id, outcome.again) == (given.id, False)
        self.given.append((learner, given))
        self.undoable.append((learner, given.id))

    def _reviews(self) -> int:
        return self.session.execute(select(func.count()).select_from(Review)).scalar_one()


def test_every_row_is_the_replay_of_its_log_after_any_walk(
    migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Walk, "migrated", migrated_file, raising=False)
    quietly = settings(max_examples=25, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(Walk, settings=quietly)
