"""Forms of other sites: refused on every route that changes something; and no GET changes anything.

Each form of the registry is sent by the owner's own browser, with every right: without a token, with a token that is
another's, and with a good token from another site, as if it had leaked. Afterwards the whole database is compared.
The drill is shown able to fail: each form, sent as it should be, changes something, and with either defence taken out
the other drill's forms get through.
"""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.web import origin
from tests.drills.registry import ROUTES, Route
from tests.drills.world import Visitor, World, address_of, fields_of

UNSAFE = [route for route in ROUTES if route.is_unsafe]
CHANGING = [route for route in UNSAFE if route.changes]
SETTING_ASIDE = "/end"
"""Ends what the same address without it began."""

ELSEWHERE: list[dict[str, str]] = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example", "Referer": "https://evil.example/page"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:bad"},
    {"Origin": "evil"},
]
"""What browsers say of a form that stands on another site, and what none would say."""
HERE: list[dict[str, str]] = [
    {},
    {"Sec_Fetch_Site": "same-origin", "Origin": "http://localhost"},
    {"Sec_Fetch_Site": "none"},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost:8443"},
]
"""What browsers say of a form of ours; behind a proxy scheme and port may be others than we know."""

Sender = Callable[[Visitor, Route, str, World], TestResponse]


def passed(world: World, routes: list[Route], send: Sender, *, refusals: frozenset[int]) -> list[str]:
    """The routes that were not refused, or where something changed."""
    found = []
    for route in routes:
        world.put_back()
        visitor = world.visitor("hanako")
        _begin(world, visitor, route)
        before = world.digests()
        reply = send(visitor, route, address_of(route, world.made.owned), world)
        if reply.status_code not in refusals or world.changed(before):
            found.append(str(route))
    return found


def _begin(world: World, visitor: Visitor, route: Route) -> None:
    """Begin what the route ends, so that there is something to change."""
    rule = route.rule.removesuffix(SETTING_ASIDE)
    if rule != route.rule and rule in {other.rule for other in UNSAFE}:
        begun = Route(rule, route.method, route.touches)
        assert visitor.send("POST", address_of(begun, world.made.owned)).status_code == 302


def without_token(visitor: Visitor, route: Route, address: str, world: World) -> TestResponse:
    """A form as another site would write it."""
    return visitor.send_bare(route.method, address, fields_of(route, world.made.owned))


def with_anothers_token(visitor: Visitor, route: Route, address: str, world: World) -> TestResponse:
    """A form with the token that another account's page holds."""
    token = world.visitor("taro").token
    return visitor.send_bare(route.method, address, {"csrf_token": token, **fields_of(route, world.made.owned)})


def from_site(headers: dict[str, str]) -> Sender:
    """A form with a good token, and what the browser says of the page that it stands on."""

    def send(visitor: Visitor, route: Route, address: str, world: World) -> TestResponse:
        return visitor.send(route.method, address, fields_of(route, world.made.owned), **headers)

    return send


REFUSED = frozenset({400})
SENT_ELSEWHERE = frozenset({403})


@pytest.mark.parametrize("send", [without_token, with_anothers_token])
def test_no_form_gets_through_without_its_own_token(world: World, send: Sender) -> None:
    assert passed(world, UNSAFE, send, refusals=REFUSED) == []


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_form_of_another_site_gets_through_with_a_token_that_leaked(world: World, headers: dict[str, str]) -> None:
    assert passed(world, UNSAFE, from_site(headers), refusals=SENT_ELSEWHERE) == []


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_every_form_of_ours_gets_through_and_changes_something(world: World, headers: dict[str, str]) -> None:
    assert passed(world, CHANGING, from_site(headers), refusals=SENT_ELSEWHERE | REFUSED) == [str(r) for r in CHANGING]


def test_the_drill_fails_without_tokens(world: World) -> None:
    world.app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    assert passed(world, CHANGING, without_token, refusals=REFUSED) == [str(route) for route in CHANGING]


def test_the_drill_fails_when_nobody_asks_where_a_form_stood(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_sent_from_here", lambda: True)
    found = passed(world, CHANGING, from_site(ELSEWHERE[0]), refusals=SENT_ELSEWHERE)
    assert found == [str(route) for route in CHANGING]


def test_a_form_of_another_site_is_told_so(world: World) -> None:
    page = world.visitor("hanako").send("POST", "/log-out", Origin="https://evil.example")
    assert "A page of another site sent this; nothing was changed. Open Oboegaki and do it there" in page.text


READING = ("GET", "HEAD", "OPTIONS")
VISITORS = ("hanako", "taro", None)


def written_by_reading(world: World) -> list[str]:
    """The requests that only read, by anybody to any route, that change the database; and how many there were."""
    found, before = [], world.digests()
    for route in ROUTES:
        address = address_of(route, world.made.owned, world.made.owned)
        for visitor in (world.visitor(name) for name in VISITORS):
            for method in READING:
                visitor.send(method, address, X_HTTP_Method_Override=route.method)
        if world.changed(before):
            found.append(str(route))
            world.put_back()
    return found


def test_no_request_that_reads_changes_anything(world: World) -> None:
    assert written_by_reading(world) == []


def test_the_drill_fails_when_a_page_writes(world: World) -> None:
    @world.app.after_request
    def write(response: object) -> object:
        with world.database.writing() as session:
            session.execute(text("UPDATE users SET new_per_day = new_per_day + 1"))
        return response

    assert len(written_by_reading(world)) == len(ROUTES)
