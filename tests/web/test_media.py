"""Pictures and sounds by their address: for whom, with which headers, and shown on the cards."""

import re
from dataclasses import replace
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import update

from app import create_app, importing
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import Medium
from tests.entrance import add_account
from tests.pictures import FIRST_BYTES, png
from tests.web.conftest import Browser, entered

CONTENT_POLICY = "default-src 'none'; sandbox"


def address_of(data: bytes) -> str:
    """Where a picture is."""
    return f"/media/{sha256(data).hexdigest()}"


def import_library(database: Database, config: Config, **files: bytes) -> None:
    """A library with one deck that shows these pictures, by the name before the dot."""
    for name, data in files.items():
        (config.cards_dir / f"{name}.png").write_bytes(data)
    shown = " ".join(f"![{name}]({name}.png)" for name in files)
    (config.cards_dir / "a.md").write_text(f"Q: picture?\nA: {shown}\n")
    importing.run(database, config, asked=True)


def import_own(database: Database, owner: Learner, config: Config, data: bytes) -> None:
    """A deck of the owner's own that shows a picture."""
    folder = config.cards_dir.parent / owner.name
    folder.mkdir()
    (folder / "x.png").write_bytes(data)
    (folder / "own.md").write_text("Q: own?\nA: ![](x.png)\n")
    request = importing.Request(owner_id=owner.id, root="", whole=False, asked=True)
    importing.import_files(database, importing.from_folder(folder), request, owner.id)


@pytest.mark.parametrize("kind", FIRST_BYTES)
def test_every_kind_is_sent_as_what_it_is_and_nothing_in_it_may_run(
    browser: Browser, database: Database, config: Config, kind: str
) -> None:
    data = FIRST_BYTES[kind] + b"<script>alert(1)</script>"
    name = "x.mp3" if kind.startswith("audio/") else "x.png"
    (config.cards_dir / name).write_bytes(data)
    (config.cards_dir / "a.md").write_text(f"Q: a?\nA: ![]({name})\n")
    importing.run(database, config)
    page = browser.get(address_of(data))
    assert (page.status_code, page.data, page.mimetype) == (200, data, kind)
    assert page.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_file_of_a_type_that_is_none_of_these_is_handed_out_and_not_shown(
    browser: Browser, database: Database, config: Config
) -> None:
    """As in a database that was edited, or put back from a backup of somebody else's making."""
    data = FIRST_BYTES["image/png"]
    (config.cards_dir / "x.png").write_bytes(data)
    (config.cards_dir / "a.md").write_text("Q: a?\nA: ![](x.png)\n")
    importing.run(database, config)
    with database.writing() as session:
        session.execute(update(Medium).values(type="text/javascript"))
    page = browser.get(address_of(data))
    assert (page.status_code, page.mimetype) == (200, "application/octet-stream")
    assert page.headers["Content-Disposition"].startswith("attachment")


def test_the_policy_holds_where_pictures_of_other_hosts_are_allowed_too(database: Database, config: Config) -> None:
    import_library(database, config, x=png())
    add_account(database, "hanako")
    app = create_app(replace(config, remote_images=True))
    try:
        browser = entered(app, "hanako")
        assert browser.get(address_of(png())).headers["Content-Security-Policy"] == CONTENT_POLICY
        assert "img-src 'self' https: http:" in browser.get("/").headers["Content-Security-Policy"]
    finally:
        app.extensions["database"].close()


def test_a_device_that_has_it_is_not_sent_it_again(browser: Browser, database: Database, config: Config) -> None:
    import_library(database, config, x=png())
    etag = browser.get(address_of(png())).headers["ETag"]
    again = browser.client.get(address_of(png()), headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_player_may_ask_for_a_part(browser: Browser, database: Database, config: Config) -> None:
    import_library(database, config, x=png("0123456789"))
    part = browser.client.get(address_of(png("0123456789")), headers={"Range": "bytes=8-11"})
    assert (part.status_code, part.data) == (206, b"0123")


def test_a_picture_of_an_own_deck_is_for_its_owner_and_for_others_as_if_it_were_not_there(
    app: Flask, browser: Browser, database: Database, config: Config, stranger: Browser
) -> None:
    taro = add_account(database, "taro")
    import_own(database, taro, config, png("own"))
    import_library(database, config, x=png("shared"))
    owner = entered(app, "taro")
    assert [owner.get(address_of(png(name))).status_code for name in ("own", "shared")] == [200, 200]
    missing = browser.get(address_of(b"none"))
    assert missing.status_code == 404
    assert "There is no such picture or sound" in missing.text
    for address in (
        address_of(png("own")),
        "/media/x",
        f"/media/{'Z' * 64}",
        f"/media/{sha256(b'').hexdigest().upper()}",
    ):
        page = browser.get(address)
        assert (page.status_code, _without_tokens(page.text)) == (404, _without_tokens(missing.text))
    assert [stranger.get(address_of(data)).status_code for data in (png("shared"), b"none")] == [302, 302]


def test_a_card_shows_its_picture_and_a_changed_one_anew(browser: Browser, database: Database, config: Config) -> None:
    import_library(database, config, x=png("first"))
    assert f'<img src="{address_of(png("first"))}" alt="x"' in browser.get("/cards/1").text
    import_library(database, config, x=png("second"))
    assert f'<img src="{address_of(png("second"))}" alt="x"' in browser.get("/cards/1").text
    assert browser.get(address_of(png("first"))).status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "missing image: x.png"), ("ja", "画像がありません: x.png")])
def test_a_missing_picture_is_named_in_the_readers_language(
    browser: Browser, database: Database, config: Config, language: str, words: str
) -> None:
    (config.cards_dir / "a.md").write_text("Q: a?\nA: ![](img/x.png)\n")
    importing.run(database, config)
    for _ in range(2):
        page = browser.client.get("/cards/1", headers={"Accept-Language": language})
        assert f'<span class="missing-image">{words}</span>' in page.text
    deck = browser.client.get("/decks/1", headers={"Accept-Language": "en"}).text
    assert "&#34;img/x.png&#34; is not there" in deck


def test_pictures_are_found_below_a_sub_path(database: Database, config: Config) -> None:
    import_library(database, config, x=png())
    add_account(database, "hanako")
    app = create_app(replace(config, base_path="/memo"))
    try:
        browser = entered(app, "hanako")
        found = re.search(r'<img src="([^"]+)"', browser.get("/cards/1").text)
        assert found is not None
        assert found[1] == f"/memo{address_of(png())}"
        assert browser.get(found[1]).status_code == 200
    finally:
        app.extensions["database"].close()


def test_a_sound_may_be_played_by_the_page(browser: Browser, database: Database, config: Config) -> None:
    sound = FIRST_BYTES["audio/mpeg"]
    (config.cards_dir / "x.mp3").write_bytes(sound)
    (config.cards_dir / "a.md").write_text("Q: a?\nA: [sound:x.mp3]\n")
    importing.run(database, config)
    page = browser.get("/cards/1")
    assert f'<audio controls preload="none" src="{address_of(sound)}"' in page.text
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]


def _without_tokens(page: str) -> str:
    return re.sub(r'value="[^"]*"', "", page)
