"""Names of accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OboegakiError
from app.names import checked_name, name_key


@pytest.mark.parametrize("raw", ["hanako", "花子", "Ωμέγα 7", "O'Brien-Sø", "🦊", "x" * 64])
def test_a_name_that_can_be_seen_is_taken_as_it_is(raw: str) -> None:
    assert checked_name(raw) == raw


def test_spaces_around_a_name_are_trimmed() -> None:
    assert checked_name(" \u3000hanako\n") == "hanako"


def test_a_name_is_kept_composed() -> None:
    assert checked_name("e\u0301mile") == "\u00e9mile"


@pytest.mark.parametrize("raw", ["", "   ", "\u3000", "\n\t"])
def test_an_empty_name_is_refused(raw: str) -> None:
    with pytest.raises(OboegakiError) as refused:
        checked_name(raw)
    assert str(refused.value) == "The name is empty; use 1 to 64 characters"


def test_a_long_name_is_refused_with_its_length() -> None:
    with pytest.raises(OboegakiError) as refused:
        checked_name("x" * 65)
    assert str(refused.value) == "The name has 65 characters; use at most 64"


_UNSEEN = [
    *["\0", "\x1b", "\n", "\x7f", "\u00ad", "\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\u2028", "\ufeff"],
    *["\u2800", "\u3164", "\ufe0f", "\U000e0101", "\U000e0041", "\ud800", "\ue000"],
]


@pytest.mark.parametrize("unseen", _UNSEEN, ids=ascii)
def test_a_character_that_cannot_be_seen_is_refused(unseen: str) -> None:
    with pytest.raises(OboegakiError) as refused:
        checked_name(f"ad{unseen}min")
    assert str(refused.value) == (
        "The name holds a character that cannot be seen; use letters, digits and signs that show"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hanako", "hANAKO"), ("Straße", "STRASSE"), ("ﾊﾅｺ", "ハナコ"), ("Ｈａｎａｋｏ", "hanako"), ("a  b", "a\u3000b")],
)
def test_names_that_differ_in_case_or_form_only_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_with_other_letters_differ() -> None:
    assert name_key("はなこ") != name_key("ハナコ")


@given(st.text(max_size=80))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)
