"""Names of metrics stand once in the product, and the documentation lists what is published."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import asr_engine.metric_names
from asr_engine.metric_names import INSTANCE_LABEL, OUTCOME_LABEL, MetricName
from asr_engine.triton.metrics import HELP
from asr_engine.triton.model import AsrModel
from tests.adapter.fake_triton import PbUtils
from tests.adapter.scripted_engine import ScriptedEngine

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("engine", "model_repository", "export", "client", "analysis", "apps", "loadtest", "demo")
NAME = re.compile(r"\basr_[a-z_]+\b")


def metrics_named_in(path: Path) -> list[MetricName]:
    """Each mention in a string of the module, docstrings included; a histogram's series count as its name."""
    strings = (
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    words = (word for string in strings for word in NAME.findall(string))
    names = (re.sub(r"_(bucket|sum|count)$", "", word) for word in words)
    return [MetricName(name) for name in names if name in set(MetricName)]


def test_a_name_stands_in_one_module_only() -> None:
    modules = [path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")]
    naming = {path: found for path in modules if (found := metrics_named_in(path))}
    assert list(naming) == [Path(asr_engine.metric_names.__file__)]
    (found,) = naming.values()
    assert Counter(found) == Counter(MetricName)


def test_every_name_is_published_and_explained() -> None:
    pb_utils = PbUtils()
    model = AsrModel(ScriptedEngine(), pb_utils)
    assert {name for name, _ in pb_utils.page} == set(MetricName) == set(HELP)
    model.close()


def test_the_documentation_lists_what_is_published() -> None:
    page = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## Metrics")
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `asr_")]
    assert Counter(name for row in rows for name in NAME.findall(row)) == Counter(MetricName)
    assert f"`{MetricName.REQUESTS}{{{OUTCOME_LABEL}}}`" in section
    assert f"label `{INSTANCE_LABEL}`" in section
