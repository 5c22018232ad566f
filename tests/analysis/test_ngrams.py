"""The n-grams that the intent classifier goes by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from call_analysis import load_rules
from call_analysis.intents.phrase_evidence import sentences, whole_text
from call_analysis.text.folded_text import fold
from call_analysis.text.ngrams import Ngram, ngrams

PARTS = [
    "我要退款",
    "退",
    "refund",
    "I can't",
    "3.5",
    "12",
    " ",
    ",",
    "，",
    ";",
    "。",
    ". ",
    "!",
    "…",
    "'",
    "ไม่",
    "-",
    "_",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_those_of_a_sentence_or_clause_are_those_of_the_text_that_lie_within_it(text: str) -> None:
    folded = fold(text)
    whole = whole_text(folded, load_rules().intents.lexicon)
    for sentence in sentences(whole, folded):
        for piece in (sentence, *sentence.clauses(folded)):
            alone = [
                Ngram(part.feature, part.start + piece.start, part.end + piece.start)
                for part in ngrams(piece.text)
            ]
            within = [
                part for part in ngrams(whole.text) if piece.start <= part.start and part.end <= piece.end
            ]
            assert sorted(alone) == sorted(within)
