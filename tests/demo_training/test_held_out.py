from __future__ import annotations

import dataclasses
from random import Random

import pytest

from training.run.plan import SMOKE
from training.sentences.corpus import DIGIT_LENGTHS, DIGIT_RUN, Corpus
from training.sentences.grammar import Clause, Grammar, Sentence
from training.sentences.held_out import MAX_SIMILARITY, HeldOut, in_share, separation, split_clauses
from training.sentences.similarity import SimilarityIndex, grams, normalised
from training.voices.speaker import load_voices

PLAN = dataclasses.replace(SMOKE, training_utterances=1200, evaluation_sentences=60, evaluation_second=20)


@pytest.fixture(scope="module")
def corpus(grammars: dict[str, Grammar], held_out: HeldOut) -> Corpus:
    return Corpus(grammars, held_out, load_voices(), PLAN)


def test_the_three_scenarios_are_held_out(held_out: HeldOut, corpus: Corpus) -> None:
    assert len(held_out.scenarios) == 3
    trained = {normalised(plan.text) for plan in corpus.training}
    for scenario in held_out.scenarios:
        assert normalised(scenario) not in trained
        assert held_out.holds(Clause(split_clauses(scenario)[0], "{any}"))


def test_dialogues_of_both_languages_and_sides_are_held_out(held_out: HeldOut) -> None:
    lines = held_out.dialogue_lines
    assert {line.language for line in lines} == {"zh", "en"}
    assert {line.role for line in lines} == {"agent", "customer"}
    assert sum(not line.standing for line in lines) >= 40


def test_no_training_sentence_contains_a_held_out_clause(held_out: HeldOut, corpus: Corpus) -> None:
    trained = {normalised(clause) for plan in corpus.training for clause in split_clauses(plan.text)}
    held = {clause for clause in held_out.clauses if len(clause) > 6}
    assert not trained & held


def test_no_held_out_sentence_is_too_similar_to_a_training_sentence(corpus: Corpus) -> None:
    found = separation(corpus.held_out_texts(), [plan.text for plan in corpus.training])
    assert found.above_limit == 0
    assert found.largest <= MAX_SIMILARITY
    assert str(found.sentences) in str(found)


def test_evaluation_uses_voices_that_training_has_not_heard(corpus: Corpus) -> None:
    trained = {plan.speaker.voice.partition("+")[2] or plan.speaker.voice for plan in corpus.training}
    for name, plans in corpus.evaluation.items():
        heard = {plan.speaker.voice.partition("+")[2] or plan.speaker.voice for plan in plans}
        assert not heard & trained, name


def test_the_second_synthesiser_speaks_in_training_and_in_its_own_set(corpus: Corpus) -> None:
    assert {"espeak", "flite"} == {plan.speaker.synthesiser for plan in corpus.training}
    english = {plan.speaker.synthesiser for plan in corpus.evaluation["second"] if plan.language == "en"}
    assert english == {"flite"}


def test_every_digit_sentence_has_a_string_of_six_to_twelve(corpus: Corpus) -> None:
    for plan in corpus.evaluation["digits"]:
        assert any(len(run) in DIGIT_LENGTHS for run in DIGIT_RUN.findall(plan.text))


def test_half_of_each_set_is_chinese(corpus: Corpus) -> None:
    for plans in (corpus.training, corpus.evaluation["sentences"]):
        assert sum(plan.language == "zh" for plan in plans) == len(plans) // 2


def test_the_split_follows_the_slot_combination_alone(
    grammars: dict[str, Grammar], held_out: HeldOut
) -> None:
    grammar = grammars["zh"]
    clauses = [grammar.clause(Random(seed), ("customer", "price")) for seed in range(600)]
    filled = {clause.text: held_out.holds(clause) for clause in clauses if not clause.standing}
    assert filled == {text: held_out.holds(Clause(text, "{any}")) for text in filled}
    assert 0.01 < sum(filled.values()) / len(filled) < 0.12


def test_standing_phrases_are_never_held_out(held_out: HeldOut) -> None:
    texts = [f"请稍等{number}" for number in range(200)]
    assert any(in_share(text) for text in texts)
    assert not any(held_out.holds(Clause(text, text)) for text in texts)


def test_one_held_out_clause_bars_a_whole_turn(held_out: HeldOut) -> None:
    held = Clause("电池能用多久？", "{component}能用多久？")
    known = Clause("怎么联系维修？？", "怎么联系维修？？")
    assert held_out.bars(Sentence("", "zh", "template", (known, held)))
    assert not held_out.bars(Sentence("", "zh", "template", (known,)))


def test_the_index_finds_what_comparing_with_each_finds(grammars: dict[str, Grammar]) -> None:
    random = Random(4)
    texts = [grammars["en"].sentence(random).text for _ in range(300)]
    index = SimilarityIndex(texts[:250])
    for text in texts[250:]:
        best = max(jaccard(grams(text), grams(other)) for other in texts[:250])
        assert index.nearest(text)[0] == pytest.approx(best)


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def test_similarity_ignores_case_and_punctuation() -> None:
    assert jaccard(grams("Thank you, goodbye."), grams("thank you goodbye")) == 1.0
    assert jaccard(grams("你好，请稍等。"), grams("你好请稍等")) == 1.0
    assert jaccard(grams("一二三"), grams("四五六")) == 0.0
