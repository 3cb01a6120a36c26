"""What the clients of a drill know, kept outside of the server, and what the database says to it."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.checking import check
from app.config import Config
from app.db import Database
from app.models import Review, Schedule

_NOTHING_COMES_SECONDS = 150


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as a client gave it."""

    review: UUID
    user: int
    card: int
    grade: int


@dataclass
class Ledger:
    """Every answer that was sent, and those that were acknowledged; any thread may write into it."""

    sent: dict[UUID, Sent] = field(default_factory=dict)
    acknowledged: dict[UUID, float] = field(default_factory=dict)
    """Seconds from the first try of an answer to its acknowledgement."""
    refused: set[UUID] = field(default_factory=set)
    """Answers to which the server said that they were not recorded, for good (409)."""
    replies: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """How often each status was received, tries that were repeated included."""
    sentences: set[str] = field(default_factory=set)
    """What the learners were told when something went wrong."""
    broken: int = 0
    """Tries that ended without a reply."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, answer: Sent) -> None:
        """Note an answer before its first try."""
        with self._lock:
            self.sent[answer.review] = answer

    def acknowledge(self, review: UUID, seconds: float) -> None:
        """Note that the server said an answer is recorded."""
        with self._lock:
            self.acknowledged[review] = seconds

    def refuse(self, review: UUID) -> None:
        """Note that the server said an answer is not recorded and will not be."""
        with self._lock:
            self.refused.add(review)

    def reply(self, status: int, sentence: str = "") -> None:
        """Note a reply to any try."""
        with self._lock:
            self.replies[status] += 1
            if sentence:
                self.sentences.add(sentence)

    def cut_off(self) -> None:
        """Note a try without a reply."""
        with self._lock:
            self.broken += 1

    def wait_for(self, answers: int) -> None:
        """Wait until so many answers are acknowledged; an AssertionError when none comes any more."""
        had, last = -1, time.monotonic()
        while (have := len(self.acknowledged)) < answers:
            if have > had:
                had, last = have, time.monotonic()
            assert time.monotonic() - last < _NOTHING_COMES_SECONDS, f"answers stopped at {have}, short of {answers}"
            time.sleep(0.001)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a database, seen from the clients: all empty when nothing is."""

    lost: frozenset[UUID]
    """Acknowledged and not in the log."""
    changed: frozenset[UUID]
    """In the log, but not as it was given."""
    unknown: frozenset[UUID]
    """In the log and never sent, or refused: an answer that was counted twice, or one from nowhere."""
    faults: tuple[str, ...]
    """Damage, orphans, and schedules that are not the replay of their log."""

    @property
    def sound(self) -> bool:
        """Whether there is nothing to complain of."""
        return not (self.lost or self.changed or self.unknown or self.faults)


def compare(config: Config, ledger: Ledger) -> Findings:
    """Hold the ledger against the database, opened as the program opens it."""
    return findings(config, ledger.sent.values(), ledger.acknowledged, ledger.refused)


def findings(
    config: Config, sent: Iterable[Sent], acknowledged: Iterable[UUID], refused: Iterable[UUID] = ()
) -> Findings:
    """The same for an account of the answers that has another form. Opens the database afresh."""
    database = Database(config)
    try:
        with database.reading() as session:
            rows = session.execute(select(Review.id, Review.user_id, Review.card_id, Review.grade))
            stored = {row.id: Sent(row.id, row.user_id, row.card_id, row.grade) for row in rows}
            faults = [str(fault) for fault in check(session).faults]
            counted = sum(session.scalars(select(Schedule.revision)))
    finally:
        database.close()
    if counted != len(stored):
        faults.append(f"the schedules count {counted} reviews, the log has {len(stored)}")
    given = {answer.review: answer for answer in sent}
    return Findings(
        lost=frozenset(acknowledged) - stored.keys(),
        changed=frozenset(review for review in stored.keys() & given.keys() if stored[review] != given[review]),
        unknown=frozenset(stored.keys() - given.keys()) | (stored.keys() & frozenset(refused)),
        faults=tuple(faults),
    )
