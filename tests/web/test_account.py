"""The Account page, and what one account may not do to another."""

import json
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, logins
from app.db import Database
from app.learner import Learner
from app.models import Login, Review, User
from tests.entrance import OTHER_PASSWORD, PASSWORD, add_account
from tests.library import add_cards, add_deck, give
from tests.web.conftest import Browser, control, entered, shown

_SETTINGS = {
    "name": "hanako",
    "language": "",
    "time_zone": "UTC",
    "day_start": "4",
    "new_per_day": "20",
    "reviews_per_day": "",
    "full_scale": "",
    "theme": "",
}


@pytest.fixture
def chief(app: Flask, database: Database) -> Browser:
    """A browser in which an administrator is logged in."""
    add_account(database, "chief", is_admin=True)
    return entered(app, "chief")


def _account(database: Database, name: str) -> User:
    with database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def test_settings_are_stored_and_shown(browser: Browser, database: Database) -> None:
    changed = {"language": "ja", "time_zone": "Asia/Tokyo", "day_start": "3", "new_per_day": "0", "theme": "dark"}
    form = _SETTINGS | changed | {"name": "Hanako", "reviews_per_day": "50", "full_scale": "yes"}
    assert browser.post("/account/settings", **form).location == "/account"
    found = _account(database, "Hanako")
    assert (found.language, found.time_zone, found.day_start, found.new_per_day) == ("ja", "Asia/Tokyo", 3, 0)
    assert (found.reviews_per_day, found.full_scale, found.theme) == (50, True, "dark")
    page = browser.get("/account").text
    assert '<html lang="ja" data-theme="dark">' in page


def test_that_settings_are_saved_is_said_in_the_language_that_holds_from_now_on(browser: Browser) -> None:
    browser.post("/account/settings", **_SETTINGS | {"language": "ja"})
    assert "保存しました。" in browser.text("/account")
    browser.post("/account/settings", **_SETTINGS)
    assert "Saved." in browser.text("/account")


def test_an_empty_limit_of_reviews_means_none(browser: Browser, database: Database) -> None:
    browser.post("/account/settings", **_SETTINGS)
    assert _account(database, "hanako").reviews_per_day is None


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("day_start", "24", "Use a whole number from 0 to 23"),
        ("new_per_day", "-1", "Use a whole number from 0 to 9999"),
        ("new_per_day", "many", "Use a whole number from 0 to 9999"),
        ("reviews_per_day", "0", "Use a whole number from 1 to 9999"),
        ("name", "a" * 65, "The name has 65 characters; use at most 64"),
        *(
            ("time_zone", name, f'There is no time zone "{name}"; use a name such as Asia/Tokyo')
            for name in ("Mars", "localtime", "Factory", "posixrules", "posix/Asia/Tokyo", "right/UTC", "../UTC")
        ),
    ],
)
def test_a_wrong_setting_is_said_beside_its_field_and_nothing_is_stored(
    browser: Browser, database: Database, field: str, typed: str, message: str
) -> None:
    page = browser.post("/account/settings", **_SETTINGS | {"theme": "dark", field: typed})
    assert page.status_code == 400
    assert message in shown(page)
    assert f'id="settings-{field}-error"' in page.text
    assert f'settings-{field}-error" aria-invalid="true" autofocus' in control(page.text, f"settings-{field}")
    assert _account(database, "hanako").theme == ""


def test_a_wrong_setting_keeps_what_was_typed(browser: Browser) -> None:
    page = browser.post("/account/settings", **_SETTINGS | {"new_per_day": "many", "reviews_per_day": "77"})
    assert 'value="many"' in page.text
    assert 'value="77"' in page.text


def test_a_new_password_logs_all_other_devices_out(app: Flask, browser: Browser) -> None:
    other = entered(app, "hanako")
    assert browser.post("/account/password", old=PASSWORD, new=OTHER_PASSWORD).location == "/account"
    assert other.get("/account").status_code == 302
    assert browser.get("/account").status_code == 200
    assert Browser(app.test_client()).log_in("hanako", OTHER_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        (OTHER_PASSWORD, "a path through the cedars", "old", "The present password is wrong; nothing was changed."),
        (PASSWORD, "short", "new", "The password is shorter than 8 characters"),
        (PASSWORD, "password1", "new", "The password is one of the first that guessers try"),
    ],
)
def test_a_refused_password_is_said_beside_its_field_and_never_shown(
    browser: Browser, old: str, new: str, field: str, message: str
) -> None:
    page = browser.post("/account/password", old=old, new=new)
    assert page.status_code == 400
    assert message in shown(page)
    assert f'password-{field}-error" aria-invalid="true" autofocus' in control(page.text, f"password-{field}")
    assert re.findall(r'id="([\w-]+)"[^>]* aria-invalid', page.text) == [f"password-{field}"]
    assert f'value="{old}"' not in page.text
    assert f'value="{new}"' not in page.text


def test_guesses_at_the_present_password_are_throttled(browser: Browser) -> None:
    statuses = [browser.post("/account/password", old="guess", new=OTHER_PASSWORD).status_code for _time in range(6)]
    assert statuses == [400] * 5 + [429]


def test_saving_the_settings_begins_no_count_of_guesses_again(browser: Browser) -> None:
    for _time in range(5):
        browser.post("/account/password", old="guess", new=OTHER_PASSWORD)
    assert browser.post("/account/settings", **_SETTINGS | {"name": "hanako 2"}).status_code == 302
    assert browser.post("/account/settings", **_SETTINGS).status_code == 302
    assert browser.post("/account/password", old="guess", new=OTHER_PASSWORD).status_code == 429


def test_a_device_is_ended_from_another_one(app: Flask, browser: Browser, database: Database) -> None:
    other = entered(app, "hanako")
    with database.reading() as session:
        newest = session.scalar(select(func.max(Login.id)))
    assert browser.post(f"/account/logins/{newest}/end").location == "/account"
    assert other.get("/account").status_code == 302
    assert browser.get("/account").status_code == 200


def test_ending_this_device_logs_out(browser: Browser, database: Database) -> None:
    with database.reading() as session:
        own = session.scalar(select(Login.id))
    assert browser.post(f"/account/logins/{own}/end").location == "/log-in"
    assert browser.get("/account").status_code == 302


def test_the_devices_of_others_look_like_none(app: Flask, browser: Browser, database: Database) -> None:
    add_account(database, "taro")
    taro = entered(app, "taro")
    with database.reading() as session:
        newest = session.scalar(select(func.max(Login.id)))
    found = [browser.post(f"/account/logins/{login_id}/end") for login_id in (newest, 987654)]
    assert [page.status_code for page in found] == [404, 404]
    assert found[0].text == found[1].text
    assert taro.get("/account").status_code == 200


def test_a_login_is_noted_as_used_by_unsafe_requests_only(browser: Browser, database: Database) -> None:
    long_ago = clock.now() - timedelta(days=2)
    with database.writing() as session:
        session.execute(update(Login).values(seen_at=long_ago))
    browser.get("/account")
    assert _seen_at(database) == long_ago
    browser.post("/account/settings", **_SETTINGS)
    assert _seen_at(database) > clock.now() - logins.SEEN_EVERY


def _seen_at(database: Database) -> datetime:
    with database.reading() as session:
        return session.scalars(select(Login.seen_at)).one()


def test_the_export_holds_the_account_its_cards_and_its_log_and_nothing_of_others(
    browser: Browser, database: Database, hanako: Learner
) -> None:
    other = add_account(database, "taro")
    with database.writing() as session:
        cards = add_cards(session, add_deck(session, "Docker"), 2)
        give(session, hanako, cards[0], 4)
        give(session, other, cards[1], 5)
    page = browser.get("/account/export")
    assert re.fullmatch(
        r"attachment; filename=oboegaki-[\w-]*\d{4}-\d\d-\d\d\.json", page.headers["Content-Disposition"]
    )
    found = json.loads(page.text)
    assert found["account"]["name"] == "hanako"
    assert [(card["deck"], card["front"], card["interval"], card["due"]) for card in found["cards"]] == [
        ("Docker", "front 0", 1, "2026-03-03")
    ]
    assert [(review["card"], review["grade"], review["study_day"]) for review in found["reviews"]] == [
        (cards[0], 4, "2026-03-02")
    ]
    assert "password" not in page.text


def test_an_export_without_progress_is_whole(browser: Browser) -> None:
    found = json.loads(browser.get("/account/export").text)
    assert (found["cards"], found["reviews"]) == ([], [])


def test_an_account_is_deleted_once_its_name_is_typed(browser: Browser, database: Database, hanako: Learner) -> None:
    add_account(database, "chief", is_admin=True)
    with database.writing() as session:
        cards = add_cards(session, add_deck(session, "Docker"), 1)
        give(session, hanako, cards[0], 4)
    page = browser.post("/account/deletion", typed_name="taro")
    assert page.status_code == 400
    message = 'The name typed is not that of this account; type "hanako" to delete it. Nothing was deleted'
    assert message in shown(page)
    assert browser.post("/account/deletion", typed_name="hanako").location == "/log-in"
    assert browser.get("/account").status_code == 302
    with database.reading() as session:
        assert list(session.scalars(select(User.name))) == ["chief"]
        assert session.scalar(select(func.count(Review.id))) == 0


_UNSAFE = [
    "/log-out",
    "/account/settings",
    "/account/password",
    "/account/logins/1/end",
    "/account/deletion",
]


@pytest.mark.parametrize("route", _UNSAFE)
def test_a_forged_form_is_refused(browser: Browser, route: str) -> None:
    page = browser.client.post(route, data={"typed_name": "hanako"})
    assert page.status_code == 400
    assert "This page was too old to be sent; nothing was changed." in shown(page)
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("route", ["/account", "/account/export"])
def test_without_a_login_the_account_leads_to_the_log_in(stranger: Browser, hanako: Learner, route: str) -> None:
    assert stranger.get(route).location == f"/log-in?next={route}"


def test_every_field_of_the_account_has_a_label(chief: Browser) -> None:
    page = chief.get("/account").text
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    fields = re.findall(r"<(?:input|select)\b(?![^>]*type=\"hidden\")[^>]*>", page)
    assert len(fields) >= 11
    for field in fields:
        found = re.search(r' id="([^"]+)"', field)
        assert found is not None, field
        assert found[1] in labelled
