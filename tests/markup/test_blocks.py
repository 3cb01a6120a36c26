"""Lists, quotations and code as people write them in notes."""

import pytest

from app.markup import render
from app.markup.boxes import CODE

NESTED = "<ul>\n<li>a<ul>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n</li>\n<li>d</li>\n</ul>"


@pytest.mark.parametrize("step", ["  ", "   ", "    ", "\t"])
def test_lists_nest_by_two_three_four_spaces_and_by_tabs(step: str) -> None:
    assert render(f"- a\n{step}- b\n{step * 2}- c\n- d") == NESTED


def test_a_bullet_below_a_number_nests_by_two_spaces() -> None:
    assert render("1. a\n  - b\n2. c") == "<ol>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ol>"


def test_a_list_may_follow_a_line_of_text() -> None:
    assert render("手順:\n- a\n- b") == "<p>手順:</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"
    assert render("手順:\n1. a") == "<p>手順:</p>\n<ol>\n<li>a</li>\n</ol>"


def test_a_year_in_a_paragraph_begins_no_list() -> None:
    assert "<ol" not in render("It was in\n2024. Then it ended.")


def test_an_ordered_list_begins_with_its_number() -> None:
    assert render("3) c\n4) d") == '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'


def test_numbers_and_bullets_are_lists_of_their_own() -> None:
    assert render("1. a\n- b") == "<ol>\n<li>a</li>\n</ol>\n<ul>\n<li>b</li>\n</ul>"


def test_a_line_below_an_item_belongs_to_it() -> None:
    assert render("- 日本\n  語\n- b") == "<ul>\n<li>日本語</li>\n<li>b</li>\n</ul>"


def test_a_paragraph_after_a_list_ends_it() -> None:
    assert render("- a\n\nb") == "<ul>\n<li>a</li>\n</ul>\n<p>b</p>"


def test_an_unfinished_bullet_is_an_empty_item() -> None:
    assert render("- a\n- \n- c") == "<ul>\n<li>a</li>\n<li></li>\n<li>c</li>\n</ul>"
    assert "<h" not in render("- a\n-")


def test_tasks_are_shown_as_boxes() -> None:
    assert render("- [ ] a\n- [x] b") == "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>"


@pytest.mark.parametrize(
    "text", ["- a\n  ```sh\n  ls\n    x\n  ```\n- b", "- a\n\n    ```sh\n    ls\n      x\n    ```\n- b"]
)
def test_code_in_an_item_stays_in_it_without_the_items_indentation(text: str) -> None:
    html = render(text)
    assert ">ls\n  x<" in html.replace('<span class="tok-builtin">', "").replace("</span>", "")
    assert html.count("<ul>") == 1
    assert html.count("<li>") == 2


def test_code_may_be_an_items_first_line() -> None:
    assert render("- ```\n  a\n  ```") == f"<ul>\n<li>{CODE}<code>a</code></pre></li>\n</ul>"


def test_a_longer_fence_holds_a_shorter_one() -> None:
    assert "<code>```\na\n```</code>" in render("````\n```\na\n```\n````")
    assert "<code>```</code>" in render("~~~\n```\n~~~")


def test_indented_code_after_a_blank_line_is_code() -> None:
    assert render("a\n\n    x <y>\n\n    z") == f"<p>a</p>\n{CODE}<code>x &lt;y&gt;\n\nz\n</code></pre>"


def test_a_quotation_holds_lists_and_code() -> None:
    html = render("> 引用\n> - a\n>   - b\n>\n> ```\n> x\n> ```\n\n後")
    assert html.startswith("<blockquote>\n<p>引用</p>\n<ul>\n<li>a<ul>\n<li>b</li>")
    assert "<code>x</code></pre>\n</blockquote>\n<p>後</p>" in html


def test_lists_and_quotations_are_never_deeper_than_the_cap() -> None:
    assert render("\n".join(" " * (2 * depth) + "- a" for depth in range(200))).count("<ul>") <= 13
    assert render(">" * 500 + " a").count("<blockquote>") <= 7


def test_raw_details_hold_markdown() -> None:
    html = render("<details><summary>s</summary>\n\n- a\n\n</details>")
    assert html.startswith("<details><summary>s</summary>")
    assert "<li>a</li>" in html
