"""A rules file: everything that an analysis decides by, read strictly from YAML.

Every error names the file, the line and what is allowed. docs/ANALYSIS.md describes the format;
`default_rules.yaml` of the package is the example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any

from call_analysis.errors import RulesError
from call_analysis.file_values.containers import ByKey
from call_analysis.file_values.kinds import Constant, Text
from call_analysis.file_values.names import Names
from call_analysis.file_values.section import Section
from call_analysis.file_values.vocabulary import Vocabulary
from call_analysis.file_values.yaml_node import YamlNode, parse_yaml
from call_analysis.findings import UNKNOWN
from call_analysis.intents.intent_rules import IntentRules
from call_analysis.routing import RoutingTable
from call_analysis.rules.rule import Rule
from call_analysis.rules.scorecard import Scorecard
from call_analysis.rules_file.intents_section import INTENTS
from call_analysis.rules_file.routing_section import ROUTING
from call_analysis.rules_file.rule_entry import RULES
from call_analysis.rules_file.scorecard_section import SCORECARD
from call_analysis.rules_file.vocabulary_section import NEGATION, NEUTRAL
from call_analysis.text.lexicon import Negation

FORMAT_VERSION = 1
_MAX_FILE_BYTES = 4 << 20
_LOADING = Lock()  # so that threads that start together fit the classifier only once


@dataclass(frozen=True, slots=True)
class Rules:
    """What a rules file says."""

    name: str
    sha256: str  # of the file; a report names it
    language_codes: Mapping[str, str]  # such as "zh", by the model's language names
    intents: IntentRules
    checks: Mapping[str, Rule]
    scorecard: Scorecard
    routing: RoutingTable


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
    entries = FILE.open(parse_yaml(content, file), Names())
    entries.read("version")
    codes: Mapping[str, str] = entries.read("languages")
    vocabulary = Vocabulary(
        codes=frozenset(codes.values()),
        negation=entries.read("negation", Negation()),
        neutral=entries.read("neutral", ()),
    )
    entries = entries.knowing(Names(vocabulary, tuple(codes)))
    intents: IntentRules = entries.read("intents")
    entries = entries.knowing(replace(entries.names, intents=tuple(intents.categories)))
    checks: Mapping[str, Rule] = entries.read("rules")
    entries = entries.knowing(replace(entries.names, rules=tuple(checks)))
    return Rules(
        name=entries.read("name"),
        sha256=hashlib.sha256(content).hexdigest(),
        language_codes=codes,
        intents=intents,
        checks=checks,
        scorecard=entries.read("scorecard"),
        routing=RoutingTable(entries.read("routing"), codes),
    )


def default_rules_text() -> str:
    """The default rules file as text, to start one's own from."""
    return resources.files("call_analysis").joinpath("default_rules.yaml").read_text(encoding="utf-8")


@cache
def _default_rules() -> Rules:
    return parse_rules(default_rules_text().encode(), "default_rules.yaml")


@dataclass(frozen=True, slots=True)
class _LanguageCodes:
    """Language codes by the model's names of the languages."""

    def read(self, node: YamlNode, names: Names) -> dict[str, str]:
        codes: dict[str, str] = self._codes.read(node, names)
        if UNKNOWN in codes:
            raise node.error(f"{UNKNOWN!r} stands for every language that is not listed; it has no code")
        return codes

    def schema(self) -> dict[str, Any]:
        return self._codes.schema()

    @property
    def _codes(self) -> ByKey:
        return ByKey(Text())


FILE = Section(
    kinds={
        "version": Constant(FORMAT_VERSION),
        "name": Text(),
        "languages": _LanguageCodes(),
        "negation": NEGATION,
        "neutral": NEUTRAL,
        "intents": INTENTS,
        "rules": RULES,
        "scorecard": SCORECARD,
        "routing": ROUTING,
    },
    required=("version", "name", "languages", "intents", "rules", "scorecard", "routing"),
)
