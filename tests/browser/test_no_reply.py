"""Answers that are refused, get no reply or cannot be stored: told truly, sent again where it helps, recorded once."""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site, question
from tests.browser.test_journey import answer_by_key, saved

pytestmark = pytest.mark.browser

_FULL = "The disk is full; nothing was recorded. Make room, and try again"


def kept_out(page: Page, **reply: object) -> list[object]:
    """Let every answer have this reply and never reach the server, until the list is emptied."""
    replies: list[object] = [reply]
    page.route("**/reviews", lambda route: route.fulfill(**reply) if replies else route.continue_())
    return replies


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_is_refused_for_another_reason_is_not_said_to_have_been_answered_elsewhere(
    page: Page, site: Site, status: int
) -> None:
    kept_out(page, status=status, content_type="application/json", body=json.dumps({"error": "No."}))
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.wait_for_url(f"**/study?refused={status}")
    expect(page.locator(".said")).to_have_text("This answer was not recorded")
    assert (question(page), site.recorded()) == ("Which command number 1 is it?", 0)


def test_a_full_disk_is_told_until_there_is_room_and_the_answer_recorded_then(page: Page, site: Site) -> None:
    replies = kept_out(page, status=507, content_type="application/json", body=json.dumps({"error": _FULL}))
    answer_by_key(page, "3")
    expect(page.locator(".said")).to_have_text(_FULL)
    replies.clear()
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")
    saved(page)
    assert site.recorded() == 1


def test_an_answer_goes_out_as_soon_as_there_is_a_network_again(page: Page, site: Site) -> None:
    """It does not wait until it would be tried again, which here is never."""
    page.evaluate("window.setTimeout = () => 0")
    page.context.set_offline(True)
    answer_by_key(page, "3")
    expect(page.locator(".said")).to_have_text("Not saved yet; trying again")
    page.context.set_offline(False)
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")
    saved(page)
    assert site.recorded() == 1


def test_an_answer_that_a_proxy_redirects_waits(page: Page, site: Site) -> None:
    """It asks for a log-in of its own: the answer has not come through."""
    whole, is_let_in = site.app.wsgi_app, list[bool]()

    def proxy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_let_in or not environ["PATH_INFO"].endswith("/reviews"):
            return whole(environ, start_response)
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("302 Found", [("Location", "/account")])
        return []

    site.app.wsgi_app = proxy  # type: ignore[method-assign]
    answer_by_key(page, "3")
    # Before the quarter of a minute is over in which a reply may still come.
    expect(page.locator(".said")).to_have_text("Not saved yet; trying again", timeout=10_000)
    is_let_in.append(True)
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")
    assert site.recorded() == 1


def test_an_answer_without_any_reply_is_told_and_sent_again(page: Page, site: Site) -> None:
    """After a quarter of a minute, which passes a hundred times as fast here."""
    page.evaluate("window.whole = AbortSignal.timeout; AbortSignal.timeout = (ms) => whole.call(AbortSignal, ms / 100)")
    held: list[Route] = []
    page.route("**/reviews", lambda route: held.append(route))
    answer_by_key(page, "3")
    expect(page.locator(".said")).to_have_text("Not saved yet; trying again")
    page.evaluate("AbortSignal.timeout = whole")
    page.unroute("**/reviews")
    expect(page.locator(".said")).to_have_text("Good: back tomorrow")
    assert site.recorded() == 1


def test_an_undo_without_a_network_waits_for_it(page: Page, site: Site) -> None:
    """As an answer does: no page of the browser takes the place of the card."""
    asked = answer_by_key(page, "3")
    saved(page)
    page.context.set_offline(True)
    page.keyboard.press("u")
    expect(page.locator(".said")).to_have_text("Not saved yet; trying again")
    with page.expect_navigation():
        page.context.set_offline(False)
    assert (question(page), site.recorded()) == (asked, 2)
