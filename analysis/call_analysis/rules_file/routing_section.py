"""The section "routing" of a rules file."""

from __future__ import annotations

from collections.abc import Sequence

from call_analysis.file_values.vocabulary import Vocabulary
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.intents.intent_rules import PRIORITIES, RoutingRow


def read_routing(
    entry: YamlNode, vocabulary: Vocabulary, languages: Sequence[str], intents: Sequence[str]
) -> tuple[RoutingRow, ...]:
    """The rows in order. Every language must reach a row whatever the intent, or calls would get lost."""
    rows = tuple(_row(item, vocabulary, languages, intents) for item in entry.items())
    for language in languages:
        if not any(not row.intents and (not row.languages or language in row.languages) for row in rows):
            raise entry.error(
                f"no row without intents for the language {language!r}; every language needs one"
            )
    return rows


def _row(
    entry: YamlNode, vocabulary: Vocabulary, languages: Sequence[str], intents: Sequence[str]
) -> RoutingRow:
    entries = entry.fields(
        required=("queue", "knowledge_base", "priority", "advice"), optional=("languages", "intents")
    )
    return RoutingRow(
        languages=entries["languages"].choices(languages) if "languages" in entries else (),
        intents=entries["intents"].choices(intents) if "intents" in entries else (),
        queue=entries["queue"].text(),
        knowledge_base=entries["knowledge_base"].text(),
        priority=entries["priority"].choice(PRIORITIES),
        advice=vocabulary.local_text(entries["advice"]),
    )
