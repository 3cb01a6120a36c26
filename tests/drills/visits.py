"""What Chromium does with stored files: it opens them as pages, and pages that use them in every way.

A request that is dropped because a network of the machine came or went says nothing: it is tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Download, Page, Request
from playwright.sync_api import Error as PlaywrightError

from tests.drills.handed_out import OWN, Shelf, Stored
from tests.drills.watched_browser import Noticed, in_a_thread, watched_page

_Result = TypeVar("_Result")
_SHOWN = """() => ({
  shown: [...document.querySelectorAll("img.shown")].filter(each => each.naturalWidth > 0).map(each => +each.id),
  played: [...document.querySelectorAll("audio.played")].filter(each => each.readyState > 0).map(each => +each.id),
})"""
_BY_SCRIPT = """async addresses => {
  const ways = {
    worker: address => new Promise((done, failed) => {
      const made = new Worker(address);
      made.onmessage = done;
      made.onerror = failed;
    }),
    "shared worker": address => new Promise((done, failed) => {
      const made = new SharedWorker(address);
      made.port.onmessage = done;
      made.onerror = failed;
    }),
    "service worker": address => navigator.serviceWorker.register(address),
    module: address => import(address),
    fetch: address => fetch(address, { credentials: "include" }).then(reply => reply.blob()),
  };
  const found = [];
  const tries = Object.entries(ways).flatMap(([way, open]) => addresses.map(async address => {
    const late = new Promise(done => setTimeout(done, 20000));
    try {
      await Promise.race([open(address), late.then(() => { found.push(`${way} says nothing`); throw 0; })]);
      found.push(way);
    } catch {}
  }));
  await Promise.all(tries);
  return [...new Set(found)].sort();
}"""
_DECODERS = {"audio/mp4": 'audio/mp4; codecs="mp4a.40.2"'}
"""What not every Chromium has."""
_LACKS = """decoders => Object.keys(decoders).filter(
  type => document.createElement("audio").canPlayType(decoders[type]) === ""
)"""
SETTLE = 100  # milliseconds, for what a script asks for when everything is loaded
PATIENCE = 600  # of these
_LOADED = 60_000  # milliseconds, for a page with all that it uses on a busy machine
_DROPPED = "net::ERR_NETWORK_CHANGED"
"""Chromium drops all that it asks for when a network of the machine comes or goes: containers elsewhere do that."""
_SILENT = "says nothing"
"""What a worker does then that was beginning."""
_TRIES = 20


@dataclass
class Seen:
    """What a run of Chromium noticed: pictures shown, sounds played, files kept, and the ways by which a script ran."""

    noticed: Noticed
    shown: dict[str, set[int]] = field(default_factory=dict)
    played: dict[str, set[int]] = field(default_factory=dict)
    by_script: dict[str, list[str]] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    """The types for which it has no decoder."""
    dropped: int = 0
    """How many requests came to nothing lately because a network changed."""

    def note(self, failed: Request) -> None:
        """Count a request that was dropped."""
        self.dropped += failed.failure == _DROPPED

    @property
    def acted(self) -> tuple[set[int], set[int], int, list[str]]:
        """What must be nothing."""
        return self.noticed.ran, self.noticed.asked, self.noticed.connections, self.noticed.unseen


NOTHING: tuple[set[int], set[int], int, list[str]] = (set(), set(), 0, [])
Visit = Callable[[Page, Seen], None]


def browsed(shelf: Shelf, visit: Visit) -> Seen:
    """Run `visit` in a Chromium that is logged in."""

    def job() -> Seen:
        seen = Seen(Noticed())
        with watched_page(shelf.site, seen.noticed) as page:
            page.on("requestfailed", seen.note)
            visit(page, seen)
        return seen

    seen = in_a_thread(job)
    noticed = seen.noticed
    print(f"{len(shelf.files)} files, {noticed.pages} pages; {len(noticed.ran)} ran, {len(noticed.asked)} asked")
    return seen


def use_them_all(page: Page, shelf: Shelf, seen: Seen) -> None:
    """Open a page of each place that uses every file in the ways of now; by a script of its own, too."""
    seen.lacks = page.evaluate(_LACKS, _DECODERS)
    for place in shelf.places:
        use(page, shelf, place, seen)
        found = page.evaluate(_SHOWN)
        seen.shown[place], seen.played[place] = set(found["shown"]), set(found["played"])
        seen.by_script[place] = by_script(page, shelf, seen)


def undisturbed(page: Page, seen: Seen, job: Callable[[], _Result]) -> _Result:
    """What `job` gives while no network comes or goes; whatever acted in a try before counts, too."""
    for _ in range(_TRIES):
        seen.dropped = 0
        result = job()
        if not seen.dropped:
            return result
        page.wait_for_timeout(SETTLE * 10)  # they come and go together
    pytest.fail("NOT RUN: the machine's networks change all the time")


def by_script(page: Page, shelf: Shelf, seen: Seen) -> list[str]:
    """The ways in which a script of the page can use one of the files."""
    files = [each for each in shelf.files if each.form in ("script", "export")]
    addresses = [f"{shelf.site.address}{each.address}" for each in files]

    def job() -> list[str]:
        found: list[str] = page.evaluate(_BY_SCRIPT, addresses)
        seen.dropped += sum(way.endswith(_SILENT) for way in found)
        return found

    return undisturbed(page, seen, job)


def use(page: Page, shelf: Shelf, place: str, seen: Seen) -> None:
    """Open a page of a place, and wait for all that it uses."""

    def job() -> None:
        load(page, shelf.places[place], seen)
        if place != OWN:  # whose policy keeps out what is embedded
            wait_while(page, lambda: shelf.is_waiting and not seen.dropped)
        page.wait_for_timeout(SETTLE)

    undisturbed(page, seen, job)


def go(page: Page, address: str, seen: Seen) -> None:
    """Open a page that uses nothing."""
    undisturbed(page, seen, lambda: load(page, address, seen))


def load(page: Page, address: str, seen: Seen) -> None:
    """Load a page, and note when it does not come."""
    seen.noticed.pages += 1
    try:
        page.goto(address, wait_until="load", timeout=_LOADED)
    except PlaywrightError as error:
        if _DROPPED in str(error):
            seen.dropped += 1
            return
        seen.noticed.unseen.append(f"{address}: {str(error).splitlines()[0]}")


def wait_while(page: Page, holds: Callable[[], bool]) -> None:
    """Let Chromium go on while this holds; fails where it never ends."""
    for _ in range(PATIENCE):
        if not holds():
            return
        page.wait_for_timeout(SETTLE)
    pytest.fail("NOT RUN: Chromium did not ask for all that the page uses")


def open_each(page: Page, files: list[Stored], seen: Seen) -> None:
    """Open these files as pages."""
    shown = seen.shown.setdefault("as a page", set())
    for each in files:
        go(page, each.address, seen)
        if page.evaluate("() => document.images.length == 1 && document.images[0].naturalWidth > 0"):
            shown.add(each.number)
    page.wait_for_timeout(SETTLE)


def keep_each(page: Page, shelf: Shelf, seen: Seen) -> None:
    """Open every export as a page: it comes as a file, and the page stays."""
    for each in shelf.exports:
        page.goto("/without-policy")
        with page.expect_download() as caught, pytest.raises(PlaywrightError, match="Download is starting"):
            page.goto(each.address)
        if page.url.endswith("/without-policy") and b"<script>" in read(caught.value):
            seen.kept.append(each.number)


def read(download: Download) -> bytes:
    """What was kept."""
    return Path(download.path()).read_bytes()
