"""Rules on written dialogues: a hit, a near miss and a negative for every condition type and filter."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from call_analysis.analysis import prepare
from call_analysis.dialogue_file import parse_dialogue
from call_analysis.hits import Hit
from call_analysis.rules.condition import Verdict
from call_analysis.rules.rule import judge
from call_analysis.rules_file.condition_types import condition_types
from call_analysis.rules_file.rules_file import Rules, default_rules_text, parse_rules

DIALOGUES = Path(__file__).parent / "dialogues"
PARTS = ("hit", "near miss", "negative")
FILES = sorted(path.stem for path in DIALOGUES.glob("*.yaml"))
OUTCOMES = {True: True, False: False, "not applicable": None}


@cache
def written(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DIALOGUES / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


@cache
def defaults() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(default_rules_text())
    return content


@cache
def rules_of(name: str) -> Rules:
    rule = {key: value for key, value in written(name).items() if key not in PARTS}
    base = dict(defaults())
    base["scorecard"] = base["scorecard"] | {"items": {"tried": {"dimension": "service"}}}
    base["rules"] = {"tried": rule}
    return parse_rules(yaml.safe_dump(base, allow_unicode=True).encode(), f"{name}.yaml")


def shown(hit: Hit) -> str:
    start_s = hit.turn.start_s if hit.moment is None else hit.moment.start_s
    return f"{start_s} {hit.turn.role} {hit.quote}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", FILES)
def test_dialogue(name: str, part: str) -> None:
    rules, case = rules_of(name), written(name)[part]
    call = prepare(parse_dialogue(case["dialogue"], name), rules)
    verdict: Verdict = judge(rules.checks["tried"], call).whole
    assert verdict.truth == OUTCOMES[case.get("outcome", True)]
    if "found" in case or verdict.truth is not None:
        assert [shown(hit) for hit in verdict.hits] == case.get("found", [])
    if "searched" in case:
        assert verdict.searched is not None
        assert shown(verdict.searched) == case["searched"]
    assert case.get("reason", "") in (verdict.reason or "")
    assert (verdict.reason is None) == (verdict.truth is not None)


def test_every_condition_type_has_its_dialogues() -> None:
    used = {condition["type"] for name in FILES for condition in written(name)["conditions"].values()}
    assert used == set(condition_types())
    assert len(FILES) * len(PARTS) >= 60
