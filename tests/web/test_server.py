"""The administrator's pages: other accounts, the doctor, backups; and that to others there is nothing there."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import create_app
from app.backups import backups_folder, backups_in, make_backup
from app.config import Config
from app.db import Database
from app.doctor import examine
from app.learner import Learner
from app.models import User
from tests.conftest import NOW
from tests.entrance import OTHER_PASSWORD, PASSWORD, add_account
from tests.web.conftest import Browser, entered, shown

NAME = "oboegaki-20260302T093000Z.db"
_PAGES = (
    "/server/accounts",
    "/server/account?name=hanako",
    "/server/doctor",
    "/server/backups",
    f"/server/backups/{NAME}",
)
_FORMS = (
    "/server/accounts",
    "/server/account/password?name=chief",
    "/server/account/deletion?name=chief",
    "/server/backups",
    f"/server/backups/{NAME}/verification",
)


@pytest.fixture
def chief(app: Flask, database: Database) -> Browser:
    """A browser in which an administrator is logged in."""
    add_account(database, "chief", is_admin=True)
    return entered(app, "chief")


@pytest.fixture
def backup(config: Config) -> Path:
    """A backup, made on a Monday morning."""
    return make_backup(config, NOW).file


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(User.name).order_by(User.name)))


# Who gets in


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("address", _PAGES)
def test_to_a_learner_a_page_of_the_server_is_one_that_does_not_exist(
    browser: Browser, chief: Browser, address: str
) -> None:
    page, nowhere = browser.get(address), browser.get("/nowhere")
    assert (page.status_code, page.text) == (404, nowhere.text)
    with chief.get(address) as shown_to_chief:
        assert shown_to_chief.status_code == 200


@pytest.mark.usefixtures("backup", "chief")
@pytest.mark.parametrize("address", _FORMS)
def test_to_a_learner_a_form_of_the_server_is_one_that_does_not_exist(
    browser: Browser, database: Database, config: Config, address: str
) -> None:
    fields = {"user_name": "jiro", "user_password": PASSWORD, "new": OTHER_PASSWORD, "typed_name": "chief"}
    page = browser.post(address, **fields)
    assert (page.status_code, shown(page)) == (404, shown(browser.get("/nowhere")))
    assert browser.get(address.replace("/backups", "/backups/x")).status_code == 404
    assert names(database) == ["chief", "hanako"]
    assert len(backups_in(backups_folder(config))) == 1


@pytest.mark.parametrize("address", _PAGES)
def test_without_a_login_the_server_leads_to_the_log_in(stranger: Browser, hanako: Learner, address: str) -> None:
    assert stranger.get(address).location.startswith("/log-in?next=/server/")


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("address", _FORMS)
def test_a_forged_form_is_refused(chief: Browser, address: str) -> None:
    page = chief.client.post(address, data={"typed_name": "chief"})
    assert page.status_code == 400
    assert "This page was too old to be sent; nothing was changed." in shown(page)


def test_the_account_page_leads_there_for_administrators_alone(browser: Browser, chief: Browser) -> None:
    links = ('href="/server/accounts"', 'href="/server/doctor"', 'href="/server/backups"')
    assert [link in chief.get("/account").text for link in links] == [True] * 3
    assert "/server" not in browser.get("/account").text


# Accounts


def test_accounts_are_listed_and_ones_own_leads_to_the_account_page(chief: Browser, hanako: Learner) -> None:
    page = chief.get("/server/accounts").text
    assert re.findall(r'href="(/server/account\?[^"]*)"', page) == ["/server/account?name=hanako"]
    assert "chief administrator last used:" in shown(chief.get("/server/accounts"))
    assert "hanako not logged in anywhere" in shown(chief.get("/server/accounts"))


def test_a_library_without_a_deck_file_says_so(chief: Browser, config: Config) -> None:
    assert "There are no deck files in this folder yet." in chief.text("/imports")
    (config.cards_dir / "one.md").write_text("Q: one\nA: two\n")
    assert "There are no deck files" not in chief.text("/imports")


@pytest.mark.parametrize("page", [*_PAGES[:4], "/server/account?name=chief"])
def test_one_tab_of_the_server_is_the_present_one(chief: Browser, hanako: Learner, page: str) -> None:
    tabs = chief.get(page).text.partition('class="tabs"')[2].partition("</nav>")[0]
    assert tabs.count('aria-current="page"') == 1


def test_an_account_is_added(app: Flask, chief: Browser) -> None:
    answer = chief.post("/server/accounts", page="/server/accounts", user_name="taro", user_password=PASSWORD)
    assert answer.location == "/server/accounts"
    assert "The account taro is made." in chief.text("/server/accounts")
    assert entered(app, "taro").get("/server/accounts").status_code == 404


def test_an_added_account_begins_in_the_time_zone_of_the_one_who_adds_it(chief: Browser, database: Database) -> None:
    with database.writing() as session:
        session.execute(update(User).where(User.name == "chief").values(time_zone="Asia/Tokyo"))
    chief.post("/server/accounts", page="/server/accounts", user_name="taro", user_password=PASSWORD)
    with database.reading() as session:
        assert session.scalars(select(User.time_zone).where(User.name == "taro")).one() == "Asia/Tokyo"


def test_an_administrator_is_added(app: Flask, chief: Browser) -> None:
    chief.post("/server/accounts", user_name="taro", user_password=PASSWORD, is_admin="yes")
    assert entered(app, "taro").get("/server/accounts").status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "field", "message"),
    [
        ("Chief", PASSWORD, "user_name", 'There is an account "Chief" already; choose another name'),
        (" ", PASSWORD, "user_name", "The name is empty; use 1 to 64 characters"),
        ("taro", "short", "user_password", "The password is shorter than 8 characters"),
    ],
)
def test_what_is_wrong_with_an_account_stands_beside_its_field(
    chief: Browser, database: Database, name: str, password: str, field: str, message: str
) -> None:
    page = chief.post("/server/accounts", user_name=name, user_password=password)
    assert page.status_code == 400
    assert message in shown(page)
    assert f'id="user-{field}-error"' in page.text
    assert names(database) == ["chief"]


def test_a_new_password_ends_all_logins_of_the_account(app: Flask, chief: Browser, browser: Browser) -> None:
    answer = chief.post("/server/account/password?name=hanako", new=OTHER_PASSWORD)
    assert answer.location == "/server/account?name=hanako"
    page = chief.text("/server/account?name=hanako")
    assert "hanako has a new password and has to log in again on every device." in page
    assert OTHER_PASSWORD not in page
    assert browser.get("/account").status_code == 302
    assert Browser(app.test_client()).log_in("hanako", PASSWORD).status_code == 400
    assert Browser(app.test_client()).log_in("hanako", OTHER_PASSWORD).status_code == 302


def test_a_password_that_is_not_taken_changes_nothing(chief: Browser, browser: Browser) -> None:
    page = chief.post("/server/account/password?name=hanako", new="hanako")
    assert page.status_code == 400
    assert 'id="password-new-error"' in page.text
    assert browser.get("/account").status_code == 200


def test_an_account_is_closed_once_its_name_is_typed(chief: Browser, browser: Browser, database: Database) -> None:
    page = chief.post("/server/account/deletion?name=hanako", typed_name="taro")
    assert page.status_code == 400
    assert 'The name typed is not that of this account; type "hanako" to delete it. Nothing was deleted' in shown(page)
    assert names(database) == ["chief", "hanako"]
    assert chief.post("/server/account/deletion?name=hanako", typed_name="hanako").location == "/server/accounts"
    assert "The account hanako and all its progress are deleted." in chief.text("/server/accounts")
    assert browser.get("/account").status_code == 302
    assert names(database) == ["chief"]


def test_names_with_signs_of_addresses_in_them_work(chief: Browser, database: Database) -> None:
    odd = "a/b?c&d=e#f 花子 %41"
    add_account(database, odd)
    link = re.search(r'href="(/server/account\?[^"]*)"', chief.get("/server/accounts").text)
    assert link is not None
    page = chief.get(link[1].replace("&amp;", "&"))
    assert odd in shown(page)
    action = re.search(r'action="(/server/account/deletion[^"]*)"', page.text)
    assert action is not None
    assert chief.post(action[1].replace("&amp;", "&"), typed_name=odd).status_code == 302
    assert names(database) == ["chief"]


def test_ones_own_account_is_changed_where_the_present_password_is_asked_for(
    chief: Browser, database: Database
) -> None:
    assert "This is your own account." in chief.text("/server/account?name=chief")
    for act in ("password", "deletion"):
        page = chief.post(f"/server/account/{act}?name=Chief", new=OTHER_PASSWORD, typed_name="chief")
        assert page.status_code == 403
        assert "This is your own account; change it under Account. Nothing was changed" in shown(page)
    assert chief.get("/account").status_code == 200
    assert names(database) == ["chief"]


@pytest.mark.parametrize("query", ["", "?name=", "?name=nobody", "?name=%00", "?name=" + "a" * 3000])
def test_an_account_that_does_not_exist_is_not_found(chief: Browser, query: str) -> None:
    assert chief.get(f"/server/account{query}").status_code == 404
    assert chief.post(f"/server/account/password{query}", new=OTHER_PASSWORD).status_code == 404
    assert chief.post(f"/server/account/deletion{query}", typed_name="").status_code == 404


# Doctor


def test_the_page_says_what_the_command_says(chief: Browser, config: Config, database: Database) -> None:
    page = chief.text("/server/doctor")
    for finding in examine(config, database, NOW):
        if finding.name not in ("Clock", "Disk"):
            told = finding.as_json()
            assert f"{told['name']} " in page
            assert f"{told['sentence']} {told['remedy']}".strip() in page
    assert "Proxies good none in front; this browser is at 127.0.0.1" in page


def test_the_page_says_first_how_much_there_is_to_do(chief: Browser, config: Config) -> None:
    assert "2 things to look at." in chief.text("/server/doctor")
    make_backup(config, NOW)
    assert "1 thing is wrong." in chief.text("/server/doctor")


def test_the_worst_comes_first(chief: Browser, config: Config) -> None:
    make_backup(config, NOW)
    page = chief.get("/server/doctor").text
    states = re.findall(r'<h2>[^<]*<span class="tag[^>]*>([^<]*)<', page)
    assert states == ["wrong", "look at it", *["good"] * 10]


def test_the_page_sees_what_proxies_send(config: Config, hanako: Learner, database: Database) -> None:
    add_account(database, "chief", is_admin=True)
    app = create_app(replace(config, trusted_proxies=1))
    chief = entered(app, "chief")
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/cards"}
    page = shown(chief.client.get("/server/doctor", headers=headers))
    assert "1 are trusted; this browser is at 203.0.113.9" in page
    assert 'the proxy says "/cards", the setting says ""' in page
    assert "1 are trusted, and 0 told of the client: anybody may say who they are" in chief.text("/server/doctor")
    app.extensions["database"].close()


def test_the_page_speaks_japanese(chief: Browser) -> None:
    page = shown(chief.client.get("/server/doctor", headers={"Accept-Language": "ja"}))
    assert "診断" in page
    assert "スキーマ 良好" in page
    assert "前には何もありません。このブラウザーのアドレスは127.0.0.1です" in page


def test_what_a_finding_names_is_text_and_never_markup(chief: Browser) -> None:
    page = chief.client.get("/server/doctor", headers={"X-Forwarded-Prefix": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


# Backups


def test_a_backup_is_made_listed_and_checked(chief: Browser, config: Config) -> None:
    assert "There is none yet." in chief.text("/server/backups")
    assert chief.post("/server/backups", page="/server/backups").location == "/server/backups"
    (made,) = backups_in(backups_folder(config))
    page = chief.text("/server/backups")
    assert f"The backup is made and checked: {made.file.name}, 1 MB." in page
    assert f"{made.file.name} · 1 MB" in page
    assert chief.post(f"/server/backups/{made.file.name}/verification").location == "/server/backups"
    assert f"{made.file.name} is sound: accounts 1, cards 0, answers 0." in chief.text("/server/backups")


def test_a_damaged_backup_is_said_on_the_page(chief: Browser, backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-1])
    page = chief.post(f"/server/backups/{NAME}/verification")
    assert page.status_code == 400
    assert "its checksum is not the one written beside it, so it was damaged or changed" in shown(page)


def test_a_backup_that_cannot_be_written_is_said_on_the_page(chief: Browser, config: Config) -> None:
    backups_folder(config).touch()
    page = chief.post("/server/backups")
    assert page.status_code == 500
    assert f"{config.data_dir}/backups: no backup was written (File exists)" in shown(page)


def test_a_backup_is_downloaded_whole_and_kept_by_nobody_on_the_way(chief: Browser, backup: Path) -> None:
    with chief.get(f"/server/backups/{NAME}") as page:
        content = page.data
    assert page.headers["Content-Disposition"] == f"attachment; filename={NAME}"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "application/vnd.sqlite3"
    assert "ETag" not in page.headers
    assert hashlib.sha256(content).hexdigest() == backup.with_name(f"{NAME}.sha256").read_text().split()[0]


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize(
    "name",
    [".lock", f"{NAME}.sha256", "oboegaki-20300101T000000Z.db", "..%2Foboegaki.db", "%2E%2E%2Fsecret_key", "%00"],
)
def test_no_other_file_is_handed_out(chief: Browser, name: str) -> None:
    assert chief.get(f"/server/backups/{name}").status_code == 404
    assert chief.post(f"/server/backups/{name}/verification").status_code == 404


def test_of_another_database_the_page_names_its_own_tools(app: Flask, chief: Browser, config: Config) -> None:
    app.extensions["config"] = replace(config, database_url="postgresql+psycopg://db/oboegaki")
    page = chief.get("/server/backups")
    sentence = (
        "This database is no SQLite file, so its own tools copy it: with PostgreSQL, pg_dump makes a backup and "
        'pg_restore puts it back; with containers, run them by "docker compose exec -T db", as the README shows'
    )
    assert sentence in shown(page)
    assert "<button" not in page.text.partition("<main")[2]
    made = chief.post("/server/backups")
    assert made.status_code == 403
    assert sentence in shown(made)


def test_every_field_has_a_label(chief: Browser, hanako: Learner) -> None:
    for address, least in (("/server/accounts", 3), ("/server/account?name=hanako", 2)):
        page = chief.get(address).text
        labelled = set(re.findall(r'<label for="([^"]+)"', page))
        fields = re.findall(r'<(?:input|select)\b(?![^>]*type="hidden")[^>]* id="([^"]+)"', page)
        assert len(fields) >= least
        assert set(fields) <= labelled
