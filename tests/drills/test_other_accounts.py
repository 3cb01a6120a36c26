"""Another account's things look like things that do not exist, on every route: status, headers and body.

Each route is asked for with the owner's ids and with ids of nothing, in the address and in its arguments, as a page
and as a script asks. The drill is shown able to fail: as the owner the two replies differ on every route with an id,
and without the checks that stand behind them it finds each route that they guarded.
"""

from collections.abc import Iterator

import pytest
from flask import Response, request
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app import logins
from app.models import Login
from app.web import imports
from app.web import logins as web_logins
from tests.drills.registry import KINDS, ROUTES, Route
from tests.drills.world import ABSENT, CANARY, World, address_of, as_told, fields_of, text_of

PAGE, SCRIPT = "text/html", "application/json"
WITH_ID = [route for route in ROUTES if route.touches in KINDS]
WITH_ARGUMENTS = [route for route in ROUTES if route.query]


def told(world: World, route: Route, name: str | None, address: str, accept: str, *, owner: bool) -> object:
    """The reply to one request in a world that is as it was in the beginning."""
    world.put_back()
    ids = world.made.owned if owner else ABSENT
    reply = world.visitor(name).send(route.method, address, fields_of(route, ids), Accept=accept)
    return as_told(reply, ids)


def pairs(world: World, route: Route) -> Iterator[tuple[str, str]]:
    """Addresses that differ in one place: the owner's ids there, and ids of nothing."""
    owned, shared = world.made.owned, world.made.shared
    if route.touches in KINDS:
        yield address_of(route, owned), address_of(route, ABSENT)
    for name in route.query:
        one = Route(route.rule, route.method, route.touches, query={name: route.query[name]})
        yield address_of(one, shared, owned), address_of(one, shared, ABSENT)


def leaks(world: World, name: str | None, routes: list[Route] = ROUTES) -> list[str]:
    """The routes that tell an account (or nobody) whether the owner's things are there, or change anything of hers."""
    world.put_back()
    found, before = [], world.digests(world.made.owner_id)
    for route in routes:
        for owners, nothings in pairs(world, route):
            for accept in (PAGE, SCRIPT):
                expected = told(world, route, name, nothings, accept, owner=False)
                if told(world, route, name, owners, accept, owner=True) != expected:
                    found.append(f"{route} as {accept}: {owners} is told from {nothings}")
                found += [f"{route}: changed {table}" for table in world.changed(before, world.made.owner_id)]
    return found


@pytest.mark.parametrize("name", ["taro", "chief", None])
def test_what_belongs_to_another_account_looks_like_what_does_not_exist(world: World, name: str | None) -> None:
    """Another learner, another administrator, and nobody."""
    assert len(WITH_ID) > 15
    assert leaks(world, name) == []


def test_to_the_owner_they_are_told_apart_on_every_route(world: World) -> None:
    found = leaks(world, "hanako")
    unseen = [str(route) for route in WITH_ID + WITH_ARGUMENTS if not any(str(route) in leak for leak in found)]
    assert unseen == []


def test_the_drill_fails_when_a_login_is_looked_up_without_its_owner(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_anybodys(session: Session, _learner: object, login_id: int) -> None:
        session.execute(delete(Login).where(Login.id == login_id))

    monkeypatch.setattr(logins, "end_login", end_anybodys)
    assert "POST /account/logins/<int:login_id>/end: changed logins" in leaks(world, "taro")


def refused_to_nobody(world: World, route: Route) -> bool:
    """Whether nobody is sent to the log-in (a script: told 401), with the owner's id too, and changes nothing."""
    world.put_back()
    before, nobody = world.digests(), world.visitor(None)
    address, fields = address_of(route, world.made.owned, world.made.owned), fields_of(route, world.made.owned)
    page = nobody.send(route.method, address, fields, Accept=PAGE)
    script = nobody.send(route.method, address, fields_of(route, world.made.owned), Accept=SCRIPT)
    sent_away = page.status_code == 302 and page.location.startswith("/log-in")
    return sent_away and script.status_code == 401 and world.changed(before) == []


CLOSED = [route for route in ROUTES if not route.is_open]


def test_nobody_gets_in_anywhere_without_a_login(world: World) -> None:
    assert [str(route) for route in CLOSED if not refused_to_nobody(world, route)] == []


def test_the_drill_fails_when_the_door_stands_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = frozenset(world.app.view_functions)
    monkeypatch.setattr(web_logins, "OPEN", everything)
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert [str(route) for route in CLOSED if refused_to_nobody(world, route)] == []


def got_past(world: World) -> list[str]:
    """The administrator's routes that an ordinary learner is not refused, or that change something for one."""
    found = []
    for route in (route for route in ROUTES if route.touches == "administrator"):
        world.put_back()
        before = world.digests()
        address, fields = address_of(route, world.made.owned), fields_of(route, world.made.owned)
        reply = world.visitor("taro").send(route.method, address, fields)
        if reply.status_code not in (403, 404) or world.changed(before):
            found.append(str(route))
    return found


def test_an_ordinary_learner_is_refused_what_is_the_administrators(world: World) -> None:
    assert got_past(world) == []


def test_the_drill_fails_when_nobody_asks_for_the_administrator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_administrators_only", lambda: None)
    assert "POST /imports" in got_past(world)


def own_pages(world: World) -> list[str]:
    """The pages of another learner, and her replies to forms, that hold something of the owner's."""
    found = []
    for route in (route for route in ROUTES if route.touches in ("learner", "library", "administrator", "nobody's")):
        world.put_back()
        before, taro = world.digests(world.made.owner_id), world.visitor("taro")
        reply = taro.send(route.method, address_of(route, world.made.shared), fields_of(route, world.made.shared))
        page = text_of(taro.client.get(reply.location) if reply.status_code == 302 else reply)
        if CANARY in page or world.changed(before, world.made.owner_id):
            found.append(str(route))
    return found


def test_the_pages_of_a_learner_hold_and_change_nothing_of_another(world: World) -> None:
    assert own_pages(world) == []


def test_the_drill_fails_when_a_page_shows_another_accounts_deck(world: World) -> None:
    @world.app.after_request
    def show_too_much(response: Response) -> Response:
        if request.path == "/imports":
            response.set_data(CANARY)
        return response

    assert "GET /imports" in own_pages(world)
