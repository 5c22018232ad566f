"""Report of the demo, as text for a terminal and as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asr_eval.normalization import rate_name
from asr_eval.scoring import ErrorCount
from call_outcome import BOUNDS, Failed, Outcome, Transcribed, bounded_errors, errors_by_condition
from sample_calls import BOUND_CONDITIONS
from table import Column, render, shorten

COLUMNS = (
    Column("file"),
    Column("seconds", right=True),
    Column("language"),
    Column("errors", right=True),
    Column("intent"),
    Column("quality"),
    Column("latency", right=True),
)
GROUP_COLUMNS = (
    Column("error rate"),
    Column("errors", right=True),
    Column("of", right=True),
    Column("rate", right=True),
)
TURN_SEPARATOR = " / "
INDENT = "    "
NONE = "–"


def results_table(outcomes: Sequence[Outcome], width: int) -> str:
    """One row for each call, with the beginning of its transcript below."""
    title, rule, *rows = render(COLUMNS, [_row(outcome) for outcome in outcomes], width).split("\n")
    texts = [INDENT + shorten(_transcript(outcome), width - len(INDENT)) for outcome in outcomes]
    return "\n".join([title, rule, *(line for pair in zip(rows, texts, strict=True) for line in pair)])


def error_table(outcomes: Sequence[Outcome], width: int) -> str:
    """Error rates by language and condition, then those that have a bound."""
    rows = [_rate_row(group.title, group.errors) for group in errors_by_condition(outcomes)]
    for language, bound in BOUNDS.items():
        title = f"{language} {' + '.join(BOUND_CONDITIONS)} {rate_name(language)} (allowed: {bound:.0%})"
        rows.append(_rate_row(title, bounded_errors(outcomes, language)))
    return render(GROUP_COLUMNS, rows, width)


def speed_line(outcomes: Sequence[Outcome], wall_s: float) -> str:
    """Throughput over all calls that were transcribed."""
    audio_s = sum(outcome.call.duration_s for outcome in outcomes if isinstance(outcome, Transcribed))
    factor = wall_s / max(audio_s, 1e-9)
    return (
        f"{audio_s:.0f} s of recordings in {wall_s:.1f} s: real-time factor {factor:.3f}, "
        f"{audio_s / wall_s:.0f} times real time"
    )


def events_line(outcomes: Sequence[Outcome]) -> str:
    """Number of events planted in the calls and number found by the analysis."""
    transcribed = [outcome for outcome in outcomes if isinstance(outcome, Transcribed)]
    planted = sum(len(outcome.call.events) for outcome in transcribed)
    missed = sum(len(outcome.missed_events) for outcome in transcribed)
    return f"planted for the analysis: {planted}; found with speaker and time: {planted - missed}"


def write_files(outcomes: Sequence[Outcome], wall_s: float, problems: Sequence[str], folder: Path) -> None:
    """`NAME.transcript.json` and `NAME.report.json` for each call, `summary.json` for all."""
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        if isinstance(outcome, Transcribed):
            stem = Path(outcome.call.file).stem
            _write(folder / f"{stem}.transcript.json", outcome.transcript.to_dict())
            _write(folder / f"{stem}.report.json", outcome.report.to_dict())
    _write(folder / "summary.json", _summary(outcomes, wall_s, problems))


def _row(outcome: Outcome) -> tuple[str, ...]:
    call = outcome.call
    start = (call.file, f"{call.duration_s:.1f}")
    if isinstance(outcome, Failed):
        return (*start, NONE, NONE, NONE, NONE, NONE)
    transcript, intent = outcome.transcript, outcome.report.main_intent
    return (
        *start,
        transcript.language or NONE,
        f"{outcome.errors.rate:.1%}",
        f"{intent.name} {intent.confidence:.2f}",
        _quality(outcome),
        f"{outcome.latency_s:.2f} s",
    )


def _transcript(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return f"FAILED: {outcome.reason}"
    return TURN_SEPARATOR.join(turn.text for turn in outcome.transcript.turns()) or NONE


def _quality(outcome: Transcribed) -> str:
    quality = outcome.report.quality
    return "n/a" if quality.score is None else f"{quality.outcome} {quality.score:.0f}"


def _rate_row(title: str, errors: ErrorCount) -> tuple[str, ...]:
    return title, str(errors.errors), str(errors.reference_length), f"{errors.rate:.2%}"


def _summary(outcomes: Sequence[Outcome], wall_s: float, problems: Sequence[str]) -> dict[str, Any]:
    return {
        "wall_s": round(wall_s, 3),
        "audio_s": sum(outcome.call.duration_s for outcome in outcomes),
        "error_rates": [
            {**asdict(group), "rate": group.errors.rate} for group in errors_by_condition(outcomes)
        ],
        "problems": list(problems),
    }


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
