"""The whole journey of a learner through nginx, in Chromium: from the set-up link of the log to the log-out.

Shown able to fail: the page that ends it asks for a style of its own, which the policy blocks, and that is noticed;
so is every complaint of a page before.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, expect

from tests import canaries
from tests.browser.chromium import launched
from tests.browser.conftest import question
from tests.containers.conftest import NewStack
from tests.containers.drilled import until
from tests.containers.stack import Stack
from tests.containers.visitor import NAME, PASSWORD
from tests.drills.watched_browser import in_a_thread

_NEW_A_DAY = 20
_OWN = b"---\nname: Own\n---\nQ: Where is it kept?\nA: In the volume\n"
_NEW_DECK = "---\nname: Arrived\n---\nQ: Which word is new?\nA: {answer}\n"
_BLOCKED = "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">styled</p>')"


def test_the_whole_journey_from_the_set_up_link_to_the_log_out(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    complaints: list[str] = []
    in_a_thread(lambda: journey(stack, complaints))
    *before, blocked = complaints
    assert before == []
    assert "Content Security Policy" in blocked


def journey(stack: Stack, complaints: list[str]) -> None:
    """By keyboard where cards are answered; decks arrive from the folder and from the learner."""
    with window(stack, complaints) as page:
        make_account(page, stack)
        study_by_keyboard(page)
        send_a_deck(page)
        files_arrive(page, stack)
        log_out(page)
        page.evaluate(_BLOCKED)


@contextmanager
def window(stack: Stack, complaints: list[str]) -> Iterator[Page]:
    """A fresh browser; what its pages complain of, and whom they ask besides this server, is noted."""
    with launched() as browser:
        page = browser.new_page(base_url=stack.address, locale="en")
        page.set_default_timeout(20_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda asked: complaints.extend(failures(asked)))
        page.on("request", lambda asked: None if is_ours(asked.url, stack) else complaints.append(asked.url))
        yield page
        for cookie in page.context.cookies():
            canaries.keep_cookie(str(cookie["value"]))


def failures(asked: Request) -> list[str]:
    """What a failed request says; none where the page was left before its own pictures had come."""
    left = asked.failure == "net::ERR_ABORTED" and not asked.is_navigation_request()
    return [] if left else [f"{asked.url}: {asked.failure}"]


def is_ours(url: str, stack: Stack) -> bool:
    """Whether a request goes to this server."""
    return url.startswith((f"{stack.address}/", "data:", "about:"))


def make_account(page: Page, stack: Stack) -> None:
    """Through the link of `docker compose logs app`; it works once."""
    link = stack.set_up_link()
    page.goto(link)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url(f"{stack.address}/")
    expect(page.locator(".lead")).to_contain_text(f"{_NEW_A_DAY} new")
    page.goto(link)
    expect(page).to_have_url(f"{stack.address}/")


def study_by_keyboard(page: Page) -> None:
    """The day's new cards; the second answer is taken back and given again."""
    page.get_by_role("link", name="Start").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/study")
    answer(page, "3")
    second = answer(page, "4")
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(page.locator(".said")).to_contain_text("the card is back")
    assert question(page) == second
    answered = 1
    while "/study/end" not in page.url:
        answer(page, "3")
        answered += 1
    assert answered == _NEW_A_DAY
    page.goto("/")
    expect(page.locator(".lead")).not_to_contain_text("new")


def answer(page: Page, key: str) -> str:
    """Turn the card and grade it, and wait for what comes next; the question."""
    asked = question(page)
    page.keyboard.press("Space")
    expect(page.locator("#stage .turn[open]")).to_be_visible()
    page.keyboard.press(key)
    expect(page.locator("#stage .question, main h1:not(.hidden)").first).not_to_have_text(asked)
    expect(page.locator("#stage[aria-busy=true]")).to_have_count(0)
    return asked


def send_a_deck(page: Page) -> None:
    """A file of one's own by the import page."""
    page.get_by_role("link", name="Import", exact=True).click()
    page.locator("#files").set_input_files({"name": "own.md", "mimeType": "text/markdown", "buffer": _OWN})
    page.get_by_role("button", name="Import these files").click()
    page.wait_for_url("**/imports/*")
    page.goto("/")
    unfold(page)
    expect(page.get_by_role("link", name="Own", exact=True)).to_be_visible()


def unfold(page: Page) -> None:
    """Show the decks of Today that have nothing to do: the day's new cards are done."""
    page.wait_for_load_state("networkidle")
    page.locator(".decks summary").click()


def files_arrive(page: Page, stack: Stack) -> None:
    """A file that is put into `./cards`, and one that is changed there, are in the library within seconds."""
    file = stack.tree / "cards" / "arrived.md"
    file.write_text(_NEW_DECK.format(answer="The first"))
    deck = page.locator(".decks a.title", has_text="Arrived")
    until(lambda: bool(page.goto("/")) and deck.count() > 0, "the new deck is on Today")
    unfold(page)
    deck.click()
    expect(page.locator("main")).to_contain_text("Which word is new?")
    file.write_text(_NEW_DECK.format(answer="The second").replace("Which word is new?", "Which word was changed?"))
    changed = page.get_by_text("Which word was changed?")
    until(lambda: bool(page.reload()) and changed.count() > 0, "the changed card is on the deck's page")


def log_out(page: Page) -> None:
    """By the account page; afterwards nothing is shown without a log-in."""
    page.get_by_role("link", name="Account", exact=True).click()
    expect(page.locator("main")).to_contain_text(NAME)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/log-in**")
    page.goto("/account")
    page.wait_for_url("**/log-in**")
