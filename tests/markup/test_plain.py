"""Words without marks, for titles, lists and search."""

import pytest

from app.markup import plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("これは**重要**です", "これは重要です"),
        ("# 見出し\n\n- [ ] 仕事\n  1. 次", "見出し 仕事 次"),
        ("`docker run <image>` とは?", "docker run <image> とは?"),
        ("[語](https://a.example) ![図](x.png) ![[y.png|絵]]", "語 図 絵"),
        ("{漢字|かん|じ}", "漢字"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("```sh\ndocker ps\n```", "docker ps"),
        ("a<br></br>b <kbd>c</kbd>", "a b c"),
        ("snake_case_name と _斜_", "snake_case_name と 斜"),
        (r"$x^2$ と \*a\* と $5", "x^2 と *a* と $5"),
        (r"$a_1 + b_2$ と $\sum_{i}^{n}x_i$ と _斜_", r"a_1 + b_2 と \sum_{i}^{n}x_i と 斜"),
        ("> 引用\n\n---\n\n後 &amp; 先", "引用 後 & 先"),
        ("", ""),
    ],
)
def test_marks_are_taken_off_and_words_stay(text: str, words: str) -> None:
    assert plain(text) == words
