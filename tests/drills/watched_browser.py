"""A Chromium in which every script that runs and every byte for another host is noticed.

The browser runs in a thread of its own, beside whatever other browser the run has. `away.test` leads to a server of
ours, which notes what is asked of it and who connects; nothing leaves the machine.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from playwright.sync_api import Dialog, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import launched
from tests.drills.hostile_site import Site
from tests.drills.hostile_text import HOST

_Result = TypeVar("_Result")
_PATIENCE = 60_000  # milliseconds
_TRIES = 5
_CAME_BETWEEN = ("interrupted by another navigation", "net::ERR_ABORTED", "net::ERR_NETWORK_CHANGED")
_PAUSE = 500  # milliseconds
_PROVOKE = """() => {
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) {
      if (name.startsWith("on")) element.dispatchEvent(new Event(name.slice(2)));
    }
    const address = element.getAttribute("href") || element.getAttribute("xlink:href") || "";
    const leads = element.matches("a, area") && address && !/^(https?:|\\/|#|mailto:)/i.test(address.trim());
    if (leads || element.matches("[formaction]")) element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    if (element.matches("form") && /script:|\\/\\/away/i.test(element.getAttribute("action"))) element.requestSubmit();
  }
}"""


@dataclass
class Noticed:
    """The numbers of strings that ran and that asked another host; what cannot be told apart is counted."""

    ran: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    connections: int = 0
    pages: int = 0
    unseen: list[str] = field(default_factory=list)
    """Pages that did not load or could not be acted on: nothing is known of what they would have done."""

    def dialog(self, opened: Dialog) -> None:
        """Something opened a dialogue."""
        self.ran.add(-1)
        opened.dismiss()

    def note(self, path: str) -> None:
        """Remember what was asked of the other host."""
        self.asked.update(int(number) for number in re.findall(r"/(\d+)", path)[:1])


class _Away(ThreadingHTTPServer):
    """The other host: it answers with scripts that run, and never with a page."""

    daemon_threads = True

    def __init__(self, noticed: Noticed) -> None:
        self.noticed = noticed
        super().__init__(("127.0.0.1", 0), _Answer)

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection, which is noticed even where nothing is said on it."""
        self.noticed.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that speaks TLS is noticed already."""


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Note it; a script calls back."""
        assert isinstance(self.server, _Away)
        self.server.noticed.note(self.path)
        if self.headers.get("Sec-Fetch-Dest") != "script":
            self.send_response(204)
            self.end_headers()
            return
        body = f"ran({self.path[1:]})".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def in_a_thread(job: Callable[[], _Result]) -> _Result:
    """What `job` gives, run in a thread of its own: one thread drives one browser."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(job).result()


@contextmanager
def watched_page(site: Site, noticed: Noticed) -> Iterator[Page]:
    """A page of a fresh browser that is logged in at the site."""
    away = _Away(noticed)
    threading.Thread(target=away.serve_forever, daemon=True).start()
    rules = f"MAP {HOST} 127.0.0.1:{away.server_port}"
    with launched(f"--host-resolver-rules={rules}") as browser:
        context = browser.new_context(base_url=site.address, locale="en")
        context.add_cookies([{"name": "oboegaki", "value": site.cookie, "url": site.address}])
        context.expose_binding("ran", lambda _source, number=-1: noticed.ran.add(int(number)))
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("dialog", noticed.dialog)
        yield page
    away.shutdown()
    away.server_close()


def look(page: Page, address: str, noticed: Noticed) -> None:
    """Load a page of the site, and do to it what a reader could do."""
    noticed.pages += 1
    try:
        _go(page, address)
        page.evaluate(f"() => {{ setTimeout({_PROVOKE}, 0); }}")
    except PlaywrightError as error:  # a page that sends itself elsewhere, or one that has not ended loading
        noticed.unseen.append(f"{address}: {str(error).splitlines()[0]}")
    page.wait_for_timeout(50)


def _go(page: Page, address: str) -> None:
    """Load it, and again where a link that was clicked on the page before came in between."""
    for tries_left in reversed(range(_TRIES)):
        try:
            page.goto(address, wait_until="load", timeout=_PATIENCE)
            return
        except PlaywrightError as error:
            if not any(sign in str(error) for sign in _CAME_BETWEEN) or not tries_left:
                raise
            page.wait_for_timeout(_PAUSE)
