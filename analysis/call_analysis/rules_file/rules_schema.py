"""The JSON schema of rules files, for editors and other programs; made from the declared sections.

Reading a file checks more than a schema can say: names that must exist, expressions, regular expressions.
"""

from __future__ import annotations

from typing import Any

from call_analysis.file_values.name_kinds import SPEAKER_ROLES
from call_analysis.file_values.phrase_kinds import PHRASES
from call_analysis.rules_file.condition_entry import POSITION, condition_definitions
from call_analysis.rules_file.routing_section import ROW
from call_analysis.rules_file.rule_entry import RULE
from call_analysis.rules_file.rules_file import FILE

_DEFINED = (PHRASES, SPEAKER_ROLES, POSITION, RULE, ROW)


def rules_schema() -> dict[str, Any]:
    """JSON schema, draft 2020-12."""
    definitions = {defined.name: defined.kind.schema() for defined in _DEFINED}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of the call analysis",
        **FILE.schema(),
        "$defs": definitions | condition_definitions(),
    }
