"""Deletions, hidden on the front and filled in on the back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks.note import Deletion
from app.markup import render, render_cloze_back, render_cloze_front
from app.markup.boxes import CODE, UNREAD
from app.markup.marks import defuse, moved

BOX = '<span class="deletion asked">[…]</span>'


def _deletions(text: str, *answers: str) -> list[Deletion]:
    return [Deletion(answer, text.index(answer), number) for number, answer in enumerate(answers, 1)]


def _filled(words: str) -> str:
    return f'<mark class="deletion filled">{words}</mark>'


def _ruby(reading: str) -> str:
    return f"<ruby><span>漢字</span><rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>"


@pytest.mark.parametrize(
    ("text", "answer", "front", "back"),
    [
        ("**Docker** x", "Docker", f"<strong>{BOX}</strong> x", f"<strong>{_filled('Docker')}</strong> x"),
        ("前**「重要」**後", "重要", f"前<strong>「{BOX}」</strong>後", f"前<strong>「{_filled('重要')}」</strong>後"),
        ("`docker run -it`", "run", f"<code>docker {BOX} -it</code>", f"<code>docker {_filled('run')} -it</code>"),
        ("_x_ y", "_x_", f"{BOX} y", f"<em>{_filled('x')}</em> y"),
        ("{漢字|かんじ}", "かんじ", _ruby(BOX), _ruby(_filled("かんじ"))),
    ],
)
def test_a_deletion_works_inside_marked_words(text: str, answer: str, front: str, back: str) -> None:
    deletions = _deletions(text, answer)
    assert render_cloze_front(text, deletions, 1) == f"<p>{front}</p>"
    assert render_cloze_back(text, deletions, 1) == f"<p>{back}</p>"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("| a | b |\n|---|---|\n| foo | bar |", "foo"),
        ("[words](https://a.example)", "words"),
        ("a\n```sh\ndocker run -it\n```", "docker run"),
        ("a\n```sh\ndocker run\n```", "```sh\ndocker run\n```"),
        ("- one\n- two", "two"),
        ("$x^2$", "2"),
        ("$$\nx^2\n$$", "2"),
        ("[A](https://a.example) ![B](https://b.example/secret)", "secret"),
        ("![secret](a.png)", "secret"),
    ],
)
def test_the_front_never_holds_the_answer(text: str, answer: str) -> None:
    front = render_cloze_front(text, _deletions(text, answer), 1)
    assert answer.strip("`\n").split("\n")[-1] not in front
    assert "[…]" in front


def test_a_deletion_in_code_is_filled_in_where_it_stands() -> None:
    text = "```python\nreturn 'abc'\n```"
    back = render_cloze_back(text, _deletions(text, "n 'a"), 1)
    assert (
        '<span class="tok-keyword">retur</span><span class="tok-keyword"><mark class="deletion filled">n</mark>' in back
    )
    assert '<mark class="deletion filled">a</mark></span><span class="tok-string">bc</span>' in back
    assert re.sub("<[^>]+>", "", back) == "return &#39;abc&#39;"


def test_a_deletion_that_is_a_whole_code_block_is_still_a_code_block_on_the_back() -> None:
    text = "a\n```\nls\n```"
    back = render_cloze_back(text, _deletions(text, "```\nls\n```"), 1)
    assert f'{CODE}<code><mark class="deletion filled">ls</mark></code></pre>' in back


def test_deletions_of_other_cards_are_plain_text() -> None:
    text = "水は100度で沸く"
    deletions = _deletions(text, "水", "100")
    assert render_cloze_front(text, deletions, 2) == f"<p>水は{BOX}度で沸く</p>"
    assert render_cloze_back(text, deletions, 2) == '<p>水は<mark class="deletion filled">100</mark>度で沸く</p>'


def test_deletions_of_one_card_are_hidden_together() -> None:
    assert (
        render_cloze_front("ab c", [Deletion("ab", 0, 1), Deletion("b", 1, 1), Deletion("c", 3, 1)], 1)
        == f"<p>{BOX} {BOX}</p>"
    )


def test_a_hint_stands_in_the_box_as_text() -> None:
    assert render_cloze_front("Lima", [Deletion("Lima", 0, 1, "<b>city")], 1) == (
        '<p><span class="deletion asked">&lt;b&gt;city</span></p>'
    )


def test_a_filled_deletion_across_emphasis_is_marked_in_each_part() -> None:
    assert render_cloze_back("a **b** c", [Deletion("a **b", 0, 1)], 1) == (
        '<p><mark class="deletion filled">a </mark><strong><mark class="deletion filled">b</mark></strong> c</p>'
    )


def test_a_hint_cannot_name_a_private_mark() -> None:
    html = render_cloze_front("Lima", [Deletion("Lima", 0, 1, "\U0010e000")], 1)
    assert html == '<p><span class="deletion asked">\ufffd</span></p>'


def test_a_deletion_after_a_refused_reference_is_still_found() -> None:
    assert render_cloze_front("&#x10E000; Lima", [Deletion("Lima", 11, 1)], 1) == f"<p>\ufffd {BOX}</p>"


def test_offsets_count_the_text_as_given_even_with_windows_line_ends() -> None:
    assert render_cloze_front("a\r\nb\r\nc", [Deletion("c", 6, 1)], 1) == f"<p>a\nb\n{BOX}</p>"


@pytest.mark.parametrize("deletion", [Deletion("x", 99, 1), Deletion("x", -1, 1), Deletion("", 0, 1)])
def test_a_deletion_outside_the_text_is_left_out(deletion: Deletion) -> None:
    assert render_cloze_back("ab", [deletion], 1) == render("ab")


@pytest.mark.parametrize(("text", "answer"), [("これは\n重要です", "重要"), ("重要\nです", "重要"), ("重\n要", "要")])
def test_lines_of_japanese_are_joined_at_a_deletion_too(text: str, answer: str) -> None:
    deletions = _deletions(text, answer)
    assert "\n" not in render_cloze_front(text, deletions, 1)
    assert "\n" not in render_cloze_back(text, deletions, 1)


def test_a_text_over_the_cap_hides_its_answer_all_the_same() -> None:
    front = render_cloze_front("answer " + "x" * 70_000, [Deletion("answer", 0, 1)], 1)
    assert front.startswith(f"{UNREAD}{BOX} ")


@given(st.lists(st.sampled_from(["\r\n", "\r", "\n", "&#x10E000;", "&#x10e001", "&#1105984;", "&#", "a", "海", "\0"])))
def test_a_place_moves_by_what_is_taken_out_before_it(parts: list[str]) -> None:
    text = "".join(f"{part}|" for part in parts)
    bars = [place for place, character in enumerate(text) if character == "|"]
    seen = defuse(text)
    assert moved(text, bars) == [place for place, character in enumerate(seen) if character == "|"]
