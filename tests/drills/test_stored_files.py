"""What learners stored, opened in every way that a browser has: it is shown or played, kept as a file, or nothing.

Files that begin as each type that is stored and go on as pages, scripts, styles and drawings are opened by Chromium
as pages, and used by pages in every way; so are the exports and the backup, whose texts hold a script. RELIABILITY's
figure: 0 scripts run, 0 requests to another host, from the app's own page, from one of the same origin without a
policy, and from two of other origins. Of each type one file is whole: it is handed out as what it is, and shown or
played, an M4A where Chromium has a decoder for AAC. The two layers hold alone: the policy where a browser would take a
file for what its maker wished, and type with nosniff where there is no policy. The drill is shown able to fail:
without either, the same files run and ask as pages, frames, objects, embedded, as scripts, workers and styles; each
export as a page; and a type that is not shown is handed out otherwise.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Download, Page, Request
from playwright.sync_api import Error as PlaywrightError

from app import media
from tests.drills import boxes
from tests.drills.handed_out import (
    AS_DOCUMENTS,
    DOCUMENTS,
    HOST,
    IN_TEXT,
    OWN,
    PLAIN,
    PORT,
    WAYS,
    Handing,
    Shelf,
    Stored,
    handing_out,
)
from tests.drills.polyglots import WISHED
from tests.drills.watched_browser import Noticed, in_a_thread, watched_page
from tests.drills.world import World

pytestmark = pytest.mark.browser

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
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline; filename={digest}",
}
_SETTLE = 100  # milliseconds, for what a script asks for when everything is loaded
_PATIENCE = 600  # of these
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


@pytest.fixture
def shelf(world: World, full: bool) -> Iterator[Shelf]:
    """The running server with the files."""
    with handing_out(world) as opened:
        opened.in_every_way = full
        yield opened


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
        page.wait_for_timeout(_SETTLE * 10)  # they come and go together
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
        page.wait_for_timeout(_SETTLE)

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
    for _ in range(_PATIENCE):
        if not holds():
            return
        page.wait_for_timeout(_SETTLE)
    pytest.fail("NOT RUN: Chromium did not ask for all that the page uses")


def open_each(page: Page, files: list[Stored], seen: Seen) -> None:
    """Open these files as pages."""
    shown = seen.shown.setdefault("as a page", set())
    for each in files:
        go(page, each.address, seen)
        if page.evaluate("() => document.images.length == 1 && document.images[0].naturalWidth > 0"):
            shown.add(each.number)
    page.wait_for_timeout(_SETTLE)


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


def numbers(files: list[Stored], which: Callable[[Stored], bool]) -> set[int]:
    """The numbers of these files."""
    return {each.number for each in files if which(each)}


@pytest.fixture
def pages(shelf: Shelf, full: bool) -> list[Stored]:
    """The files that are opened as pages: those that were made for it, and all of them at full size."""
    made = [each for each in shelf.media if each.form in ("page", "drawing")]
    return shelf.media if full else made


@pytest.fixture
def places(full: bool) -> list[str]:
    """Where pages stand that use what is handed out with one layer alone."""
    return [PLAIN, PORT, HOST] if full else [PLAIN]


def test_nothing_that_a_learner_stored_acts_and_what_is_whole_is_shown(shelf: Shelf, pages: list[Stored]) -> None:
    def visit(page: Page, seen: Seen) -> None:
        use_them_all(page, shelf, seen)
        shelf.ways = ()
        open_each(page, pages, seen)
        keep_each(page, shelf, seen)

    seen = browsed(shelf, visit)
    assert seen.acted == NOTHING
    print(f"no decoder for {seen.lacks}")
    sounds = numbers(shelf.media, lambda each: each.is_sound and each.type not in seen.lacks)
    pictures = numbers(shelf.media, lambda each: each.is_picture)
    assert all(seen.shown[place] >= pictures and seen.played[place] >= sounds for place in (OWN, PLAIN))
    assert seen.shown["as a page"] >= numbers(pages, lambda each: each.is_picture)
    assert [(seen.shown[place], seen.played[place]) for place in (PORT, HOST)] == [(set(), set())] * 2
    assert seen.by_script == {OWN: ["fetch"], PLAIN: ["fetch"], PORT: [], HOST: []}
    assert seen.kept == [each.number for each in shelf.exports]


def handed_out_otherwise(world: World, shelf: Shelf) -> list[str]:
    """What is handed out with another type than its own, or with other headers than it should be."""
    client, found = world.visitor("hanako").client, []
    for each in shelf.media:
        told = client.get(each.address).headers
        wanted = _HEADERS | {"Content-Type": each.type}
        found += [
            f"{each.type}: {name}"
            for name, value in wanted.items()
            if told.get(name) != value.format(digest=each.address.rpartition("/")[2])
        ]
    return found


def test_every_type_is_handed_out_as_what_it_is(world: World, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {each.type for each in shelf.media if each.is_picture or each.is_sound} == media.TYPES
    assert handed_out_otherwise(world, shelf) == []
    monkeypatch.setattr(media, "TYPES", media.TYPES - {"audio/mp4"})
    assert set(handed_out_otherwise(world, shelf)) == {"audio/mp4: Content-Type", "audio/mp4: Content-Disposition"}


def test_an_m4a_is_whole_where_no_chromium_plays_it_too() -> None:
    """Each box ends where it says, and they lead to all of the frames."""
    data = boxes.m4a()
    inside = dict(boxes_in(data))
    (at,), (size, count) = struct.unpack(">8xI", inside[b"stco"]), struct.unpack(">4xII", inside[b"stsz"])
    assert data[at : at + size * count] == inside[b"mdat"]
    with pytest.raises(ValueError, match="mdat"):
        dict(boxes_in(data[:-1]))


def boxes_in(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each box, also of those in which there are others; ValueError for one that does not end."""
    while data:
        size, name = struct.unpack_from(">I4s", data)
        if not 8 <= size <= len(data):
            raise ValueError(f"{name!r} does not end")
        yield name, data[8:size]
        if name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            yield from boxes_in(data[8:size])
        data = data[size:]


def test_the_policy_holds_alone_where_a_file_is_taken_for_a_page(
    shelf: Shelf, pages: list[Stored], places: list[str]
) -> None:
    shelf.how, shelf.ways = Handing.POLICY_ALONE, AS_DOCUMENTS

    def visit(page: Page, seen: Seen) -> None:
        for place in places:
            use(page, shelf, place, seen)
        open_each(page, pages, seen)

    assert browsed(shelf, visit).acted == NOTHING


def test_type_and_nosniff_hold_alone_where_there_is_no_policy(
    shelf: Shelf, pages: list[Stored], places: list[str]
) -> None:
    shelf.how = Handing.TYPES_ALONE

    def visit(page: Page, seen: Seen) -> None:
        for place in places:
            use(page, shelf, place, seen)
            seen.by_script[place] = by_script(page, shelf, seen)
        open_each(page, pages, seen)

    seen = browsed(shelf, visit)
    assert seen.acted == NOTHING
    assert seen.by_script == {place: ["fetch"] if place == PLAIN else [] for place in places}


def test_this_drill_sees_what_the_same_files_do_without_their_headers(shelf: Shelf) -> None:
    shelf.how = Handing.BARE
    acted: dict[str, set[int]] = {}
    of_form = {form: {each.number for each in shelf.files if each.form == form} for form in WISHED}
    documents = of_form["page"] | of_form["leads"] | of_form["drawing"]
    expected = dict.fromkeys(AS_DOCUMENTS, documents | {IN_TEXT}) | {way: of_form[way] for way in ("script", "style")}
    as_pages = [(form, [each for each in shelf.files if each.form == form]) for form in DOCUMENTS[:-1]]
    as_pages += [(each.address, [each]) for each in shelf.exports]
    expected |= {f"{what} as a page": of_form.get(what, {IN_TEXT}) for what, _files in as_pages}

    def note(page: Page, way: str, noticed: Noticed) -> None:
        for _ in range(_PATIENCE):
            acted[way] = noticed.ran | noticed.asked
            if acted[way] >= expected.get(way, set()):
                break
            page.wait_for_timeout(_SETTLE)
        noticed.ran.clear()
        noticed.asked.clear()

    def visit(page: Page, seen: Seen) -> None:
        for way in WAYS:
            shelf.ways = (way,)
            use(page, shelf, PLAIN, seen)
            note(page, way, seen.noticed)
        seen.by_script[PLAIN] = by_script(page, shelf, seen)
        note(page, "by script", seen.noticed)
        for what, files in as_pages:
            open_each(page, files, seen)
            note(page, f"{what} as a page", seen.noticed)

    seen = browsed(shelf, visit)
    print({way: len(found) for way, found in acted.items()})
    assert {way: acted[way] >= wanted for way, wanted in expected.items()} == dict.fromkeys(expected, True)
    assert seen.by_script[PLAIN] == ["fetch", "module", "service worker", "shared worker", "worker"]
    assert seen.noticed.connections > 0
