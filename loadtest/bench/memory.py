"""Memory of an engine over slots and context, with every position of the cache written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asr_engine.graphs.kv_cache import KvCache
from bench.contenders import Name, Start, running
from bench.load import TOKENS_PER_S, Load
from bench.random_model import RandomModel
from bench.report.tables import markdown

PROMPT_ROOM = 32  # positions around audio and text
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one engine. `peak_bytes` is resident with all slots full; it includes mapped weights."""

    slots: int
    positions: int
    peak_bytes: int
    cache_bytes: int  # the part that is the KV cache, computed


def measure_memory(
    model: RandomModel,
    name: Name,
    slots: Sequence[int],
    positions: Sequence[int],
    threads: int,
    report: Report,
) -> Iterator[Memory]:
    """Measure one engine after the other, each with clips as long as its context allows."""
    model.prepare({name.precision}, report)
    manifest = model.manifest(name.precision)
    for room in positions:
        for count in slots:
            report(f"{name}: {count} slots of {room} positions")
            clip_s = _longest_clip_s(room, manifest.audio.tokens_per_chunk)
            knobs: dict[str, Any] = {"slots": count, "max_positions": room, "intra_op_threads": threads}
            knobs |= {"max_audio_s": max(clip_s, 1.0)}
            place = model.serve_from(name.precision, model.work / "served" / "memory", knobs)
            with running(Start(name, place, threads)) as contender:
                sample = contender.run(Load(clip_s, count, count))
            assert sample.usage is not None
            cache = KvCache.bytes_for(manifest.text, count, room, manifest.dtypes.kv_cache)
            yield Memory(count, room, sample.usage.peak_bytes, cache)


def memory_table(rows: Sequence[Memory]) -> str:
    """Table of resident GB and the cache's part, with a row for each number of slots."""
    positions = sorted({row.positions for row in rows})
    slots = sorted({row.slots for row in rows})
    by_place = {(row.slots, row.positions): row for row in rows}
    head = ["slots", *(f"{room} positions" for room in positions)]
    return markdown(
        head, [[str(count), *(_cell(by_place.get((count, room))) for room in positions)] for count in slots]
    )


def _cell(row: Memory | None) -> str:
    return "" if row is None else f"{row.peak_bytes / 1e9:.2f} GB ({row.cache_bytes / 1e9:.2f} cache)"


def _longest_clip_s(positions: int, tokens_per_chunk: int) -> float:
    """Longest clip, in whole seconds, whose prompt and forced text fit a slot."""
    return float((positions - PROMPT_ROOM) // (tokens_per_chunk + TOKENS_PER_S))
