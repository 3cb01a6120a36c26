"""Whatever stands in an address or a form, a server answers with a page or a refusal, never with a fault."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock, importing, logins
from app.config import Config
from app.db import Database
from app.learner import Learner
from app.models import Card, Deck, Review, User
from app.web.context import reading
from app.web.numbers import LARGEST
from tests.entrance import add_account
from tests.library import give
from tests.web.conftest import Browser, shown

TEMPLATES = Path(__file__).resolve().parents[2] / "app" / "web" / "templates"
HUGE = "99999999999999999999"
GARBAGE = (
    *("", "x", "-1", "0", "1", str(LARGEST), str(LARGEST + 1), HUGE, "9" * 5000, "1e9", "NaN", "٣", "1_0"),
    *("\0", "\x7f\x85", "\u202e", "💣" * 300, "a" * 60_000, "%s%(x)s{}{0}", "'\"><script>", "\\\\host", "../../x"),
    *("00000000-0000-0000-0000-000000000000", "{00000000000000000000000000000000}"),
)
BROKEN_TEXT = b"\xff\xfe\x80"
IN_ADDRESS = (
    "deck",
    "ahead",
    "more",
    "card",
    "after",
    "undone",
    "refused",
    "from",
    "back",
    "page",
    "next",
    "code",
    "v",
)
IN_FORM = (
    *("name", "password", "time_zone", "code", "next", "language", "day_start", "new_per_day", "reviews_per_day"),
    *("theme", "full_scale", "old", "new", "username", "user_name", "user_password", "is_admin", "typed_name"),
    *("review", "revision", "grade", "took_ms", "holding", "undo", "reset", "files"),
)
NUMBERS = {
    "deck",
    "more",
    "card",
    "after",
    "from",
    "review",
    "revision",
    "grade",
    "took_ms",
    "holding",
    "undo",
    "reset",
}
WITHOUT_FIELDS = {
    "server.make_backup",
    "server.verify_backup",
    "server.list_backups",
    "server.doctor",
    "imports.create",
}
"""Slow endpoints that read no argument: their addresses get garbage, and nothing else."""
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A browser that is let in again whenever what it sent ended its login."""

    def __init__(self, app: Flask, name: str) -> None:
        self.app, self.name = app, name
        self.database: Database = app.extensions["database"]
        self.client: FlaskClient = app.test_client()
        self.token = ""

    def enter(self) -> None:
        """Make sure that there is a login, and a token for forms."""
        page = self.client.get("/account")
        if page.status_code != 200:
            with self.database.writing() as session:
                user = session.execute(select(User.id).where(User.name_key == self.name)).scalar_one()
                token = logins.make_login(session, user, "", clock.now())
            with self.client.session_transaction() as cookie:
                cookie["_user_id"] = token
            page = self.client.get("/account")
        found = _TOKEN.search(page.text)
        assert found is not None
        self.token = found[1]

    def ask(self, method: str, address: str, form: str = "", accept: str = "text/html") -> TestResponse:
        """A request with the fields `form`, as they stand in its body."""
        if method == "GET":
            return self.client.get(address, headers={"Accept": accept})
        body, kind = f"csrf_token={self.token}&{form}", "application/x-www-form-urlencoded"
        return self.client.post(address, data=body, content_type=kind, headers={"Accept": accept})


@pytest.fixture
def filled(config: Config, app: Flask, hanako: Learner) -> Flask:
    """The app with a learner, an administrator, a library that was imported and an answer in the log."""
    database: Database = app.extensions["database"]
    add_account(database, "admin", is_admin=True)
    add_account(database, "spare", is_admin=True)
    (config.cards_dir / "a.md").write_text("Q: What starts a container?\nA: docker start\n\nQ: x\nA: [y](z) ![p](q)\n")
    importing.run(database, config, user_id=None, asked=True)
    with database.writing() as session:
        card = session.execute(select(func.min(Card.id))).scalar_one()
        give(session, hanako, card, 2, clock.now())
    return app


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every address of the app with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule, method


def addresses(rule: Rule) -> Iterator[str]:
    """The rule's address with each piece of garbage in each of its places; and once with what may be there."""
    for value in ("1", str(uuid4()), *GARBAGE) if rule.arguments else ("",):
        yield re.sub(r"<[^>]*>", quote(value[:2000], safe=""), rule.rule)


def fields(names: tuple[str, ...]) -> Iterator[str]:
    """Each piece of garbage in all fields at once, then a few in each field while the others hold what is expected."""
    for value in GARBAGE:
        yield urlencode(dict.fromkeys(names, value))
    yield "&".join(f"{name}={quote(BROKEN_TEXT)}" for name in names)
    yield "&".join(f"{name}=1" for name in names for _ in range(500))
    sound = {"review": uuid4(), "undo": uuid4(), "reset": uuid4(), "grade": 3, "revision": 0, "took_ms": 1, "name": "n"}
    for name, value in product(NUMBERS & set(names), (HUGE, "\0")):
        yield urlencode({known: given for known, given in sound.items() if known in names} | {name: value})


def faults(visitor: Visitor, only: str = "") -> Iterator[str]:
    """Every request that the server answered with a fault, as a line; `only` takes the addresses that begin so."""
    for rule, method in rules(visitor.app):
        if not rule.rule.startswith(only):
            continue
        visitor.enter()
        for address in addresses(rule):
            yield from _asked(visitor, method, address, "")
        sound = next(addresses(rule))
        for query in fields(IN_ADDRESS) if rule.endpoint not in WITHOUT_FIELDS else ():
            yield from _asked(visitor, method, f"{sound}?{query[:20_000]}", "")
        for form in fields(IN_FORM) if method == "POST" and rule.endpoint not in WITHOUT_FIELDS else ():
            yield from _asked(visitor, method, sound, form)


def _asked(visitor: Visitor, method: str, address: str, form: str) -> Iterator[str]:
    reply = visitor.ask(method, address, form, "application/json" if form else "text/html")
    reply.get_data()
    reply.close()
    if reply.status_code in (302, 401):
        visitor.enter()
    if reply.status_code >= 500:
        yield f"{reply.status_code} {method} {address[:200]} {form[:200]!r}"


@pytest.mark.parametrize("name", ["hanako", "admin"])
def test_no_garbage_in_addresses_and_forms_is_a_fault_of_the_server(filled: Flask, name: str) -> None:
    """Every route with garbage for each of its arguments, and in each field that a page has."""
    visitor = Visitor(filled, name)
    assert list(faults(visitor)) == []


def test_the_walk_sees_a_fault(filled: Flask) -> None:
    """A view that asks the database for whatever number stands in its address."""

    @filled.get("/fault")
    def fault() -> str:
        return str(reading().get(Deck, request.args.get("deck", 0, type=int)))

    found = list(faults(Visitor(filled, "hanako"), only="/fault"))
    assert found
    assert all(line.startswith("500 GET /fault?") for line in found)


def test_a_number_that_no_row_can_have_is_found_nowhere(filled: Flask, browser: Browser) -> None:
    for address in (f"/decks/{HUGE}", f"/cards/{HUGE}", f"/imports/{HUGE}", f"/decks/{HUGE}/export", "/decks/-1"):
        page = browser.get(address)
        assert (page.status_code, "There is nothing at this address" in shown(page)) == (404, True)
    for acts in (f"/cards/{HUGE}/reviews", f"/account/logins/{HUGE}/end", f"/imports/{HUGE}/undo"):
        assert browser.post(acts).status_code == 404
    assert browser.get(f"/decks/{LARGEST}").status_code == 404


@pytest.mark.parametrize("number", [HUGE, "-1", "x", "", "1_0"])
def test_a_sitting_on_a_deck_that_cannot_be_is_found_nowhere(filled: Flask, browser: Browser, number: str) -> None:
    assert browser.get(f"/study?deck={number}").status_code == 404
    assert browser.get(f"/study/end?deck={number}").status_code == 404


def test_a_huge_wish_for_new_cards_is_the_most_that_is_given(filled: Flask, browser: Browser) -> None:
    assert "more=1000" in browser.get(f"/study?more={HUGE[:9]}").text
    assert "more=" not in browser.get(f"/study?more={HUGE}").text


@pytest.mark.parametrize("number", ["6", "99", str(LARGEST)])
def test_a_grade_that_does_not_exist_is_refused_in_a_sentence(filled: Flask, browser: Browser, number: str) -> None:
    page = browser.post("/cards/1/reviews", review=str(uuid4()), grade=number, revision="0")
    assert page.status_code == 400
    assert f"There is no grade {number}; grades are 0 to 5. Nothing was recorded" in shown(page)


@pytest.mark.parametrize("field", ["grade", "revision", "review"])
@pytest.mark.parametrize("value", [HUGE, "-1", "x", ""])
def test_a_field_of_an_answer_that_is_no_number_is_refused(
    filled: Flask, browser: Browser, database: Database, field: str, value: str
) -> None:
    sound = {"review": str(uuid4()), "grade": "4", "revision": "0"}
    page = browser.post("/cards/2/reviews", **(sound | {field: value}))
    assert page.status_code == 400
    assert "The server did not understand this request; nothing was changed." in shown(page)
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(Review)).scalar_one() == 1


@pytest.mark.parametrize("took", [HUGE, "-1", "x", str(LARGEST)])
def test_a_time_that_an_answer_cannot_take_costs_no_answer(
    filled: Flask, browser: Browser, database: Database, took: str
) -> None:
    page = browser.post("/cards/2/reviews", review=str(uuid4()), grade="4", revision="0", took_ms=took)
    assert page.status_code == 302
    with database.reading() as session:
        assert session.execute(select(Review.took_ms).where(Review.card_id == 2)).scalar_one() in (0, 120_000)


def test_a_page_that_says_it_holds_thousands_of_cards_gets_its_reply(filled: Flask, browser: Browser) -> None:
    token = _TOKEN.search(browser.get("/account").text)
    assert token is not None
    form = f"csrf_token={token[1]}&review={uuid4()}&grade=4&revision=0" + "&holding=1" * 40_000
    reply = browser.client.post(
        "/cards/2/reviews",
        data=form,
        content_type="application/x-www-form-urlencoded",
        headers={"Accept": "application/json"},
    )
    assert reply.status_code == 200


def test_every_field_of_a_page_is_among_those_that_get_garbage() -> None:
    written = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    names = set(re.findall(r'name="([a-z_]+)"', written))
    names |= set(re.findall(r"(?:field|choice)\(\w+, \"(\w+)\"", written))
    assert names - {"viewport", "csrf_token"} <= set(IN_FORM)
