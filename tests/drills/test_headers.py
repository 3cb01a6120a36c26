"""Headers that browsers and caches obey: on every route and every error page, as a page and as a script asks.

The drill is shown able to fail: each header is taken out in turn, or weakened, and each time replies are named.
"""

import errno
from collections.abc import Callable, Iterator

import pytest
from flask import Response
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from app.web import headers
from tests.drills.registry import ROUTES
from tests.drills.world import World, address_of, fields_of

HTTPS, HTTP = "https://localhost", "http://localhost"
PAGE, SCRIPT = "text/html", "application/json"
YEAR = 31_536_000
TOO_MUCH = 33 * 1024 * 1024
OF_FILES = "default-src 'none'; sandbox"
"""The policy of what learners sent: nothing in it runs, whatever a browser takes it for."""

Replies = Iterator[tuple[str, TestResponse]]


def of_routes(world: World, base: str, *, full: bool) -> Replies:
    """The reply of every route to everybody; in everyday runs to the owner alone."""
    for name in ("hanako", "taro", None) if full else ("hanako",):
        for route in ROUTES:
            address = address_of(route, world.made.owned, world.made.owned)
            for accept in (PAGE, SCRIPT):
                world.put_back()
                visitor = world.visitor(name)
                fields = {"csrf_token": visitor.token, **fields_of(route, world.made.owned)}
                data = None if route.method == "GET" else fields
                sent = {"Accept": accept, "Referer": f"{base}/account"}
                yield (
                    f"{route} as {name}",
                    visitor.client.open(
                        address, method=route.method, data=data, base_url=base, headers=sent, buffered=True
                    ),
                )


FAULTS: dict[int, Callable[[], Exception]] = {
    500: lambda: RuntimeError("unforeseen"),
    503: lambda: OperationalError("SELECT", {}, Exception("database is locked")),
    507: lambda: OSError(errno.ENOSPC, "No space left on device"),
}
"""What goes wrong in a view, by the status of the page that says so."""


def of_errors(world: World, base: str) -> Replies:
    """Every error page there is, by its status."""
    visitor = world.visitor("hanako")
    address: dict[str, str] = {"base_url": base}

    def post(path: str, **sent: object) -> TestResponse:
        data = {"csrf_token": visitor.token, **sent}
        return visitor.client.post(path, data=data, headers={"Referer": f"{base}/account"}, **address)

    for accept in (PAGE, SCRIPT):
        asked = {"Accept": accept}
        yield "400 without a token", visitor.client.post("/log-out", headers=asked, **address)
        yield "400 under a foreign name", visitor.client.get("/", headers=asked | {"Host": "evil.example"}, **address)
        yield "400 under no name", visitor.client.get("/", headers=asked | {"Host": "a b"}, **address)
        yield "401", world.visitor(None).client.get("/", headers={"Accept": SCRIPT}, **address)
        yield "403", visitor.client.post("/log-out", headers=asked | {"Origin": "null"}, **address)
        yield "404", visitor.client.get("/nowhere", headers=asked, **address)
        yield "404 in static", visitor.client.get("/static/nowhere", headers=asked, **address)
        yield "405", visitor.client.delete("/", headers=asked | {"Origin": base}, **address)
        answer = {"review": world.made.shared["review"], "grade": "4", "revision": "7"}
        yield "409", post(f"/cards/{world.made.shared['card']}/reviews", **answer)
        yield "413", post("/account/settings", name="x" * 2_000_000)
        upload = "multipart/form-data; boundary=x"
        yield "413 of a file", visitor.client.post("/imports/own", data=bytes(TOO_MUCH), content_type=upload, **address)
        for number in range(6):
            yield f"429, {number} before", post("/account/password", old="guess", new="a path through the cedars")
        for status, fault in FAULTS.items():
            yield str(status), _broken(world, fault, asked, base)


def _broken(world: World, fault: Callable[[], Exception], asked: dict[str, str], base: str) -> TestResponse:
    def fail() -> str:
        raise fault()

    views = world.app.view_functions
    show, views["health.show"] = views["health.show"], fail
    try:
        return world.visitor(None).client.get("/health", headers=asked, base_url=base)
    finally:
        views["health.show"] = show


def faults(told: Headers, *, secure: bool, kept: bool, file: bool) -> list[str]:
    """What is wrong with the headers of a reply. `kept`: it may be kept by the device; `file`: a learner sent it."""
    policy = {part.split()[0]: part.split()[1:] for part in told.get("Content-Security-Policy", "x").split(";")}
    rules = {
        "CSP": (told.get("Content-Security-Policy") == OF_FILES) if file else _is_strict(policy),
        "HSTS": _max_age(told.get("Strict-Transport-Security", "")) >= YEAR * secure,
        "nosniff": told.get("X-Content-Type-Options") == "nosniff",
        "referrer": told.get("Referrer-Policy") in ("same-origin", "no-referrer"),
        "frames": told.get("X-Frame-Options") == "DENY",
        "no-store": kept or told.get("Cache-Control") == "no-store",
        "other origins": told.get("Cross-Origin-Resource-Policy") == "same-origin",
        "opener": told.get("Cross-Origin-Opener-Policy") == "same-origin",
        "one value each": len(told) == len({name.lower() for name, _value in told}),
        "no server": "X-Powered-By" not in told and "Access-Control-Allow-Origin" not in told,
    }
    return [name for name, holds in rules.items() if not holds]


def _is_strict(policy: dict[str, list[str]]) -> bool:
    sources = {source for given in policy.values() for source in given}
    closed = all(policy.get(name) == ["'none'"] for name in ("default-src", "frame-ancestors", "base-uri"))
    return closed and sources <= {"'none'", "'self'"} and policy.get("form-action") == ["'self'"]


def _max_age(value: str) -> int:
    name, _, seconds = value.partition(";")[0].partition("=")
    return int(seconds) if name == "max-age" and seconds.isdecimal() else 0


def found(replies: Replies, base: str) -> list[str]:
    """What is wrong with the replies, by what was asked for."""
    wrong = []
    for asked, reply in replies:
        is_file = "/media/" in asked and reply.status_code == 200
        kept = reply.status_code == 200 and ("/static/" in asked or "/media/" in asked)
        wrong += [f"{asked}: {fault}" for fault in faults(reply.headers, secure=base == HTTPS, kept=kept, file=is_file)]
    return wrong


@pytest.mark.parametrize("base", [HTTP, HTTPS])
def test_every_route_sends_every_header(world: World, base: str, full: bool) -> None:
    assert found(of_routes(world, base, full=full), base) == []


@pytest.mark.parametrize("base", [HTTP, HTTPS])
def test_every_error_page_sends_every_header(world: World, base: str) -> None:
    replies = list(of_errors(world, base))
    expected = {400, 401, 403, 404, 405, 409, 413, 429, 500, 503, 507}
    assert found(iter(replies), base) == []
    assert {reply.status_code for _asked, reply in replies} == expected
    assert [asked for asked, reply in replies if not asked.startswith((str(reply.status_code), "429"))] == []


def found_at_health(world: World) -> list[str]:
    """What is wrong with the simplest reply, under https."""
    reply = world.visitor(None).client.get("/health", base_url=HTTPS)
    return found(iter([("GET /health", reply)]), HTTPS)


OUT = {
    "Content-Security-Policy": "CSP",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "frames",
    "Referrer-Policy": "referrer",
    "Cross-Origin-Opener-Policy": "opener",
    "Cross-Origin-Resource-Policy": "other origins",
    "Strict-Transport-Security": "HSTS",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("header", OUT)
def test_the_drill_fails_when_a_header_is_missing(world: World, header: str) -> None:
    def take_out(response: Response) -> Response:
        del response.headers[header]
        return response

    world.app.after_request_funcs[None].insert(0, take_out)  # they run from the last to the first
    assert found_at_health(world) == [f"GET /health: {OUT[header]}"]


@pytest.mark.parametrize(
    ("strict", "weak"),
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
        ("img-src 'self'", "img-src 'self' data:"),
        ("default-src 'none'", "default-src 'self'"),
        ("frame-ancestors 'none'", "frame-ancestors 'self'"),
        ("base-uri 'none'; ", ""),
        ("form-action 'self'; ", ""),
    ],
)
def test_the_drill_fails_when_the_policy_is_weaker(
    world: World, monkeypatch: pytest.MonkeyPatch, strict: str, weak: str
) -> None:
    policy = f"{headers._POLICY}; ".replace(strict, weak)
    assert policy != f"{headers._POLICY}; "
    monkeypatch.setitem(headers._ALWAYS, "Content-Security-Policy", policy.removesuffix("; "))
    assert found_at_health(world) == ["GET /health: CSP"]
