"""Summary of a load test run, as a JSON object and as the lines printed at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from percentile import percentile

OK = "OK"
TEXT_DIFFERS = "text differs"
PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class Call:
    """One finished request. `outcome` is OK, TEXT_DIFFERS or the name of a gRPC status code."""

    started_s: float  # of a monotonic clock
    latency_s: float
    audio_s: float
    priority: int
    outcome: str


def summarize(calls: Sequence[Call]) -> dict[str, Any]:
    """Figures of a run. Only calls that ended OK count as transcribed audio and in the latencies."""
    done = [call for call in calls if call.outcome == OK]
    wall_s = _wall_s(calls)
    audio_s = sum(call.audio_s for call in done)
    return {
        "requests": len(calls),
        "failures": len(calls) - len(done),
        "outcomes": dict(Counter(call.outcome for call in calls)),
        "wall_s": round(wall_s, 3),
        "requests_per_s": round(len(done) / wall_s, 3) if wall_s else 0.0,
        "audio_s": round(audio_s, 3),
        "audio_s_per_s": round(audio_s / wall_s, 3) if wall_s else 0.0,
        "latency_s": _latency_s(done),
        "latency_s_by_priority": {
            str(priority): _latency_s([call for call in done if call.priority == priority])
            for priority in sorted({call.priority for call in done})
        },
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """Lines of the summary for the terminal."""
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(summary["outcomes"].items()))
    latency = summary["latency_s"]
    printed = [
        f"requests    {summary['requests']}, failures {summary['failures']} ({outcomes or 'none sent'})",
        f"throughput  {summary['audio_s_per_s']:.1f} audio seconds per second, "
        f"{summary['requests_per_s']:.1f} requests per second over {summary['wall_s']:.1f} s",
    ]
    if latency:
        percentiles = ", ".join(f"{name} {value:.3f}" for name, value in latency.items())
        printed.append(f"latency s   {percentiles}")
    return printed


def _wall_s(calls: Sequence[Call]) -> float:
    if not calls:
        return 0.0
    return max(call.started_s + call.latency_s for call in calls) - min(call.started_s for call in calls)


def _latency_s(calls: Sequence[Call]) -> dict[str, float]:
    """Percentiles, mean and maximum; empty without calls."""
    latencies = sorted(call.latency_s for call in calls)
    if not latencies:
        return {}
    figures = {f"p{percent}": percentile(latencies, percent) for percent in PERCENTILES}
    figures |= {"mean": sum(latencies) / len(latencies), "max": latencies[-1]}
    return {name: round(value, 4) for name, value in figures.items()}
