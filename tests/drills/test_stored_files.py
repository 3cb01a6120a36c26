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

import pytest
from playwright.sync_api import Page

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
from tests.drills.visits import (
    NOTHING,
    PATIENCE,
    SETTLE,
    Seen,
    browsed,
    by_script,
    keep_each,
    open_each,
    use,
    use_them_all,
)
from tests.drills.watched_browser import Noticed
from tests.drills.world import World

pytestmark = pytest.mark.browser

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline; filename={digest}",
}


@pytest.fixture
def shelf(world: World, full: bool) -> Iterator[Shelf]:
    """The running server with the files."""
    with handing_out(world) as opened:
        opened.in_every_way = full
        yield opened


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
        for _ in range(PATIENCE):
            acted[way] = noticed.ran | noticed.asked
            if acted[way] >= expected.get(way, set()):
                break
            page.wait_for_timeout(SETTLE)
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
