"""What a learner's Markdown looks like on the page."""

import threading

import pytest
from markupsafe import Markup

from app import markup
from app.markup import Images, render
from app.markup.boxes import CODE, TABLE, UNREAD


def test_what_is_rendered_may_be_put_into_a_page_as_it_is() -> None:
    assert isinstance(render("a"), Markup)
    assert render("") == ""


def test_a_text_over_the_cap_is_shown_as_it_was_written() -> None:
    text = "*a* <b> " * 9000
    assert render(text) == f"{UNREAD}{text.replace('<', '&lt;').replace('>', '&gt;')}</pre>"


def test_a_text_of_very_many_lines_is_shown_as_it_was_written() -> None:
    assert render("a\n\n" * 4000).startswith('<pre class="code unread"')


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("これは**重要**です", "<p>これは<strong>重要</strong>です</p>"),
        ("これは**「重要」**です", "<p>これは<strong>「重要」</strong>です</p>"),
        ("これは**重要。**次", "<p>これは<strong>重要。</strong>次</p>"),
        ("前*斜*後", "<p>前<em>斜</em>後</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("~~古い~~ ==大事==", "<p><del>古い</del> <mark>大事</mark></p>"),
        ("3~5個、10~20個", "<p>3~5個、10~20個</p>"),
        (r"C:\path と ¥100", r"<p>C:\path と ¥100</p>"),
        (r"\*a\* \[b\] \$5 \\", r"<p>*a* [b] $5 \</p>"),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("a<br></br>b", "<p>a<br>b</p>"),
        ("a<BR />b", "<p>a<br>b</p>"),
        ("A & B &amp; C &copy;", "<p>A &amp; B &amp; C ©</p>"),
        ("`a < b && c`", "<p><code>a &lt; b &amp;&amp; c</code></p>"),
        ("`` a`b ``", "<p><code>a`b</code></p>"),
        ("a\n---\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        ("<kbd>Ctrl</kbd> H<sub>2</sub>O", "<p><kbd>Ctrl</kbd> H<sub>2</sub>O</p>"),
        ("a <!-- note to self --> b", "<p>a  b</p>"),
    ],
)
def test_words_are_marked_as_markdown_says(text: str, html: str) -> None:
    assert render(text) == html


def test_an_unknown_tag_is_text_so_that_no_word_of_a_command_is_lost() -> None:
    assert render("docker run <image> <操作種類>") == "<p>docker run &lt;image&gt; &lt;操作種類&gt;</p>"


@pytest.mark.parametrize(("hashes", "level"), [("#", 3), ("##", 4), ("###", 5), ("####", 6), ("######", 6)])
def test_headings_are_lowered_below_those_of_the_page(hashes: str, level: int) -> None:
    assert render(f"{hashes} 見出し {hashes}\n本文") == f"<h{level}>見出し</h{level}>\n<p>本文</p>"


def test_a_hash_without_a_space_is_a_word() -> None:
    assert render("#tag") == "<p>#tag</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("日本語の\n文です", "日本語の文です"),
        ("これは**強調**\nです", "これは<strong>強調</strong>です"),
        ("これは\n**強調**です", "これは<strong>強調</strong>です"),
        ("終わり。\nDocker", "終わり。Docker"),
        ("これは\nDocker", "これは\nDocker"),
        ("two\nwords", "two\nwords"),
        ("두 단어\n한국어", "두 단어\n한국어"),
    ],
)
def test_lines_of_japanese_are_joined_without_a_gap(text: str, html: str) -> None:
    assert render(text) == f"<p>{html}</p>"


def test_lines_of_code_are_never_joined() -> None:
    assert "日本\n語" in render("```\n日本\n語\n```")


def test_ruby_has_one_reading_or_one_for_each_character() -> None:
    assert render("{漢字|かんじ}") == ("<p><ruby><span>漢字</span><rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby></p>")
    assert render("{漢字|かん|じ}").count("<rt>") == 2
    assert render("{漢字|か|ん|じ}").count("<rt>") == 1


def test_ruby_in_code_is_code() -> None:
    assert render("`{a|b}`") == "<p><code>{a|b}</code></p>"
    assert "{a|b}" in render("```\n{a|b}\n```")


@pytest.mark.parametrize("text", ["$5 and $6", "US$5 and $x", "$ a$", "$a $", "$5$6", r"\$a$", "$$ is empty"])
def test_sums_of_money_are_no_math(text: str) -> None:
    assert "<math" not in render(text)


def test_math_is_mathml_inline_and_as_a_block() -> None:
    subscript = "<msub><mi>x</mi><mn>1</mn></msub>"
    assert render("式$x_1$です") == f'<p>式<math display="inline"><mrow>{subscript}</mrow></math>です</p>'
    assert '<math display="block">' in render("$$\na\n+ b\n= c\n$$")
    assert '<math display="block">' in render("text $$a$$")


def test_tex_that_cannot_be_read_is_shown_as_written() -> None:
    assert render(r"$\frac{$") == r'<p><code class="math-error">\frac{</code></p>'


@pytest.mark.parametrize("tex", [r"\newcommand{\a}{\a\a}\a", r"\def\a{b}", "x" * 3000])
def test_macros_and_outsized_formulas_are_not_run(tex: str) -> None:
    assert 'class="math-error"' in render(f"${tex}$")


def test_html_in_a_formula_is_text() -> None:
    html = render(r"$\text{<img src=x onerror=alert(1)>}$ $\href{javascript:alert(1)}{x}$")
    assert "<img" not in html
    assert "href" not in html


def test_a_table_scrolls_in_its_own_box_and_keeps_ruby_and_math_whole() -> None:
    html = render("前\n| a | b |\n|---|--:|\n| {漢|かん} | $|x|$ |\n後")
    assert f"<p>前</p>\n{TABLE}<table>" in html
    assert html.count("<td") == 2
    assert '<td align="right"><math' in html
    assert html.endswith("</table></div>\n<p>後</p>")


def test_a_table_of_very_many_cells_is_shown_as_written() -> None:
    assert render("|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "a|\n" * 100).startswith('<pre class="code"')


@pytest.mark.parametrize("address", ["https://example.org/a_b_c", "http://example.org", "mailto:a@example.org", "#x"])
def test_links_lead_to_the_web_mail_or_the_same_page(address: str) -> None:
    assert render(f"[語]({address})") == f'<p><a href="{address}" rel="noopener noreferrer nofollow">語</a></p>'


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "//evil",
        "/logout",
        "a.md",
        "&#106;avascript:x",
    ],
)
def test_links_to_anywhere_else_are_words(address: str) -> None:
    assert render(f"[語]({address})") == '<p><a rel="noopener noreferrer nofollow">語</a></p>'


def test_bare_addresses_become_links_that_end_before_punctuation_and_japanese() -> None:
    assert '<a href="https://a.example/x_y"' in render("https://a.example/x_y。次")
    assert '<a href="https://a.example/x"' in render("(https://a.example/x).")
    assert '<a href="mailto:a@b.example"' in render("<a@b.example>")
    assert render("[https://a.example](https://b.example)").count("<a ") == 1


def test_an_image_elsewhere_is_a_link_until_the_server_allows_it() -> None:
    text = '![図](https://a.example/x.png "t")'
    assert render(text) == (
        '<p><a class="remote-image" href="https://a.example/x.png" rel="noopener noreferrer nofollow">図</a></p>'
    )
    assert '<img src="https://a.example/x.png" alt="図"' in render(text, Images(remote=True))
    assert "<a " in render(f"[{text}](https://b.example)")
    assert render(f"[{text}](https://b.example)").count("<a ") == 1


def test_a_file_of_the_deck_is_shown_where_the_caller_finds_it() -> None:
    images = Images(find={"図 1.png": '/media/1"', "x.mp3": "/media/2"}.get)
    assert render("![図](<図 1.png>)", images) == '<p><img src="/media/1&#34;" alt="図" loading="lazy"></p>'
    assert render("![[図 1.png]]", images).startswith('<p><img src="/media/1&#34;"')
    assert '<audio controls preload="none" src="/media/2"' in render("[sound:x.mp3]", images)
    assert render("![図](none.png)", images) == '<p><span class="missing-image">missing image: none.png (図)</span></p>'
    told = render("![](x/%E5%9B%B3.png)", Images(missing="画像がありません: %(name)s"))
    assert told == '<p><span class="missing-image">画像がありません: 図.png</span></p>'
    assert render("![](a%00b.png)") == '<p><span class="missing-image">missing image: a\ufffdb.png</span></p>'


@pytest.mark.parametrize(
    "source", ["data:image/png;base64,AAAA", "//evil/x.png", "file:///etc/passwd", "javascript:x", ""]
)
def test_no_image_comes_from_another_scheme(source: str) -> None:
    html = render(f"![図](<{source}>)", Images(remote=True, find=lambda name: f"/found/{name}"))
    assert html == '<p><span class="missing-image">図</span></p>'


def test_code_is_coloured_by_class_and_scrolls_in_its_own_box() -> None:
    html = render("```python\nif x: # 注\n    return 'a'\n```")
    assert html.startswith(f'{CODE}<code><span class="tok-keyword">if</span> x')
    assert '<span class="tok-comment"># 注</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("info", ["", "nonsense", '"><script>', "python-nonsense"])
def test_code_in_an_unknown_language_is_plain(info: str) -> None:
    assert render(f"```{info}\na < b\n```") == f"{CODE}<code>a &lt; b</code></pre>"


def test_a_fence_without_an_end_protects_nothing() -> None:
    assert "<strong>b</strong>" in render("```sh\na\n\n**b**")


def test_private_marks_in_a_text_are_replaced() -> None:
    assert render("a\U0010e000b\U0010ff01c\x02d\ud800") == "<p>a\ufffdb\ufffdc\ufffdd\ufffd</p>"


@pytest.mark.parametrize(
    "text", ["&#x10E000;", "&#x0010fF01;", "&#1105920;", "&#1105920a", r"$\unicode{x10E000}$", r"$\text{&#x10E000;}$"]
)
def test_private_marks_cannot_be_named_by_reference(text: str) -> None:
    html = render(f"$a$ {text}")
    assert "\U0010e000" not in html
    assert "\U0010ff01" not in html
    assert html.count("<mi>a</mi>") == 1
    assert "\ufffd" in html


def test_each_thread_has_a_parser_of_its_own() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(render("$x$ `a`"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {str(render("$x$ `a`"))}
    assert len(found) == 4


def test_a_rendering_is_known_by_renderer_and_parts() -> None:
    assert len(markup.rendering_key("a")) == 16
    assert markup.rendering_key("a", "b") == markup.rendering_key("a", "b")
    assert markup.rendering_key("a", "b") != markup.rendering_key("ab", "")
    assert markup.RENDERER.startswith("oboegaki/")
    assert "nh3/" in markup.RENDERER
