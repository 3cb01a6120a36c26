"""Data folders with as many cards as wanted, filled by set-based SQL: a million cards take seconds.

Ten decks hold the cards. Nine of ten cards of a deck were reviewed once and are due, the last ones are new. Texts
are Markdown as people write it, each different from the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import accounts, cards, clock
from app.config import Config, from_environment
from app.db import Database
from app.learner import Learner
from app.passwords import Hasher
from app.queue import Sitting, upcoming
from app.renderings import Renderings

DECKS = 10
_DUE_SHARE = 0.9
_PASSWORD = "seven herons over the weir"  # noqa: S105 - of an account that lives as long as the measurement
_QUICK = Hasher(time_cost=1, memory_kib=8)
_MOST_RENDERED_AT_ONCE = 50

_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :cards)"
_DECKS = """
INSERT INTO decks (id, path, title, language, dialect, file, position, problems)
SELECT n + 1, 'Deck ' || n, 'Deck ' || n, 'en', 'qa', n || '.md', n + 1, '[]' FROM numbers WHERE n < :decks
"""
_NOTES = """
INSERT INTO notes (id, deck_id, kind, front, back, tags, heading, position, line, text_key)
SELECT n + 1, n * :decks / :cards + 1, 'basic',
    'Which command shows **container** number ' || n || '?',
    '`docker inspect c' || n || '`' || char(10) || char(10) || '- `-f` picks a field' || char(10)
        || '- `-s` adds its size',
    '', 'Containers', n, 4 * n + 1, n
FROM numbers
"""
_CARDS = """
INSERT INTO cards (id, note_id, deck_id, ordinal, position) SELECT id, id, deck_id, 1, position FROM notes
"""
_SCHEDULES = """
INSERT INTO schedules (user_id, card_id, deck_id, repetitions, interval, easiness, due, lapses, introduced_on,
    reviewed_on, answered_at, revision, suspended, marked)
SELECT :user, id, deck_id, 1, 1, 250, date(:today, '-' || (id % 30) || ' days'), 0, date(:today, '-40 days'),
    date(:today, '-' || (id % 30 + 1) || ' days'), :moment, 1, 0, 0
FROM cards WHERE id % :every = :offset AND (position * :decks) % :cards < :due_share * :cards
"""
_REVIEWS = """
INSERT INTO reviews (id, user_id, card_id, kind, grade, answered_at, study_day, took_ms, received_at)
SELECT lower(hex(randomblob(16))), user_id, card_id, 'grade', 4, answered_at, reviewed_on, 4000, answered_at
FROM schedules WHERE user_id = :user
"""
_CURSORS = """
INSERT INTO new_cursors (user_id, deck_id, position)
SELECT user_id, schedules.deck_id, max(position) + 1 FROM schedules JOIN cards ON cards.id = card_id
WHERE user_id = :user GROUP BY user_id, schedules.deck_id
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """A data folder ready to be served, and its learners: the first has all cards, the others a share of them."""

    config: Config
    learners: tuple[Learner, ...]

    @property
    def environment(self) -> dict[str, str]:
        """What a server needs in its environment to serve this folder."""
        return {"OBOEGAKI_DATA_DIR": str(self.config.data_dir), "OBOEGAKI_CARDS_DIR": str(self.config.cards_dir)}

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database, closed at the end."""
        database = Database(self.config)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def data_folder(cards_count: int, *, others: int = 0, share: int = 1) -> Iterator[Seeded]:
    """A folder with so many cards, removed at the end; each of `others` learners has one card of `share`."""
    folder = Path(mkdtemp(prefix="oboegaki-bench-"))
    try:
        yield _seed(folder, cards_count, others, share)
    finally:
        rmtree(folder, ignore_errors=True)


def _seed(folder: Path, cards_count: int, others: int, share: int) -> Seeded:
    config = from_environment({"OBOEGAKI_DATA_DIR": str(folder), "OBOEGAKI_CARDS_DIR": str(folder / "cards")})
    config.cards_dir.mkdir()
    database = Database(config)
    database.migrate()
    with database.writing() as session:
        people = tuple(_account(session, number) for number in range(others + 1))
        _fill(session.connection(), cards_count)
        for number, learner in enumerate(people):
            _schedule(session.connection(), cards_count, learner, every=share if number else 1, offset=number % share)
    database.close()
    return Seeded(config, people)


def render_ahead(seeded: Seeded, learner: Learner, wanted: list[int]) -> None:
    """Put the sides of these cards into the table of renderings, as if they had been seen before."""
    with seeded.opened() as database:
        for begin in range(0, len(wanted), _MOST_RENDERED_AT_ONCE):
            renderings = Renderings()
            with database.writing() as session:
                for card in cards.load(session, learner, wanted[begin : begin + _MOST_RENDERED_AT_ONCE]):
                    renderings.question(session, card)
                    renderings.answer(session, card)
                renderings.store(session)


def first_due(seeded: Seeded, learner: Learner, count: int) -> list[int]:
    """The ids of the first cards of a learner's queue."""
    today = learner.study_day(clock.now())
    with seeded.opened() as database, database.reading() as session:
        return upcoming(session, Sitting(learner, today), count)


def _account(session: Session, number: int) -> Learner:
    return accounts.add_user(
        session,
        f"learner {number}",
        _QUICK.hash(_PASSWORD),
        is_admin=number == 0,
        time_zone="UTC",
        language="en",
        now=clock.now(),
    )


def _fill(connection: Connection, cards_count: int) -> None:
    values = {"cards": cards_count, "decks": DECKS}
    for statement in (f"{_NUMBERS} {_DECKS}", f"{_NUMBERS} {_NOTES}", _CARDS):
        connection.exec_driver_sql(statement, values)


def _schedule(connection: Connection, cards_count: int, learner: Learner, *, every: int, offset: int) -> None:
    now = clock.now()
    values = {
        "user": learner.id,
        "cards": cards_count,
        "decks": DECKS,
        "due_share": _DUE_SHARE,
        "every": every,
        "offset": offset,
        "today": learner.study_day(now).isoformat(),
        "moment": (now - timedelta(days=31)).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    for statement in (_SCHEDULES, _REVIEWS, _CURSORS):
        connection.exec_driver_sql(statement, values)
