"""Names of a rules file: what other parts of the file may refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from call_analysis.file_values.vocabulary import Vocabulary
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.findings import UNKNOWN

NAME_PATTERN = "[a-z][a-z0-9]*(-[a-z0-9]+)*"


@dataclass(frozen=True, slots=True)
class Names:
    """Names that a section may refer to: those of the sections before it in `parse_rules`."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    languages: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def check_name(node: YamlNode, name: str) -> str:
    """The name. Raises RulesError where it does not follow `NAME_PATTERN` or is reserved."""
    if name == UNKNOWN or not re.fullmatch(NAME_PATTERN, name):
        raise node.error(
            f"got the name {name!r}; allowed: small letters and digits with single hyphens, "
            f"but not {UNKNOWN!r}"
        )
    return name
