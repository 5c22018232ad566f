"""Store of spoken utterances on disk: memory-mapped shards of 16-bit samples, each with an index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.sentences.corpus import UtterancePlan
from training.voices.speech import SAMPLE_RATE, Phoneme, Samples, Speech, Word

FULL_SCALE = 32_767


@dataclass(frozen=True, slots=True)
class Utterance:
    """Stored utterance; its samples are read on access."""

    plan: UtterancePlan
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]
    _stored: NDArray[np.int16]

    @property
    def duration_s(self) -> float:
        """Length of the speech."""
        return len(self._stored) / SAMPLE_RATE

    @property
    def samples(self) -> Samples:
        """A fresh copy in [-1, 1]."""
        return self._stored.astype(np.float32) / FULL_SCALE


def write_shard(folder: Path, shard: int, utterances: Iterable[tuple[UtterancePlan, Speech]]) -> None:
    """Write a shard. The index is written last and gets its final name when it is complete."""
    entries: list[dict[str, Any]] = []
    position = 0
    with _samples_path(folder, shard).open("wb") as file:
        for plan, speech in utterances:
            file.write(np.round(speech.samples * FULL_SCALE).astype("<i2").tobytes())
            entries.append(_entry(plan, speech, position))
            position += len(speech.samples)
    unfinished = _index_path(folder, shard).with_suffix(".part")
    unfinished.write_text(
        "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries), encoding="utf-8"
    )
    unfinished.rename(_index_path(folder, shard))


def shard_is_complete(folder: Path, shard: int) -> bool:
    """Whether `write_shard` finished this shard."""
    return _index_path(folder, shard).exists()


def read_store(folder: Path) -> list[Utterance]:
    """All utterances in the order in which they were written."""
    return [utterance for path in sorted(folder.glob("*.jsonl")) for utterance in _read_shard(path)]


def _read_shard(index: Path) -> Iterable[Utterance]:
    samples = np.memmap(index.with_suffix(".i16"), dtype="<i2", mode="r")
    for line in index.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield Utterance(
            plan=UtterancePlan.from_json(entry["plan"]),
            phonemes=tuple(Phoneme(*phoneme) for phoneme in entry["phonemes"]),
            words=tuple(Word(*word) for word in entry["words"]),
            _stored=samples[entry["start"] : entry["start"] + entry["count"]],
        )


def _entry(plan: UtterancePlan, speech: Speech, start: int) -> dict[str, Any]:
    return {
        "start": start,
        "count": len(speech.samples),
        "plan": plan.as_json(),
        "phonemes": [[round(phoneme.start_ms, 1), phoneme.name] for phoneme in speech.phonemes],
        "words": [[round(word.end_ms, 1), word.text_start, word.text_end] for word in speech.words],
    }


def _samples_path(folder: Path, shard: int) -> Path:
    return folder / f"{shard:03}.i16"


def _index_path(folder: Path, shard: int) -> Path:
    return folder / f"{shard:03}.jsonl"
