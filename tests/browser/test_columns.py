"""What stands where on a page, told by its boxes: edges that line up, a line between two texts."""

import pytest
from playwright.sync_api import Locator, Page

from app.backups import make_backup
from tests.browser.conftest import MONDAY, Open, Site, set_up
from tests.browser.test_without_script import PHONE

pytestmark = pytest.mark.browser


def test_the_card_page_of_a_cloze_keeps_question_and_answer_apart(site: Site, page: Page) -> None:
    page.goto("/decks/2")
    page.locator(".entry.cloze .cards a").first.click()
    question, answer = page.locator(".question"), page.locator(".answer")
    assert _left_top_right_bottom(answer)[1] >= _left_top_right_bottom(question)[3] + 24
    assert answer.evaluate("each => getComputedStyle(each).borderTopStyle") == "solid"


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_edges_of_a_deck_line_up(site: Site, open_browser: Open, device: dict[str, object]) -> None:
    page = open_browser(**device)
    set_up(page, site)
    page.goto("/")
    page.get_by_role("link", name="Docker", exact=True).click()
    row = page.locator(".tree .deck").first
    figures = row.locator(".figures > span").last
    assert _left_top_right_bottom(figures)[2] == pytest.approx(_left_top_right_bottom(row)[2], abs=1)


def test_a_table_that_begins_an_answer_stands_where_a_text_would(site: Site, page: Page) -> None:
    (site.cards / "3-table.md").write_text(
        "---\ndialect: qa\n---\nQ: Which ways?\nA:\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    site.import_decks()
    page.goto("/decks/4")
    page.locator(".notes .cards a").first.click()
    assert page.locator(".answer .table").evaluate("each => getComputedStyle(each).marginTop") == "0px"


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_the_card_stays_where_it_is_when_undo_is_offered_without_a_word(
    site: Site, open_browser: Open, device: dict[str, object]
) -> None:
    page = open_browser(**device)
    set_up(page, site)
    page.goto("/study")
    place = _left_top_right_bottom(page.locator(".whence"))[1]
    page.locator(".turn > summary").click()
    page.locator(".grade-4").click()
    page.locator(".said p").wait_for()
    page.goto("/study")
    assert page.locator(".undo").is_visible()
    assert _left_top_right_bottom(page.locator(".whence"))[1] == pytest.approx(place, abs=1)


def test_a_japanese_line_breaks_between_words_in_whatever_part_of_a_text(site: Site, open_browser: Open) -> None:
    page = open_browser(locale="ja")
    page.goto("/set-up?code=wrong")
    page.locator("input[name=name]").fill("hanako")
    page.locator("input[name=password]").fill("password")
    page.locator("main form button").last.click()
    assert _breaks(page.locator("span.error").first) == "auto-phrase"
    set_up(page, site)
    page.goto("/decks/2")
    for part in (".prose strong", ".deletion.filled", ".prose blockquote p"):
        assert _breaks(page.locator(part).first) == "auto-phrase"


def test_no_word_is_cut_on_the_narrowest_phone(site: Site, open_browser: Open) -> None:
    page = open_browser(**PHONE | {"viewport": {"width": 320, "height": 568}})
    set_up(page, site)
    for name in page.locator(".tree .title").all():
        assert _lines(name) == 1
    page.goto("/study")
    page.locator(".turn > summary").click()
    assert [_lines(page.locator(f".grade-{grade} small")) for grade in (2, 3, 4, 5)] == [2, 2, 1, 1]


def test_the_size_of_a_backup_stays_in_one_line(site: Site, open_browser: Open) -> None:
    page = open_browser(**PHONE)
    set_up(page, site)
    make_backup(site.app.extensions["config"], MONDAY)
    page.goto("/server/backups")
    assert _lines(page.get_by_text("1 MB", exact=True)) == 1


@pytest.mark.parametrize("address", ["/", "/study", "/decks/2", "/imports", "/account"])
def test_nothing_is_wider_than_a_phone_whose_letters_are_twice_as_large(site: Site, page: Page, address: str) -> None:
    """Half of its width, with letters as they are, holds as much."""
    page.set_viewport_size({"width": 195, "height": 422})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 195


@pytest.mark.parametrize("formula", ["$$x = {}$$", "Here $x = {}$ is."], ids=["apart", "in a line"])
def test_a_long_formula_is_not_wider_than_a_phone(site: Site, open_browser: Open, formula: str) -> None:
    page = open_browser(**PHONE)
    set_up(page, site)
    (site.cards / "3-sum.md").write_text(f"---\ndialect: qa\n---\nQ: x?\nA: {formula.format(' + '.join('a' * 40))}\n")
    site.import_decks()
    page.goto("/study?deck=4")
    page.locator(".turn > summary").click()
    assert page.locator(".answer math").evaluate("each => each.scrollWidth > each.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [390, 320])
def test_decks_deep_in_the_tree_leave_room_for_their_names_on_a_phone(
    site: Site, open_browser: Open, width: int
) -> None:
    page = open_browser(**PHONE | {"viewport": {"width": width, "height": 844}})
    set_up(page, site)
    (site.cards / "3-deep.md").write_text("---\nname: One/Two/Three/Four/Five/Six\n---\nQ: x?\nA: y\n")
    site.import_decks()
    page.goto("/")
    names = [page.locator(f".tree .depth-{depth} .title").last for depth in range(6)]
    indents = [int(name.evaluate("each => parseInt(getComputedStyle(each).paddingLeft)")) for name in names]
    assert indents == [0, 16, 32, 40, 48, 56]


def test_where_one_is_is_seen_in_forced_colours_too(page: Page) -> None:
    """They take shadows away, and the line below the present page is one."""
    page.emulate_media(forced_colors="active")
    page.goto("/server/doctor")
    for place in (".bar nav", ".tabs"):
        line = page.locator(f"{place} [aria-current]").evaluate("each => getComputedStyle(each).textDecorationLine")
        assert line == "underline"


def _lines(text: Locator) -> int:
    """How many lines a text takes."""
    return int(
        text.evaluate("""each => {
            const range = document.createRange();
            range.selectNodeContents(each);
            return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
        }""")
    )


def _breaks(text: Locator) -> str:
    return str(text.evaluate("each => getComputedStyle(each).wordBreak"))


def _left_top_right_bottom(locator: Locator) -> tuple[float, float, float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
