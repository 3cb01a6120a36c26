"""Promises of front matter: what it says, in TOML or YAML, and what is refused in it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.decks.front_matter import LONGEST, deck_path, read_front_matter, write_front_matter


def test_toml_is_read() -> None:
    found = read_front_matter(
        '---\nname = "Docker::Network"\ntags = ["net", "a b"]\ndialect = "qa"\nlang = "ja"\n---\nQ'
    )
    assert (found.deck, found.tags, found.dialect, found.language) == ("Docker/Network", ("net", "a_b"), "qa", "ja")
    assert (found.body, found.first_line, found.problems) == ("Q", 7, ())


def test_yaml_is_read() -> None:
    found = read_front_matter(
        "---\ndeck: Docker / Network\ntags:\n- '#net'\n- b\ndialect: outline\nauthor: me\n---\n\nQ"
    )
    assert (found.deck, found.tags, found.dialect) == ("Docker/Network", ("net", "b"), "outline")
    assert (found.body, found.first_line) == ("\nQ", 9)


def test_name_comes_before_deck_and_tags_may_be_one_text() -> None:
    found = read_front_matter("---\ndeck: a\nname: b\ntags: x, y z,x\n---\n")
    assert (found.deck, found.tags) == ("b", ("x", "y", "z"))


@pytest.mark.parametrize("name", ["2024-01-31", "007", "yes", "1e3", "~"])
def test_names_that_yaml_takes_for_something_else_stay_as_they_are(name: str) -> None:
    assert read_front_matter(f"---\nname: {name}\n---\n").deck == name


@pytest.mark.parametrize(("value", "name"), [("2024-01-31", "2024-01-31"), ("7", "7")])
def test_dates_and_numbers_in_toml_become_texts(value: str, name: str) -> None:
    assert read_front_matter(f"---\nname = {value}\n---\n").deck == name


def test_a_text_without_front_matter_is_all_body() -> None:
    found = read_front_matter("Q: a\n---\n")
    assert (found.body, found.first_line, found.closed) == ("Q: a\n---\n", 1, True)


def test_empty_front_matter_says_nothing() -> None:
    found = read_front_matter("---\n# nothing yet\n---\nQ")
    assert (found.body, found.deck, found.problems) == ("Q", "", ())


@pytest.mark.parametrize("text", ["---\nname: x\nQ: a\n", "---", "---\nname: x\nQ: a\nA: b\n---\n"])
def test_front_matter_without_an_end_leaves_the_whole_text(text: str) -> None:
    found = read_front_matter(text)
    assert (found.body, found.first_line, found.closed) == (text, 1, False)


@pytest.mark.parametrize(
    "text", ["---\nQ: a\nA: b\n---\nC: [c]\n", "---\n1. a\n> b\n---\n", "---\n\n- a\n    - b\n\n---\n- c\n"]
)
def test_cards_or_a_list_between_two_rules_are_not_front_matter(text: str) -> None:
    found = read_front_matter(text)
    assert (found.body, found.closed, found.problems) == (text, True, ())


@pytest.mark.parametrize(
    ("inside", "line", "start"),
    [
        ("name = \n", 2, "front matter that is neither TOML nor YAML: invalid value; "),
        ("name: x\nb: [1\n", 4, "front matter that is neither TOML nor YAML: expected ',' or ']', but got"),
        ("just words\n", 2, "front matter that is neither TOML nor YAML: no keys and values; "),
        ("name: \x07\n", 1, "front matter that is neither TOML nor YAML: unacceptable character"),
        ("? [a]\n: b\n", 2, "front matter that is neither TOML nor YAML: found unhashable key; "),
    ],
)
def test_a_syntax_error_is_told_with_its_line(inside: str, line: int, start: str) -> None:
    found = read_front_matter(f"---\n{inside}---\nQ: a\n")
    assert [each.line for each in found.problems] == [line]
    assert str(found.problems[0]).startswith(start)
    assert str(found.problems[0]).endswith('; write one key a line, like "name: Docker/Network"')
    assert found.body == "Q: a\n"


@pytest.mark.parametrize(
    ("inside", "line", "key"),
    [("a: b\nname: [x]\n", 3, "name"), ("tags: {a: b}\n", 2, "tags"), ('tags = [["a"]]\n', 2, "tags")],
)
def test_a_value_of_the_wrong_kind_is_told_with_its_line(inside: str, line: int, key: str) -> None:
    found = read_front_matter(f"---\n{inside}---\n")
    assert [(each.line, str(each)) for each in found.problems] == [
        (
            line,
            f'front matter: "{key}" has a value of the wrong kind; write one text, or for "tags" a list of texts',
        )
    ]


def test_a_language_that_is_none_is_told_and_ignored() -> None:
    found = read_front_matter('---\nlang: ja" onclick\n---\n')
    assert found.language == ""
    assert str(found.problems[0]) == (
        'front matter: "ja" onclick" is no language; write a tag like "ja" or "en" after "lang"'
    )


@pytest.mark.parametrize("inside", ["a: &x 1\nb: *x\n", "name: *x\n", "a: &x [1, 2]\n"])
def test_anchors_and_aliases_are_refused(inside: str) -> None:
    found = read_front_matter(f"---\n{inside}---\nQ: a\n")
    assert str(found.problems[0]) == (
        "front matter with anchors or aliases (& and *), which are not read; "
        "write the values out, or put quotes around them"
    )
    assert found.body == "Q: a\n"


@pytest.mark.parametrize("inside", ["a: " + "[" * 9 + "]" * 9 + "\n", "a: " + "x" * LONGEST + "\n"])
def test_long_and_deep_front_matter_is_refused(inside: str) -> None:
    found = read_front_matter(f"---\n{inside}---\n")
    assert str(found.problems[0]) == (
        "front matter that is too long or nested too deeply; "
        'keep it under 8192 characters, with the keys "name", "tags", "dialect" and "lang"'
    )


@pytest.mark.parametrize("inside", ["x = " + "[" * 8_000, "[ " * 4_000])
def test_nesting_that_would_overflow_a_stack_is_a_problem(inside: str) -> None:
    assert len(read_front_matter(f"---\n{inside}\n---\n").problems) == 1


@pytest.mark.parametrize(
    ("name", "path"),
    [("A/B", "A/B"), ("A::B", "A/B"), (" A /  B c ", "A/B c"), ("/A//B/", "A/B"), ("A:B", "A:B"), ("::", "")],
)
def test_a_deck_path_has_one_form(name: str, path: str) -> None:
    assert deck_path(name) == path


@pytest.mark.parametrize("name", ["a" * 201, "a/" * 20 + "a"])
def test_a_name_that_is_long_or_deep_is_told_and_ignored(name: str) -> None:
    found = read_front_matter(f"---\ntags: x\nname: {name}\n---\n")
    assert (found.deck, found.tags) == ("", ("x",))
    assert [(problem.line, str(problem)) for problem in found.problems] == [
        (
            3,
            "front matter: the name is longer than 200 characters or has more than 20 levels; "
            "give the deck a shorter name; now it is named after its file",
        )
    ]
    assert read_front_matter(f"---\nname: {'a/' * 19}a\n---\n").deck.count("/") == 19


def test_an_escape_that_no_database_takes_is_shown_as_unreadable() -> None:
    found = read_front_matter('---\nname: "a\\ud800b"\ntags: ["\\udfff", "\\0"]\n---\n')
    assert (found.deck, found.tags) == ("a\ufffdb", ("\ufffd",))


def test_tags_beyond_500_characters_are_left_out_and_told() -> None:
    """Each note carries them: without the bound, a file of 700 KB with 70,000 notes fills a gigabyte of the disk."""
    tags = [f"{number:03}{'x' * 97}" for number in range(6)]
    found = read_front_matter(f"---\nname: a\ntags: [{', '.join(tags)}]\n---\nQ: a\n")
    assert found.tags == tuple(tags[:5])
    assert [(problem.line, str(problem)) for problem in found.problems] == [
        (
            3,
            "front matter: the tags have more than 500 characters in all; write fewer; those beyond it were left out",
        )
    ]
    assert read_front_matter(f"---\ntags: [{', '.join(tags[:5])}]\n---\n").problems == ()


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(_TEXTS, st.lists(_TEXTS, max_size=10))
@example("a: b", [])
@example("a #b", ["a, b", "[c]", "- d", "&e", "*f", "-g", "a b"])
@example("'", ['"', "\\"])
@example("x = 1", [])
@example("---", ["yes", "1e3", "~"])
@example("\x7fx\ufeff", ["\uffff\x9f", "\x01"])
def test_what_is_written_is_read_back_unchanged(text: str, texts: list[str]) -> None:
    """Names and tags as reading gives them, of any characters that a database takes."""
    name = deck_path(text)
    tags = tuple(dict.fromkeys(filter(None, ("_".join(tag.split()).lstrip("#") for tag in texts))))
    found = read_front_matter(write_front_matter(name, tags, "ja") + "Q: a\n")
    assert (found.deck, found.tags, found.language, found.dialect) == (name, tags, "ja", "qa")
    assert (found.body, found.problems) == ("Q: a\n", ())


def test_it_is_written_as_the_readme_teaches_it() -> None:
    written = write_front_matter("Docker/Network", ("docker", "a,b"), "en")
    assert written == '---\nname: Docker/Network\ntags: [docker, "a,b"]\nlang: en\ndialect: qa\n---\n'
    written = write_front_matter('Docker: "x"/基本', (), "")
    assert written == '---\nname: "Docker: \\"x\\"/基本"\ndialect: qa\n---\n'
