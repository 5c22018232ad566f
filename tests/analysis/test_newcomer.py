"""A newcomer changes what the analysis finds by editing YAML only, as docs/ANALYSIS.md tells."""

from __future__ import annotations

from pathlib import Path

from dialogue import call

from call_analysis import analyze, load_rules
from call_analysis.rules import default_rules_text

NEW_INTENT = """\
  categories: # in order of precedence between equals
    recycling:
      phrases:
        strong: [以旧换新, 旧机回收, trade in]
"""


def test_an_intent_and_a_banned_word_are_added_in_yaml(tmp_path: Path) -> None:
    transcript = call("customer: 旧机回收怎么弄", "agent: 您好，请稍等，谢谢，这个你别问我")
    before = analyze(transcript)
    assert (before.main_intent.name, before.quality.outcome) == ("unknown", "pass")

    text = default_rules_text()
    text = text.replace("  categories: # in order of precedence between equals\n", NEW_INTENT)
    text = text.replace("zh: [不知道, ", "zh: [别问我, 不知道, ")
    path = tmp_path / "my-rules.yaml"
    path.write_text(text, encoding="utf-8")

    after = analyze(transcript, load_rules(path))
    assert (after.main_intent.name, after.main_intent.hits[0].quote) == ("recycling", "旧机回收")
    assert after.quality.outcome == "fail"
    assert "别问我" in after.quality.suggestions[0]
