"""Where a call belongs: the first row of the table that fits its language and main intent."""

from __future__ import annotations

from collections.abc import Sequence

from call_analysis.intents.intent_rules import UNKNOWN
from call_analysis.report import Route
from call_analysis.rules_file.rules_file import Rules
from call_analysis.text.text_language import language_of_text
from call_analysis.turns import CallTurn


def route(tag: str | None, turns: Sequence[CallTurn], intent: str, rules: Rules) -> Route:
    """The row's queue, knowledge base, priority and advice; reading the rules made sure that there is one.

    The model's language tag decides; only where it is missing the text does.
    """
    language = tag or language_of_text(turns, rules.language_codes)
    known = language if language and language in rules.language_codes else UNKNOWN
    row = next(
        row
        for row in rules.routing
        if (not row.languages or known in row.languages) and (not row.intents or intent in row.intents)
    )
    return Route(
        language=known,
        language_from="tag" if tag else "text" if language else "none",
        intent=intent,
        queue=row.queue,
        knowledge_base=row.knowledge_base,
        priority=row.priority,
        advice=row.advice.in_language(rules.language_codes.get(known)),
    )
