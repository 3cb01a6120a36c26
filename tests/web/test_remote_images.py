"""Images on other servers: links unless the setting says otherwise, and the browser is told the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from app import create_app
from app.config import Config, from_environment
from app.db import Database
from app.errors import SetupError
from app.learner import Learner
from app.models import Note
from tests.library import add_cards, add_deck
from tests.web.conftest import Browser, entered

ADDRESS = "https://images.example/ports.png"


@pytest.fixture
def card(database: Database) -> int:
    """A card whose answer shows an image that is somewhere else."""
    with database.writing() as session:
        (made,) = add_cards(session, add_deck(session, "Docker"), 1)
        session.execute(update(Note).values(back=f"![the ports]({ADDRESS})"))
    return made


@pytest.fixture
def open_app(config: Config) -> Iterator[Flask]:
    """The app on a server that loads images from elsewhere."""
    made = create_app(replace(config, remote_images=True))
    yield made
    made.extensions["database"].close()


def policy_for_images(page_headers: dict[str, str]) -> str:
    """What the content policy says of images."""
    (found,) = (part for part in page_headers["Content-Security-Policy"].split("; ") if part.startswith("img-src"))
    return found


def test_an_image_elsewhere_is_a_link_and_the_browser_loads_none(browser: Browser, card: int) -> None:
    page = browser.get(f"/cards/{card}")
    link = f'<a class="remote-image" href="{ADDRESS}" rel="noopener noreferrer nofollow">the ports</a>'
    assert link in page.text
    assert "<img" not in page.text
    assert policy_for_images(dict(page.headers)) == "img-src 'self'"


def test_with_the_setting_on_the_image_is_shown_and_the_browser_may_load_it(
    open_app: Flask, hanako: Learner, card: int
) -> None:
    page = entered(open_app, "hanako").get(f"/cards/{card}")
    assert f'<img src="{ADDRESS}" alt="the ports" loading="lazy" referrerpolicy="no-referrer">' in page.text
    assert "remote-image" not in page.text
    assert policy_for_images(dict(page.headers)) == "img-src 'self' https: http:"


def test_the_setting_only_opens_images(open_app: Flask, browser: Browser) -> None:
    opened = open_app.test_client().get("/log-in").headers["Content-Security-Policy"]
    kept = browser.get("/log-in").headers["Content-Security-Policy"]
    assert opened.replace(" https: http:", "") == kept


def test_a_change_of_the_setting_shows_what_was_rendered_before_anew(
    app: Flask, open_app: Flask, hanako: Learner, card: int
) -> None:
    """What was rendered is kept in the database; under another setting it is another rendering."""
    before = entered(app, "hanako")
    assert "remote-image" in before.get(f"/cards/{card}").text
    before.post(f"/cards/{card}/mark?page=1", page=f"/cards/{card}")
    assert "remote-image" not in entered(open_app, "hanako").get(f"/cards/{card}").text
    assert "remote-image" in before.get(f"/cards/{card}").text


@pytest.mark.parametrize(("value", "is_on"), [("on", True), ("off", False), ("", False)])
def test_the_setting_is_read_from_the_environment(config: Config, value: str, is_on: bool) -> None:
    given = {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_REMOTE_IMAGES": value}
    assert from_environment(given).remote_images is is_on


def test_another_value_stops_the_start_with_a_sentence(config: Config) -> None:
    given = {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_REMOTE_IMAGES": "yes"}
    with pytest.raises(SetupError) as raised:
        from_environment(given)
    assert str(raised.value) == 'OBOEGAKI_REMOTE_IMAGES=yes: is neither "on" nor "off"; use one of the two'
