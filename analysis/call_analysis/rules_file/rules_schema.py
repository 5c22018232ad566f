"""The JSON schema of rules files, for editors and other programs.

`load_rules` checks more than a schema can say: names that must exist, expressions, regular expressions.
"""

from __future__ import annotations

from typing import Any

from asr_types.transcript import ROLES
from call_analysis.intents.intent_rules import NAME_PATTERN, PRIORITIES
from call_analysis.rules_file.rule_entry import POSITION_LIMITS, required_parameters, types

_TEXT = {"type": "string", "minLength": 1}
_SECONDS = {"type": "number", "minimum": 0.1, "maximum": 86400}
_CODE_TEXTS = {"type": "object", "additionalProperties": _TEXT, "minProperties": 1}


def rules_schema() -> dict[str, Any]:
    """JSON schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of the call analysis",
        **_closed(
            {
                "version": {"const": 1},
                "name": _TEXT,
                "languages": _CODE_TEXTS,
                "negation": _closed(
                    {
                        "before": _list_of(_TEXT),
                        "after": _list_of(_TEXT),
                        "joiners": _list_of(_TEXT),
                        "reach": {"type": "integer", "minimum": 0, "maximum": 20},
                    },
                    required=("before", "reach"),
                ),
                "neutral": _list_of(_TEXT),
                "intents": _intents(),
                "rules": _named({"$ref": "#/$defs/Rule"}),
                "scorecard": _scorecard(),
                "routing": _list_of({"$ref": "#/$defs/RoutingRow"}),
            },
            required=("version", "name", "languages", "intents", "rules", "scorecard", "routing"),
        ),
        "$defs": {
            "Phrases": {"anyOf": [_list_of(_TEXT), _by_code(_list_of(_TEXT))]},
            "Roles": {"type": "array", "items": {"enum": list(ROLES)}, "minItems": 1, "uniqueItems": True},
            "Position": _position(),
            "Rule": _rule(),
            "RoutingRow": _routing_row(),
            **{f"{name}-condition": _condition(name) for name in types()},
        },
    }


def _intents() -> dict[str, Any]:
    category = {
        "phrases": {"type": "object", "additionalProperties": _list_of(_TEXT), "minProperties": 1},
        "examples": {**_TEXT, "description": "one utterance a line"},
        "background": {"type": "boolean"},
    }
    share = {"type": "number", "minimum": 0.01, "maximum": 0.99}
    return _closed(
        {
            "roles": {"$ref": "#/$defs/Roles"},
            "threshold": share,
            "weights": {"type": "object", "additionalProperties": share, "minProperties": 1},
            "examples": {"const": "default"},
            "unknown": {**_TEXT, "description": "utterances that are none of the intents, one a line"},
            "categories": _named(_closed(category, required=())),
        },
        required=("roles", "threshold", "weights", "categories"),
    )


def _rule() -> dict[str, Any]:
    expression = {**_TEXT, "description": "names of conditions with and, or, not and parentheses"}
    conditions = _named({"anyOf": [{"$ref": f"#/$defs/{name}-condition"} for name in types()]})
    return _closed(
        {"description": _TEXT, "conditions": conditions, "when": expression, "given": expression},
        required=("conditions",),
    )


def _condition(name: str) -> dict[str, Any]:
    check = types()[name]
    return _closed(
        {
            "type": {"const": name},
            "roles": {"$ref": "#/$defs/Roles"},
            "position": {"$ref": "#/$defs/Position"},
            "present": {"type": "boolean"},
            **{key: kind.schema() for key, kind in check.PARAMETERS.items()},
        },
        required=("type", *required_parameters(check)),
    )


def _position() -> dict[str, Any]:
    counts = {
        key: {"type": "integer", "minimum": 1, "maximum": most} for key, most in POSITION_LIMITS.items()
    }
    return _closed(
        {**counts, "first_s": _SECONDS, "last_s": _SECONDS, "before": _TEXT, "after": _TEXT}, required=()
    ) | {"minProperties": 1}


def _scorecard() -> dict[str, Any]:
    score = {"type": "number", "minimum": 0, "maximum": 100}
    points = {"type": "number", "minimum": 0.1, "maximum": 1000}
    item = {
        "dimension": _TEXT,
        "adds": points,
        "subtracts": points,
        "fatal": {"const": True},
        "suggestion": _CODE_TEXTS,
    }
    return _closed(
        {
            "pass_score": score,
            "coach_score": score,
            "dimensions": _named(points),
            "items": _named(_closed(item, required=("dimension",))),
        },
        required=("pass_score", "coach_score", "dimensions", "items"),
    )


def _routing_row() -> dict[str, Any]:
    return _closed(
        {
            "languages": _list_of(_TEXT),
            "intents": _list_of(_TEXT),
            "queue": _TEXT,
            "knowledge_base": _TEXT,
            "priority": {"enum": list(PRIORITIES)},
            "advice": _CODE_TEXTS,
        },
        required=("queue", "knowledge_base", "priority", "advice"),
    )


def _closed(properties: dict[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def _named(kind: dict[str, Any]) -> dict[str, Any]:
    names = {"pattern": f"^{NAME_PATTERN}$"}
    return {"type": "object", "propertyNames": names, "additionalProperties": kind, "minProperties": 1}


def _by_code(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": kind, "minProperties": 1}


def _list_of(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": kind, "minItems": 1}
