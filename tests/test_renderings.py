"""Kept HTML: stored with answers, which it never costs."""

from threading import Thread

from app import cards
from app.db import Database
from app.renderings import Renderings
from tests.conftest import add_learner
from tests.library import add_cards, add_deck


def test_two_learners_who_store_the_same_rendering_at_once_both_go_on(database: Database) -> None:
    with database.writing() as session:
        learners = [add_learner(session, name) for name in ("hanako", "taro")]
        card_ids = add_cards(session, add_deck(session, "Docker"), 2)
    ways = []
    for learner, order in zip(learners, (card_ids, card_ids[::-1]), strict=True):
        renderings = Renderings()
        with database.reading() as session:
            for card in cards.load(session, learner, order):
                renderings.question(session, card)
        ways.append((renderings, learner.id))
    (first, hanako), (second, taro) = ways
    stored: list[bool] = []

    def store_second() -> None:
        with database.engine.connect() as connection, database.writing_on(connection, taro):
            second.store(connection)
        stored.append(True)

    with database.engine.connect() as connection, database.writing_on(connection, hanako):
        first.store(connection)
        beside = Thread(target=store_second)
        beside.start()
        beside.join(0.5)  # it waits for this transaction, in PostgreSQL from the row on, in SQLite from its start
    beside.join()
    assert stored
