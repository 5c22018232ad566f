"""Where a call belongs: the first row of the table that fits its language and main intent."""

from __future__ import annotations

from call_analysis.report import Route
from call_analysis.rules import Rules
from call_analysis.ruleset import UNKNOWN


def route(language: str | None, intent: str, rules: Rules) -> Route:
    """The row's queue, knowledge base, priority and advice; reading the rules made sure that there is one."""
    known = language if language and language in rules.language_codes else UNKNOWN
    row = next(
        row
        for row in rules.routing
        if (not row.languages or known in row.languages) and (not row.intents or intent in row.intents)
    )
    advice = row.advice.in_language(rules.language_codes.get(known))
    return Route(known, intent, row.queue, row.knowledge_base, row.priority, advice)
