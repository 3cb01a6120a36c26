"""The page of an import: what it says of files, in the language of the page."""

import re
from io import BytesIO

from werkzeug.test import TestResponse

from tests.web.conftest import Browser, shown

TWO_ANSWERS = "Q: one\nA: two\nA: three\n"


def _send(browser: Browser, content: bytes, name: str = "mine.md") -> TestResponse:
    return _send_all(browser, {name: content})


def _send_all(browser: Browser, files: dict[str, bytes]) -> TestResponse:
    sent = [(BytesIO(content), name) for name, content in files.items()]
    return browser.post("/imports/own", page="/imports", files=sent)  # type: ignore[arg-type]


def _open(page: str) -> list[bool]:
    """Of each file of a report in its order, whether what is told of it is open."""
    return [" open" in tag for tag in re.findall(r'<details class="file"[^>]*>', page)]


def test_a_problem_is_a_line_with_place_problem_and_remedy(browser: Browser) -> None:
    page = browser.text(_send(browser, TWO_ANSWERS.encode()).location)
    told = (
        'line 3: second answer, left out; the first one is in line 2; keep one "A:", or start the next note with "Q:"'
    )
    assert told in page
    assert "mine.md mine · new 1 · 1 problem" in page


def test_a_japanese_page_has_japanese_stops_and_no_english(browser: Browser) -> None:
    address = _send(browser, TWO_ANSWERS.encode()).location
    page = shown(browser.client.get(address, headers={"Accept-Language": "ja"}))
    assert "3行目：2つ目の答えです。読みませんでした。1つ目は2行目にあります。「A:」を1つにするか" in page
    assert "uploaded files" not in page
    assert "送られたファイル" in page


def test_a_file_without_a_note_has_one_dot_between_its_figures(browser: Browser) -> None:
    page = _send(browser, b"\x89PNG", "bad.md")
    assert page.status_code == 400
    assert "bad.md bad · cannot be read · 1 problem" in shown(page)
    assert "line 1: the file is not UTF-8 text (byte 0x89); save it again as UTF-8" in shown(page)


def test_a_report_says_first_how_many_files_could_not_be_read(browser: Browser) -> None:
    page = browser.get(_send_all(browser, {"a.md": b"Q: a\nA: b\n", "bad.md": b"\x89PNG"}).location)
    assert "1 of 2 files could not be read." in shown(page).partition("a.md")[0]


def test_a_file_that_was_imported_before_keeps_its_notes_when_it_cannot_be_read(browser: Browser) -> None:
    _send(browser, b"Q: a\nA: b\n")
    page = _send_all(browser, {"mine.md": b"\x89PNG", "other.md": b"Q: c\nA: d\n"})
    assert "mine.md mine · cannot be read: its notes stay as they are · 1 problem" in browser.text(page.location)


def test_a_file_with_a_problem_is_open_however_many_files_there_are(browser: Browser) -> None:
    fine = {f"{number}.md": f"Q: {number}\nA: a\n".encode() for number in range(4)}
    page = browser.get(_send_all(browser, fine | {"5.md": TWO_ANSWERS.encode(), "6.md": b"\x89PNG"}).location)
    assert _open(page.text) == [False, False, False, False, True, True]


def test_a_file_that_loses_a_note_is_open_however_many_files_there_are(browser: Browser) -> None:
    files = {f"{number}.md": f"Q: {number}\nA: a\n\nQ: {number}b\nA: a\n".encode() for number in range(5)}
    _send_all(browser, files)
    changed = {name: text + b"\nQ: more\nA: a\n" for name, text in files.items()}
    page = browser.get(_send_all(browser, changed | {"4.md": b"Q: 4\nA: a\n"}).location)
    assert "retired 1" in shown(page)
    assert _open(page.text) == [False, False, False, False, True]


def test_the_imports_so_far_are_told_apart_by_number_and_files(browser: Browser) -> None:
    _send(browser, b"Q: a\nA: b\n", "first.md")
    _send_all(browser, {"second.md": b"Q: c\nA: d\n", "third.md": b"Q: e\nA: f\n"})
    told = browser.text("/imports").partition("Imports so far")[2]
    assert re.search(r"Import 2 [^·]* · second\.md and 1 more Import 1 [^·]* · first\.md ", told)


def test_an_older_import_says_why_it_cannot_be_undone_and_names_the_one_that_can(browser: Browser) -> None:
    older = _send(browser, b"Q: a\nA: b\n", "first.md").location
    newest = _send(browser, b"Q: c\nA: d\n", "second.md").location
    assert "Only the newest import can be undone." in browser.text(older)
    assert f'href="{newest}"' in browser.get(older).text
    assert "Only the newest" not in browser.text(newest)
    browser.post(f"{newest}/undo", page=newest)
    assert "Only the newest" not in browser.text(older)
    assert "Only the newest" not in browser.text(newest)


def test_the_address_of_a_refused_upload_leads_to_the_imports(browser: Browser) -> None:
    assert _send(browser, b"\x89PNG", "bad.md").status_code == 400
    assert browser.get("/imports/own").location == "/imports"


def test_an_own_deck_is_put_away_on_its_page_and_the_page_that_follows_has_the_undo(browser: Browser) -> None:
    report = browser.get(_send(browser, b"Q: a\nA: b\n").location)
    today = browser.get("/").text
    deck = re.search(r'href="(/decks/\d+)">mine<', today)
    assert report.status_code == 200
    assert deck is not None
    done = browser.post(f"{deck[1]}/retirement", page=deck[1]).location
    assert "mine.md mine · put away until its file is sent again · retired 1" in browser.text(done)
    assert "mine" not in browser.text("/").partition("Decks")[2].partition("Last import")[0]
    away = browser.text(deck[1])
    assert "This deck is put away. Its cards are kept, with their logs, until its file is sent again." in away
    assert "Put away" not in away
    browser.post(f"{done}/undo", page=done)
    assert "mine" in browser.text("/").partition("Decks")[2]


def test_a_deck_of_the_library_has_no_way_to_put_it_away(browser: Browser, deck_id: int) -> None:
    assert "Put away" not in browser.text(f"/decks/{deck_id}")
    refused = browser.post(f"/decks/{deck_id}/retirement")
    assert refused.status_code == 404
    assert f"You have no deck {deck_id} of your own; choose one from the list on Today" in shown(refused)
