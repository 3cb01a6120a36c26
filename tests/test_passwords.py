"""Passwords: which are taken, and how they are kept."""

import pytest
from argon2 import Type, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.errors import OboegakiError
from app.passwords import HASHER, Hasher, checked_password
from tests.entrance import PASSWORD, QUICK

TOO_COMMON = "The password is one of the first that guessers try; use several words instead"


def refusal(password: str, name: str = "hanako") -> str:
    """Why the password is not taken."""
    with pytest.raises(OboegakiError) as refused:
        checked_password(password, name)
    return str(refused.value)


def test_a_server_hashes_with_argon2id_at_19_mib_two_passes_and_one_lane() -> None:
    found = extract_parameters(HASHER.hash(PASSWORD))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19 * 1024, 2, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)


def test_a_name_without_an_account_costs_the_same_hash() -> None:
    assert extract_parameters(HASHER.of_nobody) == extract_parameters(HASHER.hash(PASSWORD))


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_no_password_matches_nobody(password: str) -> None:
    assert not QUICK.matches(None, password)


def test_a_password_matches_its_own_hash_only() -> None:
    kept = QUICK.hash(PASSWORD)
    assert QUICK.matches(kept, PASSWORD)
    assert not QUICK.matches(kept, PASSWORD + ".")
    assert not QUICK.matches(kept, "")


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert QUICK.hash(PASSWORD) != QUICK.hash(PASSWORD)


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$v=19$m=8"])
def test_a_damaged_hash_matches_nothing(kept: str) -> None:
    assert not QUICK.matches(kept, PASSWORD)


def test_a_hash_is_outdated_once_the_parameters_rise() -> None:
    kept = QUICK.hash(PASSWORD)
    assert not QUICK.is_outdated(kept)
    assert Hasher(time_cost=2, memory_kib=8).is_outdated(kept)
    assert Hasher(time_cost=1, memory_kib=16).is_outdated(kept)


def test_the_two_forms_in_which_keyboards_send_a_letter_are_one_password() -> None:
    assert QUICK.matches(QUICK.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")
    assert QUICK.matches(QUICK.hash("ﾊﾟｽﾜｰﾄﾞ 帳"), "パスワード 帳")


@pytest.mark.parametrize("length", [64, 128, 1024])
def test_every_character_of_a_long_password_counts(length: int) -> None:
    password = checked_password("鍵" * (length - 1) + "a", "hanako")
    kept = QUICK.hash(password)
    assert QUICK.matches(kept, password)
    assert not QUICK.matches(kept, password[:-1] + "b")


@settings(max_examples=50)
@given(st.text(min_size=8, max_size=128))
def test_any_unicode_can_be_hashed_and_matched(password: str) -> None:
    assert QUICK.matches(QUICK.hash(password), password)


@pytest.mark.parametrize("password", [PASSWORD, "これは長い合言葉", "x7#kQ9!z", "        .", "\u0001\u0002kjs91xq"])
def test_there_are_no_rules_about_kinds_of_characters(password: str) -> None:
    assert checked_password(password, "hanako") == password


def test_a_short_password_is_refused() -> None:
    assert refusal("x7#kQ9!") == "The password is shorter than 8 characters; several words make a good one"


def test_a_password_beyond_the_longest_is_refused_and_never_cut() -> None:
    assert refusal("x7#kQ9!z" * 128 + "x") == "The password is longer than 1024 characters"


@pytest.mark.parametrize("password", ["Hanako-San", "ＨＡＮＡＫＯ-san", " hanako-san "])
def test_the_name_is_no_password(password: str) -> None:
    assert refusal(password, "hanako-san") == (
        "The password is the name of the account or of this program; use several words instead"
    )


def test_the_name_of_the_program_is_no_password() -> None:
    assert refusal("Oboegaki") == (
        "The password is the name of the account or of this program; use several words instead"
    )


@pytest.mark.parametrize("password", ["password", "Password", "PASSWORD1", "12345678", "qwertyuiop", "iloveyou"])
def test_what_everybody_takes_is_refused(password: str) -> None:
    assert refusal(password) == TOO_COMMON


def test_the_3000_commonest_passwords_are_refused() -> None:
    commonest = FREQUENCY_LISTS["passwords"][:3000]
    long_enough = [password for password in commonest if len(password) >= 8]
    assert len(commonest) == 3000
    assert len(long_enough) > 800
    assert {refusal(password) for password in long_enough} == {TOO_COMMON}
    assert {refusal(password) for password in set(commonest) - set(long_enough)} == {
        "The password is shorter than 8 characters; several words make a good one"
    }


def test_a_part_of_a_common_password_is_not_taken_for_it() -> None:
    assert checked_password("ertyuiop,lkj", "hanako") == "ertyuiop,lkj"
