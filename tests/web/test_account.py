"""The way in and out, the Account page, and what one account may not do to another."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, create_app, logins, setup_code
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import Login, Review, User
from app.web.entrance import below_this_app
from tests.entrance import OTHER_PASSWORD, PASSWORD, add_account
from tests.library import add_cards, add_deck, give
from tests.web.conftest import Browser, entered, shown

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
def code(database: Database) -> str:
    """The one-time code of a server without an account."""
    with database.writing() as session:
        issued = setup_code.issue_setup_code(session, clock.now())
    assert issued is not None
    return issued


@pytest.fixture
def chief(app: Flask, database: Database) -> Browser:
    """A browser in which an administrator is logged in."""
    add_account(database, "chief", is_admin=True)
    return entered(app, "chief")


def _account(database: Database, name: str) -> User:
    with database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def test_a_server_without_an_account_says_where_the_set_up_link_is(stranger: Browser) -> None:
    page = stranger.client.get("/", follow_redirects=True)
    assert page.request.path == "/set-up"
    assert "To make the first account, open the set-up link that the server printed when it started." in shown(page)


def test_the_set_up_link_makes_an_administrator_who_is_logged_in(
    stranger: Browser, database: Database, code: str
) -> None:
    link = f"/set-up?code={code}"
    answer = stranger.post(link, page=link, code=code, name="hanako", password=PASSWORD, time_zone="Asia/Tokyo")
    assert answer.location == "/"
    assert stranger.get("/account").status_code == 200
    made = _account(database, "hanako")
    assert (made.is_admin, made.time_zone) == (True, "Asia/Tokyo")


def test_a_used_set_up_link_leads_to_the_log_in(stranger: Browser, code: str, hanako: Learner) -> None:
    page = stranger.get(f"/set-up?code={code}")
    assert (page.status_code, page.location) == (302, "/log-in")


def test_a_wrong_code_makes_no_account(stranger: Browser, database: Database, code: str) -> None:
    link = "/set-up?code=0123"
    page = stranger.post(link, page=link, code="0123", name="hanako", password=PASSWORD, time_zone="UTC")
    assert page.status_code == 400
    assert "The set-up code is wrong or was replaced at a later start" in shown(page)
    with database.reading() as session:
        assert not setup_code.is_claimed(session)


def test_what_is_wrong_with_a_set_up_stands_beside_its_field(stranger: Browser, code: str) -> None:
    link = f"/set-up?code={code}"
    page = stranger.post(link, page=link, code=code, name=" ", password="short", time_zone="Mars/Olympus")
    assert page.status_code == 400
    errors = dict(re.findall(r'id="set-up-(\w+)-error">([^<]+)<', page.text))
    assert errors == {
        "name": "The name is empty; use 1 to 64 characters",
        "password": "The password is shorter than 8 characters; several words make a good one",
        "time_zone": "There is no time zone &#34;Mars/Olympus&#34;; use a name such as Asia/Tokyo",
    }
    for field in errors:
        assert re.search(rf'id="set-up-{field}"[^>]*aria-describedby="[^"]*set-up-{field}-error"', page.text)


def test_the_time_zone_of_the_server_is_chosen_beforehand(config: Config, code: str) -> None:
    app = create_app(replace(config, time_zone="Asia/Tokyo"))
    page = Browser(app.test_client()).get(f"/set-up?code={code}").text
    assert re.search(r"<option[^>]* selected>(Asia/)?Tokyo<", page)
    app.extensions["database"].close()


def test_a_log_in_leads_to_where_the_learner_wanted_to_go(stranger: Browser, hanako: Learner) -> None:
    first = stranger.get("/study?deck=3")
    assert first.location == "/log-in?next=/study?deck%3D3"
    assert 'name="next" value="/study?deck=3"' in stranger.get(first.location).text
    assert stranger.log_in("hanako", next="/study?deck=3").location == "/study?deck=3"


@pytest.mark.parametrize(("name", "password"), [("hanako", OTHER_PASSWORD), ("nobody", PASSWORD)])
def test_a_refused_log_in_never_says_which_of_the_two_was_wrong(
    stranger: Browser, hanako: Learner, name: str, password: str
) -> None:
    page = stranger.log_in(name, password, next="/account")
    assert page.status_code == 400
    assert "The name or the password is wrong; check both and try again" in shown(page)
    assert f'value="{name}"' in page.text
    assert 'value="/account"' in page.text
    assert password not in page.text


def test_a_throttled_log_in_says_how_long_to_wait(stranger: Browser, hanako: Learner) -> None:
    for _time in range(5):
        assert stranger.log_in("hanako", OTHER_PASSWORD).status_code == 400
    page = stranger.log_in("hanako", PASSWORD)
    assert page.status_code == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 60
    assert "Too many attempts; nothing was looked at. Try again in 1 min" in shown(page)


def test_a_log_in_keeps_nothing_of_the_session_before_it(stranger: Browser, hanako: Learner) -> None:
    with stranger.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    stranger.log_in("hanako")
    with stranger.client.session_transaction() as session:
        assert "planted" not in session


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Browser, hanako: Learner) -> None:
    cookie = stranger.log_in("hanako").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_under_https_the_cookie_is_secure(app: Flask, stranger: Browser, hanako: Learner) -> None:
    page = stranger.client.get("/log-in", base_url="https://localhost")
    assert "Secure" in page.headers["Set-Cookie"]


def test_a_log_out_ends_the_login_on_the_server(browser: Browser) -> None:
    kept = browser.client.get_cookie("oboegaki")
    assert kept is not None
    assert browser.post("/log-out").location == "/log-in"
    assert "Logged out." in browser.text("/log-in")
    browser.client.set_cookie("oboegaki", kept.value)
    assert browser.get("/account").location.startswith("/log-in")


_ELSEWHERE = [
    "",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "?next=//evil.example",
    "/study\r\nSet-Cookie: a=b",
    "/study\x00",
    "/\u2028/evil.example",
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("address", _ELSEWHERE)
def test_a_log_in_never_leads_elsewhere(app: Flask, address: str) -> None:
    with app.test_request_context("/log-in"):
        assert below_this_app(address) == "/"


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example/"])
def test_neither_does_the_log_in_page_of_somebody_logged_in(browser: Browser, address: str) -> None:
    page = browser.client.get("/log-in", query_string={"next": address})
    assert (page.status_code, page.location) == (302, "/")


def test_below_a_base_path_a_log_in_leads_below_it(config: Config, hanako: Learner) -> None:
    app = create_app(replace(config, base_path="/cards"))
    stranger = Browser(app.test_client())
    answer = stranger.post(
        "/cards/log-in", page="/cards/log-in", name="hanako", password=PASSWORD, next="/study?deck=1"
    )
    assert answer.location == "/cards/study?deck=1"
    app.extensions["database"].close()


def test_settings_are_stored_and_shown(browser: Browser, database: Database) -> None:
    changed = {"language": "ja", "time_zone": "Asia/Tokyo", "day_start": "3", "new_per_day": "0", "theme": "dark"}
    form = _SETTINGS | changed | {"name": "Hanako", "reviews_per_day": "50", "full_scale": "yes"}
    assert browser.post("/account/settings", **form).location == "/account"
    found = _account(database, "Hanako")
    assert (found.language, found.time_zone, found.day_start, found.new_per_day) == ("ja", "Asia/Tokyo", 3, 0)
    assert (found.reviews_per_day, found.full_scale, found.theme) == (50, True, "dark")
    page = browser.get("/account").text
    assert '<html lang="ja" data-theme="dark">' in page


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
        ("time_zone", "Mars", 'There is no time zone "Mars"; use a name such as Asia/Tokyo'),
    ],
)
def test_a_wrong_setting_is_said_beside_its_field_and_nothing_is_stored(
    browser: Browser, database: Database, field: str, typed: str, message: str
) -> None:
    page = browser.post("/account/settings", **_SETTINGS | {"theme": "dark", field: typed})
    assert page.status_code == 400
    assert message in shown(page)
    assert f'id="settings-{field}-error"' in page.text
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
    assert f'id="password-{field}-error"' in page.text
    assert f'value="{old}"' not in page.text
    assert f'value="{new}"' not in page.text


def test_guesses_at_the_present_password_are_throttled(browser: Browser) -> None:
    statuses = [browser.post("/account/password", old="guess", new=OTHER_PASSWORD).status_code for _time in range(6)]
    assert statuses == [400] * 5 + [429]


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


def test_an_administrator_adds_an_account(app: Flask, chief: Browser) -> None:
    answer = chief.post("/account/users", user_name="taro", user_password=PASSWORD)
    assert answer.location == "/account"
    assert "The account taro is made." in chief.text("/account")
    assert entered(app, "taro").get("/account/users").status_code == 405


def test_a_name_that_is_taken_is_said_beside_its_field(chief: Browser) -> None:
    page = chief.post("/account/users", user_name="Chief", user_password=PASSWORD)
    assert page.status_code == 400
    assert 'There is an account "Chief" already; choose another name' in shown(page)
    assert 'id="user-user_name-error"' in page.text


def test_only_an_administrator_sees_and_adds_accounts(browser: Browser, database: Database) -> None:
    add_account(database, "taro")
    assert "taro" not in browser.text("/account")
    page = browser.post("/account/users", user_name="jiro", user_password=PASSWORD)
    assert page.status_code == 403
    message = "Accounts belong to the administrator; nothing was changed. Ask the administrator to do it"
    assert message in shown(page)


_UNSAFE = [
    "/log-out",
    "/account/settings",
    "/account/password",
    "/account/logins/1/end",
    "/account/deletion",
    "/account/users",
]


@pytest.mark.parametrize("route", _UNSAFE)
def test_a_forged_form_is_refused(browser: Browser, route: str) -> None:
    page = browser.client.post(route, data={"typed_name": "hanako"})
    assert page.status_code == 400
    assert "This page was too old to be sent; nothing was changed." in shown(page)
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("route", ["/log-in", "/set-up"])
def test_a_forged_log_in_is_refused(stranger: Browser, route: str) -> None:
    assert stranger.client.post(route, data={"name": "hanako", "password": PASSWORD}).status_code == 400


@pytest.mark.parametrize("route", ["/account", "/account/export"])
def test_without_a_login_the_account_leads_to_the_log_in(stranger: Browser, hanako: Learner, route: str) -> None:
    assert stranger.get(route).location == f"/log-in?next={route}"


def test_every_field_of_the_account_has_a_label(chief: Browser) -> None:
    page = chief.get("/account").text
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    fields = re.findall(r"<(?:input|select)\b(?![^>]*type=\"hidden\")[^>]*>", page)
    assert len(fields) >= 12
    for field in fields:
        found = re.search(r' id="([^"]+)"', field)
        assert found is not None, field
        assert found[1] in labelled
