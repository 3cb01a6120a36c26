"""Hostile text: with either layer alone, no script runs and nothing reaches another host, wherever the text stands.

RELIABILITY's figures: 0 scripts run, 0 requests to another origin, each layer alone, in Chromium; a cleaned text stays
as it is. The layers: the sanitizer (Markdown's list of tags, the allow-list, escaping in templates) and the policy in
the header. Everyday runs take each string of `hostile_classes` and some in a second spelling; `--full` takes all in
all, and the big list of naughty strings from npm's registry (2.0.4, checked against its hash; where npm cannot have it
the run says NOT RUN and is red). Shown able to fail: with both layers out, many of the strings run or ask another
host.

What no policy forbids is asked apart: with the whole sanitizer out, a refresh in a `meta` may still send the reader
elsewhere, and `preconnect` may open a connection. Nothing else may.
"""

import base64
import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import FilePayload, Page

from app.markup import clean, render
from tests.drills.hostile_classes import CLASSES
from tests.drills.hostile_site import Site, serving, without_allow_list, without_sanitizer
from tests.drills.hostile_text import SEED, Hostile, numbered, strings
from tests.drills.watched_browser import Noticed, in_a_thread, look, watched_page
from tests.drills.world import World

_BLNS = "blns@2.0.4"
_BLNS_HASH = "ZEZZD8DvGJhTw9oE3uLjyThFDMRQbcH011YySUK+kAcueHvaUDRfWKp7QJrQblat8WzcegWwVFuNd+XZ49LROQ=="
_TANGLED = ("malformed", "namespace")
"""Strings of these classes may swallow what follows them, so each has a page of its own as well."""
_NO_POLICY_FORBIDS = ("navigates", "connects")


@pytest.fixture(scope="module")
def hostile(full: bool, tmp_path_factory: pytest.TempPathFactory) -> list[Hostile]:
    """The strings of this run."""
    made = strings(full)
    if full:
        made += numbered(_naughty_strings(tmp_path_factory.mktemp("blns")), "naughty", len(made))
    print(f"{len(made)} strings, seed {SEED}")
    return made


def _naughty_strings(folder: Path) -> list[str]:
    """npm's package of them, fetched into a temporary folder."""
    try:
        command = ["npm", "pack", "--silent", _BLNS]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        pytest.fail(f"NOT RUN: {_BLNS} cannot be fetched ({error}); it needs npm and its registry")
    (packed,) = folder.glob("*.tgz")
    assert hashlib.sha512(packed.read_bytes()).digest() == base64.b64decode(_BLNS_HASH)
    with tarfile.open(packed) as archive:
        (name,) = [name for name in archive.getnames() if name.endswith("blns.json")]
        file = archive.extractfile(name)
        assert file is not None
        listed = json.load(file)
    return list(dict.fromkeys(text for text in listed if text and "\0" not in text))


def browse(site: Site, each_number: list[int], visit: Callable[[Page, Noticed], None] | None = None) -> Noticed:
    """Look at all pages of many strings, and at those that show one of `each_number` alone."""

    def job() -> Noticed:
        noticed = Noticed()
        with watched_page(site, noticed) as page:
            alone = [address for number in each_number for address in (site.single[number], site.named[number])]
            for address in (*site.many, *alone):
                look(page, address, noticed)
            if visit is not None:
                visit(page, noticed)
        return noticed

    noticed = in_a_thread(job)
    print(f"{noticed.pages} pages, {len(noticed.unseen)} unseen; {len(noticed.ran)} ran, {len(noticed.asked)} asked")
    print("\n".join(noticed.unseen))
    return noticed


def told(numbers: set[int], hostile: list[Hostile], apart: tuple[str, ...] = ()) -> list[str]:
    """The strings with these numbers, for a message; those of the kinds `apart` are left out."""
    texts = {each.number: each for each in hostile if each.kind not in apart}
    left_out = {each.number for each in hostile} - texts.keys()
    return [f"{number}: {texts[number].text if number in texts else '?'}" for number in sorted(numbers - left_out)]


def tangled(hostile: list[Hostile], step: int) -> list[int]:
    """The numbers of those that need a page of their own, and of each `step`-th of the others."""
    return [each.number for place, each in enumerate(hostile) if each.kind in _TANGLED or place % step == 0]


def test_with_the_sanitizer_alone_nothing_acts(world: World, hostile: list[Hostile], full: bool) -> None:
    def visit(page: Page, noticed: Noticed) -> None:
        sample = hostile[:: 40 if full else 30]
        for each in sample:
            for address in _addresses(each.text):
                look(page, address, noticed)
        for each in sample[::3]:
            _send(page, each.text, noticed)
        page.context.clear_cookies()
        for each in sample:
            _ask_for_a_way_in(page, each.text, noticed)

    with serving(world, hostile, policy=False) as site:
        noticed = browse(site, [each.number for each in hostile[:: 20 if full else 30]], visit)
    assert told(noticed.ran, hostile) == []
    assert told(noticed.asked, hostile) == []
    assert noticed.connections == 0
    assert noticed.unseen == [], "nothing is known of these pages"


def _addresses(text: str) -> list[str]:
    """Pages that take something of their address into what they show."""
    said = quote(text, safe="")
    return [
        f"/log-in?next={said}",
        f"/study?card={said}&after={said}&undone={said}",
        f"/{said}",
        f"/decks/1?from={said}",
    ]


def _send(page: Page, text: str, noticed: Noticed) -> None:
    """Send a file of this name, and one that is unreadable in these words."""
    for name in (f"{text}.exe".replace("/", "∕"), "a.md"):
        look(page, "/imports", noticed)
        data = f"---\ndialect: {text!r}\n---\n".encode()
        page.locator("#files").set_input_files(FilePayload(name=name, mimeType="text/markdown", buffer=data))
        page.locator("form[enctype] button").click()
        page.wait_for_timeout(40)


def _ask_for_a_way_in(page: Page, text: str, noticed: Noticed) -> None:
    """A log-in that is refused shows the name again."""
    look(page, f"/log-in?next={quote(text, safe='')}", noticed)
    page.locator("input[name=name]").fill(text)
    page.locator("input[name=password]").fill(text)
    page.locator("main form button").last.click()
    page.wait_for_timeout(40)


def test_with_the_policy_alone_nothing_acts(
    world: World, hostile: list[Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_allow_list(monkeypatch)
    with serving(world, hostile, policy=True) as site:
        noticed = browse(site, [])
    assert told(noticed.ran, hostile) == []
    assert told(noticed.asked, hostile) == []
    assert noticed.connections == 0
    assert noticed.unseen == [], "nothing is known of these pages"


def test_with_the_policy_alone_and_every_text_as_it_is_nothing_acts(
    world: World, hostile: list[Hostile], full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_sanitizer(monkeypatch, world)
    with serving(world, hostile, policy=True) as site:
        noticed = browse(site, tangled(hostile, 40 if full else 30))
    assert told(noticed.ran, hostile) == []
    assert told(noticed.asked, hostile, _NO_POLICY_FORBIDS) == []
    assert len(noticed.unseen) <= noticed.pages // 10, "too many pages of which nothing is known"


def test_this_drill_sees_what_runs_without_both(
    world: World, hostile: list[Hostile], full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_sanitizer(monkeypatch, world)
    with serving(world, hostile, policy=False) as site:
        noticed = browse(site, tangled(hostile, 40)[:: 10 if full else 2])
    kinds = {each.number: each.kind for each in hostile}
    assert {kinds[number] for number in noticed.ran if number in kinds} >= {
        *("script", "handler", "address", "markdown", "foreign", "namespace", "malformed", "breakout"),
    }
    assert {kinds[number] for number in noticed.asked} >= {"script", "foreign", "style", "fetch", "navigates"}
    assert len(noticed.ran) > 60
    assert len(noticed.asked) > 20
    assert noticed.connections > 20


def test_the_policy_holds_nothing_that_is_unsafe(world: World) -> None:
    policy = world.visitor(None).client.get("/log-in").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert policy.startswith("default-src 'none'; ")


def test_what_is_clean_stays_as_it_is(hostile: list[Hostile]) -> None:
    unstable = [each.text for each in hostile if clean(clean(each.text)) != clean(each.text)]
    assert unstable == []
    rendered = [str(render(each.text)) for each in hostile]
    assert [html for html in rendered if clean(clean(html)) != clean(html)] == []


@given(st.lists(st.sampled_from([text for texts in CLASSES.values() for text in texts]), max_size=6), st.randoms())
@settings(max_examples=150)
def test_pieces_of_them_are_clean_after_one_cleaning(texts: list[str], chance: st.DataObject) -> None:
    joined = "".join(text[chance.randrange(len(text)) :] for text in texts)  # type: ignore[attr-defined]
    assert clean(clean(joined)) == clean(joined)
