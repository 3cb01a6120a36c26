"""Files dropped on the page of imports."""

from playwright.sync_api import expect

from tests.browser.conftest import Open, Site, set_up

_DROP = """(zone) => {
  const held = new DataTransfer();
  held.items.add(new File(["Q: What was dropped?\\nA: A file.\\n"], "dropped.md", { type: "text/markdown" }));
  const over = new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: held });
  zone.dispatchEvent(over);
  zone.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: held }));
  return over.defaultPrevented;
}"""


def test_files_may_be_dropped_anywhere_on_their_field(site: Site, open_browser: Open) -> None:
    """On the words too: a browser would go to the file instead."""
    page = open_browser()
    set_up(page, site)
    page.goto("/imports")
    assert page.locator("label.drop").evaluate(_DROP) is True, "the browser would open the file"
    page.get_by_role("button", name="Import these files").click()
    expect(page.get_by_text("dropped.md").first).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name="dropped", exact=True)).to_be_visible()
