"""`asr rules` as a user runs it, and the published schema of rules files."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from asr_cli.main import main
from call_analysis.errors import RulesError
from call_analysis.file_values.containers import ByKey, ByName, Defined
from call_analysis.file_values.kinds import Number, Whole
from call_analysis.file_values.names import Names
from call_analysis.file_values.section import Section
from call_analysis.file_values.yaml_node import parse_yaml
from call_analysis.rules_file.rules_file import FILE, default_rules_text
from call_analysis.rules_file.rules_schema import rules_schema

DIALOGUE = """\
# a short call
language: English
0.0-2.0 agent: Hello, how may I help you?
2.5-5.0 customer: My parcel has not arrived.
17.0-19.0 agent: Not my problem.
"""


def declared(section: Section, path: str = "") -> Iterator[tuple[str, Number | Whole]]:
    """Every number that a section or one within it declares, with its path."""
    for key, kind in section.kinds.items():
        while isinstance(kind, ByKey | ByName | Defined):
            kind = kind.kind if isinstance(kind, Defined) else kind.value
        if isinstance(kind, Section):
            yield from declared(kind, f"{path}{key}.")
        elif isinstance(kind, Number | Whole):
            yield f"{path}{key}", kind


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "my-rules.yaml"
    path.write_text(default_rules_text(), encoding="utf-8")
    return path


def test_check_says_what_is_in_a_good_file(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", str(rules)]) == 0
    assert "my-rules.yaml: fine: 9 intents, 11 rules" in capsys.readouterr().out


def test_check_names_file_line_and_what_is_allowed(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(rules.read_text("utf-8").replace("type: silence", "type: silense", 1), encoding="utf-8")
    assert main(["rules", "check", str(rules)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"{rules}:")
    assert "rules.hold-etiquette.conditions.held.type: got 'silense'; allowed: delay, duration" in error


def test_test_shows_every_condition_with_its_evidence(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogue = tmp_path / "call.txt"
    dialogue.write_text(DIALOGUE, encoding="utf-8")
    assert main(["rules", "test", str(rules), "--dialogue", str(dialogue)]) == 0
    out = capsys.readouterr().out
    assert "banned-words: true\n  said (words): true\n    17.0-19.0 s  agent  “Not my problem”" in out
    assert "greeting: true\n  greeted (words): true\n    0.0-2.0 s  agent  “Hello”  [hello]" in out
    assert "interruption: false" in out
    assert main(["rules", "test", str(rules), "--dialogue", str(dialogue), "--rule", "closing"]) == 0
    assert capsys.readouterr().out.startswith("closing: not applicable: the occasion")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("agent Hello", "call.txt:1: got 'agent Hello'; allowed: 'START-END ROLE: text'"),
        ("0-1 agent: a\ncustomer: b", "call.txt:2: no time, but line 1 has one"),
        ("5-1 agent: a", "call.txt:1: runs from 5 to 1 s"),
        ("duration: long\nagent: a", "duration is 'long'; a number is needed"),
    ],
)
def test_a_dialogue_that_does_not_fit_is_refused_with_its_line(
    text: str, error: str, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogue = tmp_path / "call.txt"
    dialogue.write_text(text, encoding="utf-8")
    assert main(["rules", "test", str(rules), "--dialogue", str(dialogue)]) == 1
    assert error in capsys.readouterr().err


def test_an_unknown_rule_is_wrong_usage(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogue = tmp_path / "call.txt"
    dialogue.write_text(DIALOGUE, encoding="utf-8")
    assert main(["rules", "test", str(rules), "--dialogue", str(dialogue), "--rule", "x"]) == 2
    assert "unknown rule 'x'; allowed: banned-words" in capsys.readouterr().err


def test_the_published_schema_is_the_current_one_and_fits_the_default_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    published = json.loads(
        resources.files("call_analysis").joinpath("rules.schema.json").read_text(encoding="utf-8")
    )
    assert published == rules_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(yaml.safe_load(default_rules_text()), published)
    assert main(["rules", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == published


def test_bounds_of_values_are_written_in_their_declared_kinds_only() -> None:
    """Kinds read and describe a value; nothing else reads numbers from the file."""
    package = Path(str(resources.files("call_analysis")))
    readers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("number", "integer")
    }
    assert readers == {"file_values/kinds.py"}


@pytest.mark.parametrize(("path", "kind"), list(declared(FILE)))
def test_every_declared_number_is_refused_outside_the_bounds_of_its_schema(
    path: str, kind: Number | Whole
) -> None:
    schema = kind.schema()
    for value in (schema["minimum"] - 1, schema["maximum"] + 1):
        with pytest.raises(RulesError, match=f"allowed: {schema['minimum']:g} to {schema['maximum']:g}"):
            kind.read(parse_yaml(str(value).encode(), path), Names())
