"""The way in and out: the first account, log-in, log-out, and where they lead."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, create_app, setup_code
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import User
from app.web.entrance import below_this_app
from tests.entrance import OTHER_PASSWORD, PASSWORD, add_account
from tests.web.conftest import Browser, control, shown


@pytest.fixture
def code(database: Database) -> str:
    """The one-time code of a server without an account."""
    with database.writing() as session:
        issued = setup_code.issue_setup_code(session, clock.now())
    assert issued is not None
    return issued


def _account(database: Database, name: str) -> User:
    with database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def test_a_server_without_an_account_says_where_the_set_up_link_is(stranger: Browser) -> None:
    page = stranger.client.get("/", follow_redirects=True)
    assert page.request.path == "/set-up"
    assert "To make the first account, open the set-up link that the server printed last." in shown(page)


def test_the_set_up_link_makes_an_administrator_who_is_logged_in(
    stranger: Browser, database: Database, code: str
) -> None:
    link = f"/set-up?code={code}"
    answer = stranger.post(link, page=link, code=code, name="hanako", password=PASSWORD, time_zone="Asia/Tokyo")
    assert answer.location == "/"
    assert stranger.get("/account").status_code == 200
    made = _account(database, "hanako")
    assert (made.is_admin, made.time_zone) == (True, "Asia/Tokyo")


def test_a_phone_makes_no_other_name_of_the_one_that_is_typed(stranger: Browser, code: str) -> None:
    """No capital at its beginning, and no other word for it."""
    field = stranger.get(f"/set-up?code={code}").text.partition('name="name"')[2].partition(">")[0]
    assert 'autocapitalize="none" spellcheck="false"' in field


def test_a_used_set_up_link_leads_to_the_log_in(stranger: Browser, code: str, hanako: Learner) -> None:
    page = stranger.get(f"/set-up?code={code}")
    assert (page.status_code, page.location) == (302, "/log-in")


def test_a_wrong_code_makes_no_account(stranger: Browser, database: Database, code: str) -> None:
    link = "/set-up?code=0123"
    page = stranger.post(link, page=link, code="0123", name="hanako", password=PASSWORD, time_zone="UTC")
    assert page.status_code == 400
    assert "The set-up code is wrong or was replaced by a later one" in shown(page)
    with database.reading() as session:
        assert not setup_code.is_claimed(session)


def test_when_the_only_account_goes_the_log_has_a_new_link_and_the_server_is_no_dead_end(
    app: Flask, database: Database, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old code is dead; the new one stands on standard output alone, in the words of the start."""
    link = f"/set-up?code={code}"
    claim = {"name": "hanako", "password": PASSWORD, "time_zone": "UTC"}
    leaving = Browser(app.test_client())
    leaving.post(link, page=link, code=code, **claim)
    capsys.readouterr()
    assert leaving.post("/account/deletion", page="/account", typed_name="hanako").location == "/log-in"
    printed = capsys.readouterr()
    told = re.fullmatch(r"Set up the first account: http://localhost(/set-up\?code=([0-9a-f]{32}))\n", printed.out)
    assert told is not None
    assert told[2] not in printed.err
    assert leaving.post(link, page=link, code=code, **claim).status_code == 400
    newcomer = Browser(app.test_client())
    assert newcomer.post(told[1], page=told[1], code=told[2], **claim | {"name": "taro"}).location == "/"
    assert _account(database, "taro").is_admin


def test_when_one_of_several_accounts_goes_nothing_is_printed(
    browser: Browser, app: Flask, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    add_account(database, "taro", is_admin=True)
    assert browser.post("/account/deletion", page="/account", typed_name="hanako").location == "/log-in"
    assert capsys.readouterr().out == ""


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


def test_a_wrong_code_can_be_corrected_on_the_page(stranger: Browser, database: Database, code: str) -> None:
    """The field is there with what was typed, its message beside it and the focus in it; nothing else is lost."""
    typed = {"name": "hanako", "password": PASSWORD, "time_zone": "Asia/Tokyo"}
    page = stranger.post("/set-up", page="/set-up?code=0123", code="0123", **typed)
    field = control(page.text, "set-up-code")
    assert 'type="text"' in field
    assert 'value="0123"' in field
    assert 'aria-describedby="set-up-code-error" aria-invalid="true" autofocus' in field
    assert re.search(r'id="set-up-code-error">The set-up code is wrong or was replaced', page.text)
    assert 'value="hanako"' in control(page.text, "set-up-name")
    assert stranger.post("/set-up", page="/set-up?code=0123", **typed | {"code": code}).location == "/"
    assert _account(database, "hanako").time_zone == "Asia/Tokyo"


def test_a_code_may_be_typed_where_the_link_is_not_at_hand(stranger: Browser, code: str) -> None:
    asked = stranger.get("/set-up").text
    assert 'name="code"' in control(asked, "set-up-code")
    assert "autofocus" not in asked
    page = stranger.client.get("/set-up", query_string={"code": code}).text
    assert f'<input type="hidden" name="code" value="{code}">' in page


def test_the_focus_is_in_the_first_field_that_is_wrong(stranger: Browser, code: str) -> None:
    page = stranger.post("/set-up", page="/set-up?code=0123", code=code, name="hanako", password="short", time_zone="x")
    assert re.findall(r'id="(set-up-\w+)"[^>]* autofocus', page.text) == ["set-up-password"]


@pytest.mark.parametrize(("name", "password"), [("hanako", OTHER_PASSWORD), ("nobody", PASSWORD)])
def test_a_refused_log_in_is_the_matter_of_both_fields(
    stranger: Browser, hanako: Learner, name: str, password: str
) -> None:
    page = stranger.log_in(name, password).text
    assert re.search(r'id="log-in-form-error" role="alert">The name or the password is wrong', page)
    for field in ("log-in-name", "log-in-password"):
        assert 'aria-describedby="log-in-form-error" aria-invalid="true"' in control(page, field)
    assert re.findall(r'id="(log-in-\w+)"[^>]* autofocus', page) == ["log-in-password"]


def test_a_log_in_page_without_a_mistake_blames_nothing(stranger: Browser, hanako: Learner) -> None:
    page = stranger.get("/log-in").text
    assert not re.search("aria-invalid|aria-describedby|autofocus", page)


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
    assert "Too many attempts; this one was not checked. Try again in 1 minute" in shown(page)
    assert 'aria-describedby="log-in-form-error"' in control(page.text, "log-in-password")
    assert "aria-invalid" not in page.text


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


@pytest.mark.parametrize("route", ["/log-in", "/set-up"])
def test_a_forged_log_in_is_refused(stranger: Browser, route: str) -> None:
    assert stranger.client.post(route, data={"name": "hanako", "password": PASSWORD}).status_code == 400
