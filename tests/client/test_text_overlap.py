"""Two texts that share a second or two are joined without losing or doubling a word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.transcript.text_overlap import split_at_shared_words
from asr_types.transcript import join_texts


def joined(left: str, right: str, overlap_s: float = 2.0) -> str | None:
    texts = split_at_shared_words(left, right, overlap_s)
    return None if texts is None else join_texts(list(texts))


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        ("我想问一下延长保修的价", "长保修的价格是多少", "我想问一下延长保修的价格是多少"),
        ("we can extend the war", "extend the warranty please", "we can extend the warranty please"),
        # Each recording begins or ends inside a word, and hears something else there.
        ("send it to my off", "voice it to my office in berlin", "send it to my office in berlin"),
        ("你好我要退货因为它坏", "退货因为他坏了谢谢", "你好我要退货因为他坏了谢谢"),
        # Punctuation and case differ on both sides.
        ("Yes, I know. The price", "the price is too high.", "Yes, I know. The price is too high."),
        ("我的订单号是一二三，四五", "三四五六七。", "我的订单号是一二三，四五六七。"),
        # The shared words come twice.
        ("no no no that is not", "that is not what i said", "no no no that is not what i said"),
        ("好的好的谢谢", "好的谢谢再见", "好的好的谢谢再见"),
    ],
)  # fmt: skip
def test_shared_words_are_said_once(left: str, right: str, whole: str) -> None:
    assert joined(left, right) == whole


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("hello how are you", "completely different words"),
        ("我想问一下", "你们几点开门"),
        ("", "text"),
        ("...", "a"),
    ],
)
def test_texts_that_share_nothing_are_left_alone(left: str, right: str) -> None:
    assert split_at_shared_words(left, right, 2.0) is None


def test_one_common_word_is_chance() -> None:
    assert split_at_shared_words("the red one and the blue", "in the evening they close early", 2.0) is None


def test_words_outside_the_overlap_are_not_compared() -> None:
    said = "extend the warranty for one more year " * 3
    far = "something else entirely was said in between these two places by both of them " * 3
    assert split_at_shared_words(said + far, "extend the warranty for one more year", 1.0) is None


BEFORE = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), max_size=25)
AFTER = st.lists(st.sampled_from(["omega", "sigma", "kappa", "lambda"]), max_size=25)


@settings(max_examples=200, derandomize=True)
@given(before=BEFORE, shared=st.integers(3, 10), after=AFTER, seed=st.integers(0, 10_000))
def test_any_overlap_of_distinct_words_is_found(
    before: list[str], shared: int, after: list[str], seed: int
) -> None:
    middle = [f"word{seed + index}" for index in range(shared)]
    left, right = " ".join([*before, *middle]), " ".join([*middle, *after])
    assert joined(left, right) == " ".join([*before, *middle, *after])


@settings(max_examples=200, derandomize=True)
@given(before=BEFORE, shared=st.integers(5, 10), after=AFTER, cut=st.integers(1, 3))
def test_fragments_at_the_cuts_vanish(before: list[str], shared: int, after: list[str], cut: int) -> None:
    middle = [f"syllable{index}" for index in range(shared)]
    left = " ".join([*before, *middle[:-1], middle[-1][:cut]])
    right = " ".join([middle[0][-cut:], *middle[1:], *after])
    assert joined(left, right) == " ".join([*before, *middle, *after])
