"""Points, dimensions, bands and fatal items of a scorecard."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from call_analysis.findings import QualityReport
from call_analysis.rules.condition import Verdict
from call_analysis.rules.expression import Name
from call_analysis.rules.rule import Rule, RuleVerdict
from call_analysis.rules.scorecard import Effect, Item, Scorecard, score_call
from call_analysis.text.local_text import LocalText

ADVICE = LocalText({"zh": "改进 {count}", "en": "improve {count}"})
CARD = Scorecard(
    pass_score=80,
    coach_score=50,
    weights={"manners": 1, "process": 3},
    items=(
        Item("greeted", Effect.ADDS, 10, "manners", ADVICE),
        Item("thanked", Effect.ADDS, 30, "manners", None),
        Item("interrupted", Effect.SUBTRACTS, 20, "manners", None),
        Item("checked", Effect.ADDS, 1, "process", None),
        Item("swore", Effect.FATAL, 0, "process", None),
        Item("mentioned", Effect.TRACKED, 0, "process", None),
    ),
)
GOOD = {
    "greeted": True,
    "thanked": True,
    "interrupted": False,
    "checked": True,
    "swore": False,
    "mentioned": True,
}


def scored(changes: Mapping[str, bool | None], language: str = "en") -> QualityReport:
    verdicts = {
        name: RuleVerdict(
            Rule(name, {}, Name(name)), Verdict(truth, reason=None if truth is not None else "why"), {}
        )
        for name, truth in {**GOOD, **changes}.items()
    }
    return score_call(CARD, verdicts, language)


@pytest.mark.parametrize(
    ("changes", "score", "outcome"),
    [
        ({}, 100.0, "pass"),
        ({"thanked": False}, 81.2, "pass"),  # manners 25, process 100, weighted 1 to 3
        ({"interrupted": True}, 95.0, "pass"),
        ({"greeted": False, "thanked": False, "interrupted": True}, 75.0, "coach"),  # not below 0
        ({"checked": False}, 25.0, "fail"),
        ({"swore": True}, 100.0, "fail"),
        ({"thanked": None}, 100.0, "pass"),
        ({"greeted": None, "thanked": False}, 75.0, "coach"),
        ({"mentioned": False}, 100.0, "pass"),
        ({"checked": None, "swore": None, "thanked": False}, 25.0, "fail"),
        (dict.fromkeys(GOOD), None, "not_applicable"),
        ({**dict.fromkeys(GOOD), "interrupted": True}, 80.0, "pass"),
    ],
)
def test_score_and_outcome(changes: dict[str, bool | None], score: float | None, outcome: str) -> None:
    quality = scored(changes)
    assert (quality.score, quality.outcome) == (score, outcome)


def test_a_dimension_in_which_nothing_can_be_judged_has_no_score() -> None:
    quality = scored({"checked": None, "swore": None})
    assert [(entry.name, entry.weight, entry.score) for entry in quality.dimensions] == [
        ("manners", 1, 100.0)
    ]


def test_only_failed_items_have_a_suggestion_in_the_calls_language() -> None:
    assert scored({}).suggestions == ()
    assert scored({"greeted": False}).suggestions == ("improve 0",)
    assert scored({"greeted": False}, "zh").suggestions == ("改进 0",)


def test_items_say_what_they_count_and_why_they_do_not() -> None:
    items = {item.rule: item for item in scored({"interrupted": None}).items}
    assert (items["interrupted"].outcome, items["interrupted"].reason) == ("not_applicable", "why")
    assert (items["interrupted"].points, items["greeted"].points) == (-20, 10)
    assert items["swore"].fatal
    assert items["mentioned"].outcome == "info"
