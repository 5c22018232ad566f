"""The fitted classifier is kept, read back the same, and done without where it cannot be fitted."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import numpy as np
import pytest

from call_analysis import analyze
from call_analysis.intents import intent_cache
from call_analysis.intents.intent_fitting import Example, fit
from call_analysis.rules_file.rules_file import parse_rules
from tests.analysis.dialogue import call

RULES = """\
version: 1
name: small
languages: {Chinese: zh}
intents:
  roles: [unknown]
  threshold: 0.5
  weights: {strong: 0.8}
  unknown: |
    好的
    我知道了
    嗯嗯
    等一下
    没听清
  categories:
    refund:
      phrases: {strong: [退款]}
      examples: |
        我要退款
        把钱退给我
        能不能退货
        想退掉这个
        退回去行不行
rules:
  polite:
    conditions:
      said: {type: words, phrases: [您好]}
scorecard:
  pass_score: 80
  coach_score: 50
  dimensions: {all: 1}
  items:
    polite: {dimension: all, adds: 1}
routing:
  - {queue: all, knowledge_base: kb, priority: normal, advice: {zh: 处理}}
"""
EXAMPLES = [
    Example(index, text, frozenset({"refund"} if "退" in text else set()), {})
    for index, text in enumerate(
        ["退款", "退货", "要退", "退钱", "能退", "好的", "嗯嗯", "你好", "等等", "知道"]
    )
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_same_examples_give_the_same_classifier() -> None:
    one, other = fit(["refund"], EXAMPLES), fit(["refund"], EXAMPLES)
    assert one.vocabulary == other.vocabulary
    assert np.array_equal(one.weights, other.weights)


def test_a_kept_classifier_answers_as_before() -> None:
    model = fit(["refund"], EXAMPLES)
    intent_cache.keep("key", model)
    kept = intent_cache.load("key")
    assert kept is not None
    said, evidence = [model.known("我要退")], np.zeros((1, 1))
    assert [kept.known("我要退")] == said
    assert kept.confidences(said, evidence) == pytest.approx(model.confidences(said, evidence))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 broken", b"text"])
def test_a_broken_file_counts_as_none(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "qwen3-asr-triton" / "intents" / "key.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert intent_cache.load("key") is None
    assert "cannot be read" in caplog.text


def test_a_folder_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    intent_cache.keep("key", fit(["refund"], EXAMPLES))
    assert intent_cache.load("key") is None


def test_without_scikit_learn_phrases_alone_decide(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with caplog.at_level(logging.WARNING):
        rules = parse_rules(RULES.encode(), "small.yaml")
    assert "scikit-learn is not installed" in caplog.text
    assert rules.intents.model is None
    assert analyze(call("我要退款"), rules).main_intent.confidence == 0.8
    assert analyze(call("把钱退给我"), rules).main_intent.name == "unknown"
