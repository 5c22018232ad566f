"""Report of an evaluation: a document for programs, Markdown for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from asr_client.formats.markdown import escaped
from asr_eval.evaluation import EvaluationOptions, Failed, Outcome, Scored
from asr_eval.hot_words import HotWords, hot_word_groups
from asr_eval.summary import Group, Silence, silence_groups, speech_groups, worst

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured in one run. `wall_s` runs from the first request to the last answer. It is None
    with a cache, because transcripts from a cache say nothing about speed."""

    test_set: str
    options: EvaluationOptions
    outcomes: tuple[Outcome, ...]
    wall_s: float | None
    num_worst: int = 10

    @property
    def groups(self) -> tuple[Group, ...]:
        return speech_groups(self.outcomes)

    @property
    def silences(self) -> tuple[Silence, ...]:
        return silence_groups(self.outcomes)

    @property
    def hot_words(self) -> tuple[HotWords, ...]:
        """Empty unless terms were given to the model."""
        if not self.options.with_terms:
            return ()
        return hot_word_groups(self.outcomes, self.options.normalization)

    @property
    def failed(self) -> tuple[Failed, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Failed))

    @property
    def scored(self) -> tuple[Scored, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Scored))

    @property
    def audio_s(self) -> float:
        """Length of all recordings, once for each degradation. Several channels of a recording count once."""
        lengths = {(entry.utterance.audio, entry.degradation): entry.duration_s for entry in self.scored}
        return sum(lengths.values())

    @property
    def model(self) -> str:
        return next((entry.model for entry in self.scored if entry.model), "")


def to_dict(report: Report) -> dict[str, Any]:
    """Plain data, ready for JSON. Rates are shares, not percent; a missing interval or speed is None."""
    return {
        "schema_version": SCHEMA_VERSION,
        "test_set": report.test_set,
        "model": report.model,
        "normalization": report.options.normalization.value,
        "language_forced": report.options.force_language,
        "speed": _speed(report),
        "groups": [_group(group) for group in report.groups],
        "silence": [asdict(silence) for silence in report.silences],
        "terms": [asdict(group) for group in report.hot_words],
        "worst": [_utterance(entry) for entry in worst(report.outcomes, report.num_worst)],
        "failed": [_failed(failed) for failed in report.failed],
        "utterances": [_utterance(entry) for entry in report.scored],
    }


def to_markdown(report: Report) -> str:
    """Facts about the run, tables of error rates, silence and terms, the worst utterances, failures."""
    parts = [f"# Accuracy on {escaped(report.test_set)}", _facts(report)]
    if report.groups:
        parts += ["## Error rates", error_table(report)]
    if report.silences:
        parts += ["## Where nothing is said", _silence_table(report.silences)]
    if report.hot_words:
        parts += ["## Names and terms", hot_word_table(report.hot_words)]
    if entries := worst(report.outcomes, report.num_worst):
        parts += ["## Most errors", *(_worst(entry) for entry in entries)]
    if report.failed:
        parts += ["## Not transcribed", "\n".join(_failure(failed) for failed in report.failed)]
    return "\n\n".join(parts) + "\n"


def error_table(report: Report) -> str:
    """A row for each language and condition, a column for each degradation: rate and 95 % interval."""
    columns = report.options.conditions
    rows: dict[tuple[str, str, str], dict[str, Group]] = {}
    for group in report.groups:
        rows.setdefault((group.language, group.condition, group.rate_name), {})[group.degradation] = group
    lines = [f"| language | condition | utterances | rate | {' | '.join(columns)} | language right |"]
    lines.append("| --- | --- | ---: | --- |" + " ---: |" * (len(columns) + 1))
    for (language, condition, name), cells in rows.items():
        rates = " | ".join(_rate(cells.get(column)) for column in columns)
        first = next(iter(cells.values()))
        right = " / ".join(
            f"{100 * cells[column].language_accuracy:.0f}" for column in columns if column in cells
        )
        lines.append(
            f"| {language} | {escaped(condition)} | {first.utterances} | {name} | {rates} | {right} % |"
        )
    return "\n".join(lines)


def _rate(group: Group | None) -> str:
    if group is None:
        return "–"
    interval = group.interval
    spread = f" [{100 * interval.low:.1f}, {100 * interval.high:.1f}]" if interval else ""
    return f"{100 * group.errors.rate:.1f} %{spread}"


def _silence_table(silences: Sequence[Silence]) -> str:
    lines = ["| condition | degradation | recordings | with text | invented words | minutes |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    lines += [
        f"| {escaped(entry.condition)} | {escaped(entry.degradation)} | {entry.recordings} | "
        f"{entry.recordings_with_text} | {entry.invented} | {entry.audio_s / 60:.1f} |"
        for entry in silences
    ]
    return "\n".join(lines)


def hot_word_table(groups: Sequence[HotWords]) -> str:
    """A row for each language and condition: terms said and found, terms not said and written."""
    lines = ["| language | run | utterances | said | found | not said | written unsaid | taken out |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    lines += [
        f"| {group.language} | {escaped(group.degradation)} | {group.utterances} | {group.said} | "
        f"{group.found}{_share(group.found, group.said)} | {group.unsaid} | {group.invented} | "
        f"{group.taken_out} |"
        for group in groups
    ]
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole else ""


def _worst(entry: Scored) -> str:
    count = entry.errors
    return (
        f"**{escaped(entry.utterance.name)}**, {escaped(entry.degradation)}: {count.errors} errors in "
        f"{count.reference_length} ({count.substitutions} wrong, {count.deletions} missing, "
        f"{count.insertions} added), heard as {entry.heard_language or 'no speech'}\n\n"
        f"> said: {escaped(entry.utterance.text) or '–'}\n>\n> heard: {escaped(entry.hypothesis) or '–'}"
    )


def _failure(failed: Failed) -> str:
    return f"- {escaped(failed.utterance.name)}, {escaped(failed.degradation)}: {escaped(failed.reason)}"


def _facts(report: Report) -> str:
    forced = "told to the model" if report.options.force_language else "decided by the model"
    return (
        f"Model {escaped(report.model) or 'unknown'}; {report.options.normalization.value} normalisation; "
        f"language {forced}; {report.audio_s:.0f} s of audio {_speed_text(report)}. "
        "Brackets: 95 % interval over resampled utterances."
    )


def _speed_text(report: Report) -> str:
    speed = _speed(report)
    if speed is None:
        return "with a cache of transcripts"
    return (
        f"in {speed['wall_s']:.1f} s ({speed['real_time_factor']:.1f} times real time, "
        f"{report.options.calls_at_once} calls at once)"
    )


def _speed(report: Report) -> dict[str, float] | None:
    if report.wall_s is None:
        return None
    return {
        "audio_s": report.audio_s,
        "wall_s": report.wall_s,
        "real_time_factor": report.audio_s / max(report.wall_s, 1e-9),
    }


def _group(group: Group) -> dict[str, Any]:
    errors = asdict(group.errors)
    return asdict(group) | {"errors": errors, "rate": group.errors.rate, "rate_name": group.rate_name}


def _utterance(entry: Scored) -> dict[str, Any]:
    return {
        "audio": str(entry.utterance.audio),
        "channel": entry.utterance.channel,
        "language": entry.utterance.language,
        "condition": entry.utterance.condition,
        "degradation": entry.degradation,
        "reference": entry.utterance.text,
        "hypothesis": entry.hypothesis,
        "heard_language": entry.heard_language,
        **asdict(entry.errors),
    }


def _failed(failed: Failed) -> dict[str, Any]:
    return {
        "audio": str(failed.utterance.audio),
        "channel": failed.utterance.channel,
        "degradation": failed.degradation,
        "reason": failed.reason,
    }
