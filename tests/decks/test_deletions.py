"""Promises of sibling cards: each keeps its own when the others come, go, move or are reworded."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decks import deletions
from app.decks.deletions import match_cards, match_deletions
from app.decks.note import Deletion, Note, NoteKind


def cloze(marked: str) -> Note:
    """A cloze of "[答え]" spans, numbered in order, or of "[2:答え]" spans with their number given."""
    text, deletions = "", []
    for at, part in enumerate(re.split(r"\[(.*?)\]", marked)):
        if at % 2:
            number, _, answer = part.rpartition(":")
            deletions.append(Deletion(answer, len(text), int(number or (at + 1) // 2)))
            text += answer
        else:
            text += part
    return Note(NoteKind.CLOZE, text, "", tuple(deletions))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("[猫]と[犬]", "[猫]と[犬]", {1: 1, 2: 2}, id="nothing changed"),
        pytest.param("猫と[犬]", "[猫]と[犬]", {2: 1}, id="one added before"),
        pytest.param("[猫]と[犬]", "[猫]と[猿]と[犬]", {1: 1, 3: 2}, id="one added between"),
        pytest.param("[猫]と[犬]", "[猫]と[犬]と[猿]", {1: 1, 2: 2}, id="one added behind"),
        pytest.param("[猫]と[犬]と[猿]", "[猫]と犬と[猿]", {1: 1, 2: 3}, id="one unmarked"),
        pytest.param("[猫]と[犬]と[猿]", "[犬]と[猿]", {1: 2, 2: 3}, id="one cut out"),
        pytest.param("[猫]と[犬]", "[犬]と[猫]", {1: 2, 2: 1}, id="two swapped"),
        pytest.param("[1:猫]と[2:犬]", "[2:猫]と[1:犬]", {1: 2, 2: 1}, id="numbers swapped"),
        pytest.param("既定は[bridge]だ", "既定は[host]だ", {1: 1}, id="answer changed"),
        pytest.param("既定は[bridge]だ", "ふつう使うのは[bridge]という型", {1: 1}, id="text changed"),
        pytest.param("既定は[bridge]だ", "既定のネットワークは[ブリッジ]である", {1: 1}, id="both changed"),
        pytest.param("[猫]と[犬]", "[ねこ]と[いぬ]", {1: 1, 2: 2}, id="all answers changed"),
        pytest.param("色は[赤]", "信号で止まれと言う明かりは[レッド]である", {1: 1}, id="written anew"),
        pytest.param("[箱]の中の[箱]", "箱の中の[箱]", {1: 2}, id="of equal answers the one in its place"),
        pytest.param("[猫]は犬より小さい", "猫は[犬]より小さい", {}, id="another thing hidden"),
        pytest.param("[猫]がいる", "猫がいる。大きな町は[大阪]", {}, id="unmarked, and another one added behind"),
        pytest.param("大きな町は[大阪]。猫がいる", "[猫]がいる", {}, id="cut out, and another one marked"),
        pytest.param("[1:a]と[1:b]と[2:c]", "[1:c]と[2:a]と[2:b]", {1: 2, 2: 1}, id="groups swapped"),
        pytest.param("[1:a]と[1:b]と[2:c]", "[1:a]とbと[2:c]", {1: 1, 2: 2}, id="half a group left"),
        pytest.param("[1:a]と[2:b]", "[1:a]と[1:b]", {1: 1}, id="two cards made one"),
        pytest.param("[Ｄｏｃｋｅｒ]は箱", "箱を動かすのは[Docker]", {1: 1}, id="width of an answer that moved"),
    ],
)
def test_each_card_keeps_its_own(old: str, new: str, expected: dict[int, int]) -> None:
    assert match_cards(cloze(old), cloze(new)) == expected


def test_of_very_many_cards_each_is_compared_with_a_few_and_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pair of 500 takes 4 s, and an upload may hold 300 such notes: nobody could answer meanwhile."""
    compared, likeness = [], deletions._card_likeness

    def counted(*each: Any) -> float:
        compared.append(each)
        return likeness(*each)

    monkeypatch.setattr(deletions, "_card_likeness", counted)
    old = cloze(" と ".join(f"[答え{number:03}番]" for number in range(500)))
    new = cloze("前書き " + " と ".join(f"[答え{number:03}号]" for number in range(500)))
    assert match_cards(old, new) == {number: number for number in range(1, 501)}
    assert len(compared) < 10_000


def test_of_very_many_cards_one_that_moved_far_is_found_by_what_it_hides() -> None:
    answers = [f"[{number * 7919 % 104_729}]" for number in range(100)]
    moved = [*answers[1:], answers[0]]
    reworded = match_cards(cloze("次は ".join(answers)), cloze("その後は ".join(moved)))
    assert (reworded[100], len(reworded)) == (1, 100)


def test_a_hint_is_no_part_of_a_card() -> None:
    old = cloze("[猫]と[犬]")
    hinted = tuple(deletion._replace(hint="動物") for deletion in old.deletions)
    assert match_deletions(old.deletions, hinted, old.front, old.front) == {1: 1, 2: 2}


def test_texts_too_long_to_align_still_keep_their_cards() -> None:
    old, new = cloze("[猫]と[犬]" + "あ" * 8000), cloze("[犬]と[猫]" + "い" * 8000)
    assert match_cards(old, new) == {1: 2, 2: 1}


BASIC = Note(NoteKind.BASIC, "既定のネットワークは", "bridge")
REVERSED = Note(NoteKind.REVERSED, "既定のネットワークは", "bridge")
CLOZE = cloze("既定の[ネットワーク]は[ブリッジ bridge]")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(BASIC, BASIC, {1: 1}, id="basic"),
        pytest.param(BASIC, REVERSED, {1: 1}, id="a way back is new"),
        pytest.param(REVERSED, REVERSED, {1: 1, 2: 2}, id="reversed"),
        pytest.param(REVERSED, BASIC, {1: 1}, id="the way back goes"),
        pytest.param(BASIC, CLOZE, {2: 1}, id="the deletion that hides the answer"),
        pytest.param(CLOZE, BASIC, {1: 2}, id="the answer that a deletion hid"),
    ],
)
def test_a_note_of_another_kind_keeps_the_card_that_asks_the_same(
    old: Note, new: Note, expected: dict[int, int]
) -> None:
    assert match_cards(old, new) == expected


words = st.lists(st.text("猫犬猿鳥魚牛馬", min_size=1, max_size=3), max_size=7)
marks = st.lists(st.tuples(st.text("猫犬猿鳥魚牛馬", min_size=1, max_size=3), st.booleans()), max_size=7)


@given(marks, marks)
def test_cards_pair_one_to_one_and_only_cards_that_are_there(
    old: list[tuple[str, bool]], new: list[tuple[str, bool]]
) -> None:
    before, after = (cloze("と".join(f"[{word}]" if mark else word for word, mark in text)) for text in (old, new))
    found = match_cards(before, after)
    assert set(found) <= {deletion.card for deletion in after.deletions}
    assert set(found.values()) <= {deletion.card for deletion in before.deletions}
    assert len(set(found.values())) == len(found)


@given(marks)
def test_marking_one_more_span_moves_no_card(text: list[tuple[str, bool]]) -> None:
    """Numbers shift when a deletion comes in front of others: no card may take its neighbour's progress."""
    before = cloze("と".join(f"[{word}]" if mark else word for word, mark in text))
    after = cloze("と".join(f"[{word}]" for word, _ in text))
    starts = {deletion.start: deletion.card for deletion in before.deletions}
    expected = {deletion.card: starts[deletion.start] for deletion in after.deletions if deletion.start in starts}
    assert match_cards(before, after) == expected


@given(words, st.data())
def test_cutting_out_a_deletion_moves_no_card(answers: list[str], data: st.DataObject) -> None:
    texts = [f"{at}番は[{answer}]" for at, answer in enumerate(answers)]
    cut = data.draw(st.integers(0, len(texts)))
    expected = {card - (card > cut + 1): card for card in range(1, len(texts) + 1) if card != cut + 1}
    assert match_cards(cloze("、".join(texts)), cloze("、".join(texts[:cut] + texts[cut + 1 :]))) == expected
