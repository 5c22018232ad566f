"""Reading rules from YAML: strict, with file, line and what is allowed in every error.

The format is described in docs/ANALYSIS.md; `default_rules.yaml` beside this file is the example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from threading import Lock

from call_analysis.errors import RulesError
from call_analysis.file_values.kinds import Names
from call_analysis.file_values.vocabulary import Vocabulary
from call_analysis.file_values.yaml_node import YamlNode, parse_yaml
from call_analysis.intents.intent_rules import UNKNOWN, IntentRules, RoutingRow
from call_analysis.rules.rule import Rule
from call_analysis.rules.scorecard import Scorecard
from call_analysis.rules_file.intents_section import read_intents
from call_analysis.rules_file.routing_section import read_routing
from call_analysis.rules_file.rule_entry import read_rules
from call_analysis.rules_file.scorecard_section import read_scorecard

FORMAT_VERSION = 1
_MAX_FILE_BYTES = 4 << 20
_LOADING = Lock()  # threads that start together fit the classifier once


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole rules file. `language_codes` maps the model's language names to codes such as "zh"."""

    name: str
    sha256: str  # of the file, so that a report tells which rules made it
    language_codes: Mapping[str, str]
    intents: IntentRules
    checks: Mapping[str, Rule]
    scorecard: Scorecard
    routing: tuple[RoutingRow, ...]


def load_rules(path: Path | str | None = None) -> Rules:
    """Rules from a file, or the default ones. Raises RulesError for anything that is not as documented."""
    if path is None:
        with _LOADING:
            return _default_rules()
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RulesError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise RulesError(f"{path}: larger than {_MAX_FILE_BYTES >> 20} MB")
    return parse_rules(content, str(path))


def parse_rules(content: bytes, file: str) -> Rules:
    """Rules from the bytes of a file; `file` is named in errors."""
    entries = parse_yaml(content, file).fields(
        required=("version", "name", "languages", "intents", "rules", "scorecard", "routing"),
        optional=("negation", "neutral"),
    )
    entries["version"].integer(FORMAT_VERSION, FORMAT_VERSION)
    codes = _language_codes(entries["languages"])
    vocabulary = Vocabulary.read(frozenset(codes.values()), entries.get("negation"), entries.get("neutral"))
    intents = read_intents(entries["intents"], vocabulary)
    languages, names = (*codes, UNKNOWN), (*intents.categories, UNKNOWN)
    known = Names(vocabulary, tuple(codes), tuple(intents.categories))
    checks = read_rules(entries["rules"], known)
    return Rules(
        name=entries["name"].text(),
        sha256=hashlib.sha256(content).hexdigest(),
        language_codes=codes,
        intents=intents,
        checks=checks,
        scorecard=read_scorecard(entries["scorecard"], checks, vocabulary),
        routing=read_routing(entries["routing"], vocabulary, languages, names),
    )


def default_rules_text() -> str:
    """The default rules as they are written: the file to start one's own from."""
    return resources.files("call_analysis").joinpath("default_rules.yaml").read_text(encoding="utf-8")


@cache
def _default_rules() -> Rules:
    return parse_rules(default_rules_text().encode(), "default_rules.yaml")


def _language_codes(entry: YamlNode) -> dict[str, str]:
    codes = {name: code.text() for name, code in entry.mapping().items()}
    if UNKNOWN in codes:
        raise entry.error(f"{UNKNOWN!r} stands for every language that is not listed; it has no code")
    return codes
