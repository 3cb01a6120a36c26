"""What tests of pages share: the app on this test's database, and browsers that keep cookies and send real forms."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock, create_app
from app.config import Config
from app.db import Database
from app.learner import Learner
from tests.entrance import PASSWORD, add_account
from tests.library import add_cards, add_deck

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A client that fetches a page before it sends a form, and takes the form's token from there."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> TestResponse:
        """A page."""
        return self.client.get(address)

    def text(self, address: str) -> str:
        """The text of a page that must be there."""
        page = self.get(address)
        assert page.status_code == 200, page.text
        return shown(page)

    def post(self, address: str, *, page: str = "/account", **fields: str) -> TestResponse:
        """Send a form from `page` to `address`."""
        token = _TOKEN.search(self.get(page).text)
        assert token is not None, f"no form on {page}"
        return self.client.post(address, data={"csrf_token": token[1], **fields})

    def log_in(self, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Log in by the form."""
        return self.post("/log-in", page="/log-in", name=name, password=password, **fields)


def shown(page: TestResponse) -> str:
    """A page's text without its tags, every run of space as one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def control(page: str, name: str) -> str:
    """The tag of the control with this id."""
    found = re.search(rf'<(?:input|select)\b[^>]* ?id="{name}"[^>]*>', page)
    assert found is not None, f"no control {name}"
    return found.group()


@pytest.fixture
def now() -> datetime:
    """The moment of the test: pages ask the clock themselves."""
    return clock.now()


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The app as it runs."""
    made = create_app(config)
    yield made
    made.extensions["database"].close()


@pytest.fixture
def hanako(database: Database) -> Learner:
    """A learner with an account, who is no administrator."""
    return add_account(database, "hanako")


@pytest.fixture
def deck_id(database: Database) -> int:
    """A deck of the library."""
    with database.writing() as session:
        return add_deck(session, "Docker/Network")


@pytest.fixture
def cards(database: Database, deck_id: int) -> list[int]:
    """Three notes of one card each in that deck, all new."""
    with database.writing() as session:
        return add_cards(session, deck_id, 3)


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """A browser that is not logged in."""
    return Browser(app.test_client())


@pytest.fixture
def browser(app: Flask, hanako: Learner) -> Browser:
    """A browser in which `hanako` is logged in."""
    return entered(app, hanako.name)


def entered(app: Flask, name: str) -> Browser:
    """Another browser in which an account is logged in."""
    made = Browser(app.test_client())
    assert made.log_in(name).status_code == 302
    return made
