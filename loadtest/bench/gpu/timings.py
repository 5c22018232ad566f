"""Timings on the GPU: the most important cells come first, as many as the time allows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr_engine.errors import EngineError
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.manifest import Manifest
from asr_export.assembly import MODEL_NAME
from bench.bare_engine import BareEngine
from bench.load import Load, Sample
from percentile import percentile

RESERVE_BYTES = 6e9  # weights, activations, the arenas' slack
LONG_S = 60.0
COLUMNS = ("clip", "callers", "× real time", "p50", "p95", "first token", "step", "rows", "enc/pre/dec/host")


@dataclass(frozen=True, slots=True)
class Setting:
    """One engine and its loads. The knobs are settings of engine.json."""

    clips_s: tuple[float, ...]
    callers: tuple[int, ...]
    slots: int
    max_positions: int
    max_audio_s: float

    def knobs(self, slots: int) -> dict[str, Any]:
        return {
            "slots": slots,
            "max_positions": self.max_positions,
            "max_audio_s": self.max_audio_s,
            "lookahead": max(4, slots // 4),
            "max_encode_windows": 16,
            "feature_threads": 4,
        }


SETTINGS = (
    Setting(clips_s=(8.0,), callers=(1, 8, 32, 128), slots=128, max_positions=512, max_audio_s=30.5),
    Setting(clips_s=(120.0,), callers=(128, 1, 8), slots=128, max_positions=2304, max_audio_s=121.0),
    Setting(clips_s=(30.0,), callers=(1, 8, 32), slots=32, max_positions=768, max_audio_s=30.5),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured cell."""

    load: Load
    sample: Sample

    @property
    def real_time(self) -> float:
        """Audio seconds per second."""
        return self.load.audio_s / self.sample.wall_s

    def row(self) -> tuple[str, ...]:
        """Cells of the table, in the order of COLUMNS."""
        latencies = [answer.latency_s for answer in self.sample.answers]
        first = [answer.first_token_s for answer in self.sample.answers]
        stages = self.sample.stages
        assert stages is not None
        shares = (stages.encode_s, stages.prefill_s, stages.decode_s, stages.host_s)
        return (
            f"{self.load.clip_s:g} s",
            str(self.load.callers),
            f"{self.real_time:.0f}",
            f"{percentile(latencies, 50) * 1e3:.0f} ms",
            f"{percentile(latencies, 95) * 1e3:.0f} ms",
            f"{percentile(first, 50) * 1e3:.0f} ms",
            f"{stages.decode_s / stages.decode_steps * 1e3:.2f} ms",
            f"{stages.decode_rows / stages.decode_steps:.1f}",
            "/".join(f"{share / stages.busy_s:.0%}" for share in shares),
        )


def slots_that_fit(setting: Setting, manifest: Manifest, free_bytes: float | None) -> int:
    """The setting's slots, or as many as fit into the card's memory; unknown memory counts as sufficient."""
    if free_bytes is None:
        return setting.slots
    positions, dtype = setting.max_positions, manifest.dtypes.kv_cache
    per_slot = KvCache.bytes_for(manifest.text, 1, positions, dtype)
    return max(1, min(setting.slots, int((free_bytes - RESERVE_BYTES) // per_slot)))


def measure(
    repository: Path,
    manifest: Manifest,
    free_bytes: float | None,
    deadline: float,
    report: Callable[[str], None],
    settings: Sequence[Setting] = SETTINGS,
) -> Iterator[Timing]:
    """Yield timings until `deadline` on the monotonic clock and report what is left out.

    When an engine cannot be loaded, its EngineError is raised after the other settings are measured.
    """
    refused: list[EngineError] = []
    for setting in settings:
        if time.monotonic() > deadline:
            report(f"no time left for clips of {setting.clips_s[0]:g} s")
            continue
        if setting.max_positions > manifest.text.max_positions:
            report(f"the model has no context for clips of {setting.clips_s[0]:g} s")
            continue
        slots = slots_that_fit(setting, manifest, free_bytes)
        _write_knobs(repository, setting.knobs(slots))
        report(f"loading an engine with {slots} slots of {setting.max_positions} positions")
        try:
            engine = BareEngine(repository)
        except EngineError as error:
            report(f"it does not load: {error}")
            refused.append(error)
            continue
        try:
            yield from _cells(engine, setting, deadline, report)
        finally:
            engine.close()
    if refused:
        raise refused[0]


def table(timings: Sequence[Timing]) -> str:
    """Table with right-aligned columns."""
    rows = [COLUMNS, *(timing.row() for timing in timings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def _cells(
    engine: BareEngine, setting: Setting, deadline: float, report: Callable[[str], None]
) -> Iterator[Timing]:
    for clip_s in setting.clips_s:
        engine.run(Load(clip_s, 8, 8))  # first calls choose kernels and grow the arenas
        for callers in setting.callers:
            if time.monotonic() > deadline:
                report(f"no time left for {callers} callers with clips of {clip_s:g} s")
                continue
            yield Timing(load := _load(clip_s, callers), engine.run(load))


def _load(clip_s: float, callers: int) -> Load:
    """Load with two requests for each caller, or one of long clips.

    With two, filling and draining the slots does not dominate the result.
    """
    waves = 1 if clip_s > LONG_S else 2
    return Load(clip_s, callers, max(4, waves * callers))


def _write_knobs(repository: Path, knobs: dict[str, Any]) -> None:
    path = repository / MODEL_NAME / "engine.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**known, **knobs}), encoding="utf-8")
