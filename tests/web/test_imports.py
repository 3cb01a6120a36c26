"""The page of an import: what it says of files, in the language of the page."""

from io import BytesIO

from werkzeug.test import TestResponse

from tests.web.conftest import Browser, shown

TWO_ANSWERS = "Q: one\nA: two\nA: three\n"


def _send(browser: Browser, content: bytes, name: str = "mine.md") -> TestResponse:
    return browser.post("/imports/own", page="/imports", files=(BytesIO(content), name))  # type: ignore[arg-type]


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
    assert "3行目: 2つ目の答えです。読みませんでした。1つ目は2行目にあります。「A:」を1つにするか" in page
    assert "uploaded files" not in page
    assert "送られたファイル" in page


def test_a_file_without_a_note_has_one_dot_between_its_figures(browser: Browser) -> None:
    page = _send(browser, b"\x89PNG", "bad.md")
    assert page.status_code == 400
    assert "bad.md bad · cannot be read: its notes stay as they are · 1 problem" in shown(page)
    assert "line 1: the file is not UTF-8 text (byte 0x89); save it again as UTF-8" in shown(page)
