"""Promises of likeness: rewordings are alike, other things are not, and big numbers stay quick."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.decks import likeness
from app.decks.likeness import LIKE, candidates, compare, question, read
from app.decks.note import Note, NoteKind


def basic(front: str, back: str = "") -> Note:
    return Note(NoteKind.BASIC, front, back)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dockerとは何か", "Ｄｏｃｋｅｒとは何か？"),
        ("What is it?", "What  is\nit"),
        ("ﾃﾞｰﾀは", "データは:"),
        ("列挙せよ…", "列挙せよ"),
    ],
)
def test_the_question_is_the_same_without_spaces_width_and_final_punctuation(one: str, other: str) -> None:
    assert question(one) == question(other)


@pytest.mark.parametrize(
    ("one", "other"), [("-p は", "-P は"), ("?", "!"), ("は何か", "ハ何か"), ("1.5とは", "15とは")]
)
def test_case_kana_and_inner_punctuation_make_another_question(one: str, other: str) -> None:
    assert question(one) != question(other)


def test_likeness_ignores_case_kana_width_and_spaces() -> None:
    assert compare(read(basic("ドッカーとはＸ", "はこ")), read(basic("どっかー とは x", "ハコ"))).score == 1


def test_the_question_weighs_more_than_the_answer() -> None:
    note = read(basic("あいうえおかきくけこ", "さしすせそたちつてと"))
    other_answer = read(basic("あいうえおかきくけこ", "まみむめもやゆよらり"))
    other_question = read(basic("まみむめもやゆよらり", "さしすせそたちつてと"))
    assert compare(note, other_answer).score > compare(note, other_question).score


def test_a_long_answer_that_stayed_says_that_the_note_did() -> None:
    answer = "コンテナは同じカーネルの上で互いに隔てられて動くプロセスで、仮想マシンより軽い"
    assert compare(read(basic("箱の正体は", answer)), read(basic("どう動く?", answer))).sure


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (basic("`-d` は何か", "裏で動かす"), basic("`-f` は何か", "強いる")),
        (basic("-p は何か", "開く"), basic("-P は何か", "すべて開く")),
        (basic("起動するのは", "`docker start`"), basic("停止するのは", "`docker stop`")),
        (basic("Port 80 is for", "plain web"), basic("Port 443 is for", "safe web")),
    ],
)
def test_notes_that_name_different_things_are_not_one(one: Note, other: Note) -> None:
    verdict = compare(read(one), read(other))
    assert verdict.other_thing
    assert not verdict.sure


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (basic("一覧は", "`docker ps`"), basic("全部の一覧は", "`docker ps -a`")),  # said in more detail
        (basic("DockerのNetworkは", "橋"), basic("dockerのnetworkは", "はし")),  # written the other way
        (basic("`-d` は何か", "裏で動かす"), basic("`-f` は何か", "裏で動かす")),  # corrected
        (basic("What does a bridge do?", "It joins"), basic("What is a bridge for?", "Joining")),  # plain English words
    ],
)
def test_notes_that_name_the_same_or_more_may_be_one(one: Note, other: Note) -> None:
    assert not compare(read(one), read(other)).other_thing


def test_a_cloze_is_compared_as_one_text_with_question_and_answer() -> None:
    cloze = read(Note(NoteKind.CLOZE, "既定のネットワークはbridgeである"))
    assert compare(cloze, read(basic("既定のネットワークは", "bridge"))).sure


def fifty(ending: str) -> list[likeness.Reading]:
    return [
        read(basic(f"{chr(0x4E00 + at)}{chr(0x5E00 + at)}{chr(0x6E00 + at)}の読みは{ending}", "読み"))
        for at in range(50)
    ]


def test_everyone_finds_their_own_among_the_candidates() -> None:
    assert {(at, at) for at in range(50)} <= set(candidates(fifty("何か"), fifty("どれ")))


def test_beyond_the_bound_a_shared_rare_run_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MOST_COMPARISONS", 0)
    found = list(candidates(fifty("何か"), fifty("どれ")))
    assert {(at, at) for at in range(50)} <= set(found)
    assert len(found) <= 50 * 6


def test_runs_that_everyone_shares_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MOST_COMPARISONS", 0)
    alike = [read(basic("コンテナとは何か"))] * 50
    assert list(candidates(alike, alike)) == []


texts = st.text(max_size=30)


@given(texts, texts, texts, texts)
def test_likeness_is_a_share_and_the_same_both_ways(front: str, back: str, other_front: str, other_back: str) -> None:
    one, other = read(basic(front, back)), read(basic(other_front, other_back))
    assert 0 <= compare(one, other).score <= 1
    assert compare(one, other) == compare(other, one)
    assert compare(one, one).score == 1 > LIKE


@given(texts)
@example("O¯")
def test_the_question_of_a_question_is_itself(text: str) -> None:
    assert question(question(text)) == question(text)
