"""A newcomer changes what the analysis finds by editing YAML only, as docs/ANALYSIS.md tells."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from asr_cli.main import main
from call_analysis import analyze, load_rules
from call_analysis.rules_file.rules_file import default_rules_text
from tests.analysis.dialogue import call

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "ANALYSIS.md"


def blocks_of_the_guide() -> tuple[str, str]:
    """The intent and the rule of the guide's first steps."""
    found = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    return textwrap.dedent(found[0]), textwrap.dedent(found[1])


def put_in(text: str, block: str, *sections: str) -> str:
    """The part of the block below these keys, put first below the same keys of the text."""
    part = block
    for depth, key in enumerate(sections):
        heading = "  " * depth + key + ":"
        part = part[part.index(heading) + len(heading) :]
    lines = part.lstrip("\n").splitlines()
    indent = "  " * len(sections)
    kept = [
        line
        for index, line in enumerate(lines)
        if all(part.startswith(indent) for part in lines[: index + 1])
    ]
    place = 0
    for depth, key in enumerate(sections):
        match = re.compile(rf"^{'  ' * depth}{key}:.*\n", re.M).search(text, place)
        assert match
        place = match.end()
    return text[:place] + "\n".join(kept) + "\n" + text[place:]


def test_the_intent_and_the_rule_of_the_guide_work(tmp_path: Path) -> None:
    transcript = call(
        "customer: 家里旧的电视机可以换一台新的吗，你们回收旧的吗", "agent: 您好，可以的，师傅会当场估价。"
    )
    assert "trade-in" not in {intent.name for intent in analyze(transcript).intents}

    intent, rule = blocks_of_the_guide()
    text = put_in(default_rules_text(), intent, "intents", "categories")
    text = put_in(text, rule, "rules")
    text = put_in(text, rule, "scorecard", "items")
    path = tmp_path / "my-rules.yaml"
    path.write_text(text, encoding="utf-8")

    assert main(["rules", "check", str(path)]) == 0
    report = analyze(transcript, load_rules(path))
    assert "trade-in" in {intent.name for intent in report.intents}
    item = next(item for item in report.quality.items if item.rule == "trade-in-explained")
    assert item.outcome == "pass"
    assert "估价" in {hit.quote for hit in item.hits}


def test_a_banned_word_is_added_to_a_list(tmp_path: Path) -> None:
    transcript = call("customer: 这个怎么弄", "agent: 您好，请稍等，谢谢，这个你别问我")
    assert analyze(transcript).quality.outcome == "pass"
    path = tmp_path / "my-rules.yaml"
    path.write_text(default_rules_text().replace("zh: [不知道, ", "zh: [别问我, 不知道, "), encoding="utf-8")
    after = analyze(transcript, load_rules(path))
    assert after.quality.outcome == "fail"
    assert "别问我" in after.quality.suggestions[0]


def test_an_intent_of_phrases_alone_is_found_beside_those_with_examples(tmp_path: Path) -> None:
    text = default_rules_text().replace(
        "  categories: # what customers call about\n",
        "  categories:\n    recycling:\n      phrases:\n        strong: [旧机回收]\n",
    )
    path = tmp_path / "my-rules.yaml"
    path.write_text(text, encoding="utf-8")
    report = analyze(call("customer: 旧机回收怎么弄"), load_rules(path))
    assert report.main_intent.name == "recycling"
    assert report.main_intent.hits[0].quote == "旧机回收"
