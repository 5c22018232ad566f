"""The report of a call: everything that an analysis found, as frozen data with a versioned schema.

`CallReport.to_dict` and `report_from_dict` are inverse to each other; `call_report.schema.json` beside this
file is the published JSON schema. A minor version only adds entries; readers ignore entries they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asr_types.transcript import CallMetadata
from call_analysis.findings import (
    Intent,
    QualityReport,
    Route,
    RuleFinding,
    RulesSource,
    TurnReport,
)
from call_analysis.report_document import (
    SCHEMA_VERSION,
    FindingEntry,
    IntentEntry,
    QualityEntry,
    ReportDocument,
    RouteEntry,
    TurnEntry,
    read_document,
)
from call_analysis.report_text import heading, intent_lines, quality_lines, routing_lines


@dataclass(frozen=True, slots=True)
class CallReport:
    """What an analysis found in one call.

    `intents` has at least one entry, the main intent first. `findings` has every rule of the rules file;
    `quality` has those that the scorecard counts.
    """

    metadata: CallMetadata
    duration_s: float
    language: str | None
    rules: RulesSource
    turns: tuple[TurnReport, ...]
    intents: tuple[Intent, ...]
    findings: tuple[RuleFinding, ...]
    quality: QualityReport
    routing: Route
    schema_version: str = SCHEMA_VERSION

    @property
    def main_intent(self) -> Intent:
        """What the call is about."""
        return self.intents[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; `schema_version` comes first."""
        return ReportDocument(
            schema_version=self.schema_version,
            metadata=self.metadata,
            duration_s=self.duration_s,
            language=self.language,
            rules=self.rules,
            intents=tuple(map(IntentEntry.of, self.intents)),
            findings=tuple(map(FindingEntry.of, self.findings)),
            quality=QualityEntry.of(self.quality),
            routing=RouteEntry.of(self.routing),
            turns=tuple(map(TurnEntry.of, self.turns)),
        ).to_dict()

    def to_text(self) -> str:
        """The report for people: intents, routing and quality with the words that show them."""
        lines = [
            heading(self.metadata, self.duration_s, self.language),
            "",
            *intent_lines(self.intents),
            *routing_lines(self.routing),
            *quality_lines(self.quality),
        ]
        return "\n".join(lines) + "\n"


def report_from_dict(data: dict[str, Any]) -> CallReport:
    """Inverse of `to_dict`.

    Raises ValueError for another major schema version, for data that is no report, and for a report whose
    quotes are not in its turns.
    """
    document = read_document(data)
    try:
        return _report(document)
    except ValueError as error:
        raise ValueError(f"not a call report: {error}") from error


def _report(document: ReportDocument) -> CallReport:
    turns = [entry.turn() for entry in document.turns]
    return CallReport(
        metadata=document.metadata,
        duration_s=document.duration_s,
        language=document.language,
        rules=document.rules,
        turns=tuple(
            TurnReport(turn, tuple(intent.intent(turns) for intent in entry.intents))
            for turn, entry in zip(turns, document.turns, strict=True)
        ),
        intents=tuple(entry.intent(turns) for entry in document.intents),
        findings=tuple(entry.finding(turns) for entry in document.findings),
        quality=document.quality.quality(turns),
        routing=document.routing.route(),
        schema_version=document.schema_version,
    )
