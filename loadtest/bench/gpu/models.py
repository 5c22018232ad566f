"""Models that `bench.gpu` compares and times, prepared on a machine with PyTorch and without a GPU."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.manifest import Target, load_manifest
from asr_engine.model import load_model
from asr_engine.request import AsrRequest
from asr_export.assembly import ARTIFACTS, TEMPLATE
from asr_export.exporter import export_checkpoint
from asr_export.freshness import is_current
from asr_export.options import ExportOptions
from bench.gpu.cases import Case, Speaker, save_cases
from bench.random_model import RandomModel
from load_clips import SAMPLE_RATE, channels_of

REFERENCE = Target.CPU_FP32
DEMO = TEMPLATE.parent / "demo"
MAX_DEMO_CASES = 32
MAX_DEMO_TOKENS = 200
LENGTHS_S = (1.3, 3.0, 5.5, 8.0, 8.2, 12.0, 16.1, 24.0)  # below, at and across the borders of windows
FORCED_TOKENS = 64

Report = Callable[[str], None]


def prepare(work: Path, target: str, shape: str, report: Report) -> None:
    """Export both models for the target and in fp32, and save the answers of fp32."""
    utterances = _utterances()
    _export_demo(work, {target, REFERENCE}, report)
    demo = _artifacts(work, "demo", REFERENCE)
    _answer(demo, work / "demo.npz", utterances[:MAX_DEMO_CASES], MAX_DEMO_TOKENS, report, trained=True)
    random_model = RandomModel(work / shape, shape)
    random_model.prepare({target, REFERENCE}, report)
    clips = _clips_of(np.concatenate(utterances))
    full = random_model.exported(REFERENCE) / ARTIFACTS
    _answer(full, work / f"{shape}.npz", clips, FORCED_TOKENS, report, trained=False)
    random_model.serve_from(target, work / f"serve-{shape}", {})


def _export_demo(work: Path, targets: set[str], report: Report) -> None:
    for target in sorted(targets):
        options = ExportOptions(str(DEMO / "checkpoint"), work / "demo" / target, target)
        if not is_current(options):
            report(f"exporting the demo model for {target}")
            export_checkpoint(options)


def _artifacts(work: Path, model: str, target: str) -> Path:
    return work / model / target / ARTIFACTS


def _answer(
    artifacts: Path,
    path: Path,
    clips: Sequence[NDArray[np.int16]],
    num_tokens: int,
    report: Report,
    *,
    trained: bool,
) -> None:
    """Write the fp32 answers to `path`, unless the file already holds those of this model."""
    stamp = path.with_suffix(".json")
    key = {"revision": load_manifest(artifacts).revision, "samples": [len(pcm) for pcm in clips]}
    if path.exists() and stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == key:
        return
    report(f"{path.stem}: {len(clips)} clips are answered in fp32")
    texts = _texts(artifacts, clips) if trained else [""] * len(clips)
    speaker = Speaker(load_model(artifacts, EngineConfig(slots=1), 0))
    cases = []
    for number, (pcm, text) in enumerate(zip(clips, texts, strict=True)):
        answer = speaker.greedy(pcm, num_tokens, stop=trained)
        if answer.tokens:
            cases.append(Case(f"{path.stem}-{number}", pcm, answer.tokens, answer.logprobs, text))
    save_cases(path, cases)
    stamp.write_text(json.dumps(key), encoding="utf-8")


def _texts(artifacts: Path, clips: Sequence[NDArray[np.int16]]) -> list[str]:
    with AsrEngine.load(artifacts, EngineConfig(slots=1)) as engine:
        return [engine.transcribe(AsrRequest(str(number), pcm)).text for number, pcm in enumerate(clips)]


def _utterances() -> list[NDArray[np.int16]]:
    """PCM of every segment of the demo's calls, 16 kHz."""
    clips = []
    for call in json.loads((DEMO / "calls" / "references.json").read_text(encoding="utf-8"))["calls"]:
        channels = channels_of(DEMO / "calls" / call["file"])
        for segment in call["segments"]:
            start, end = (round(segment[name] * SAMPLE_RATE) for name in ("start_s", "end_s"))
            clips.append(channels[segment["channel"]][start:end])
    return clips


def _clips_of(speech: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """Cut the speech into consecutive clips, one of each length."""
    ends = np.cumsum([round(length * SAMPLE_RATE) for length in LENGTHS_S])
    looped = np.resize(speech, int(ends[-1]))
    return [np.ascontiguousarray(part) for part in np.split(looped, ends[:-1])]
