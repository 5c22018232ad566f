"""The fp32 export answers as transformers does: the demo calls whole, random weights of the released size."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asr_client.audio.recording import load_recording
from asr_client.segments.segmentation import cut_segments
from asr_engine.manifest import load_manifest
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.layout import Layout
from asr_export.checkpoint.loaded import LoadedCheckpoint, load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checkpoint.synthetic import RELEASED_0_6B
from asr_export.checks.clip import Clip
from asr_export.checks.exported import Exported
from asr_export.checks.parity import ClipParity, compare_clip
from asr_export.checks.reference import Reference
from asr_export.checks.self_check import clip_of
from tests.client.client_audio import detect_speech, energy_db
from tests.export.random_parity import random_parity

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "demo" / "checkpoint"
CALLS = sorted(path for path in (ROOT / "demo" / "calls").iterdir() if path.suffix in (".ogg", ".flac"))
HIGHEST_ENCODER_DIFF = 1e-4

Figure = Callable[[str, object, str], None]


@pytest.mark.timeout(1800)
def test_every_segment_of_every_demo_call_has_the_references_tokens(
    demo_repository: Path, figure: Figure
) -> None:
    subject = load_checkpoint(open_checkpoint(find_source(str(CHECKPOINT))))
    reference = Reference(subject.model, subject.ids.end_of_text)
    manifest = load_manifest(demo_repository / ARTIFACTS)
    exported = Exported(
        demo_repository / ARTIFACTS, manifest.audio, manifest.text, manifest.tokens, max_positions=1024
    )
    clips = [clip for path in CALLS for clip in _segments(path, subject)]
    results = [compare_clip(reference, exported, clip, max_new_tokens=400) for clip in clips]
    _report("demo calls", results, figure)
    assert all(result.greedy_identical for result in results)
    windows = [-(-clip.num_frames // manifest.audio.window_frames) for clip in clips]
    figure(
        "demo calls: clips of more than one window, most windows",
        f"{sum(n > 1 for n in windows)}, {max(windows)}",
        "> 0",
    )
    assert max(windows) > 1
    assert max(result.encoder_max_diff for result in results) <= HIGHEST_ENCODER_DIFF


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("layout", [Layout.OFFICIAL, Layout.HF])
def test_random_weights_of_the_released_size_agree_at_every_length(
    layout: Layout, work: Path, figure: Figure
) -> None:
    results = random_parity(work, RELEASED_0_6B, layout, CHECKPOINT)
    _report(f"random 0.6B, {layout.value} layout", results, figure)
    assert all(result.forced_agreement == 1.0 for result in results)
    assert max(result.encoder_max_diff for result in results) <= HIGHEST_ENCODER_DIFF


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)  # gigabytes


def _segments(path: Path, subject: LoadedCheckpoint) -> Iterator[Clip]:
    """As the client cuts them, channel by channel."""
    recording = load_recording(path)
    for channel, pcm in enumerate(recording.pcm):
        for cut in cut_segments(energy_db(pcm), detect_speech(pcm), len(pcm), channel):
            yield clip_of(subject, f"{path.stem}:{channel}@{cut.start_s:.1f}", pcm[cut.start : cut.end])


def _report(what: str, results: list[ClipParity], figure: Figure) -> None:
    identical = sum(result.greedy_identical for result in results)
    agreed = min(result.forced_agreement for result in results)
    worst = max(result.encoder_max_diff for result in results)
    figure(f"{what}: greedy tokens identical", f"{identical} of {len(results)} clips", "all")
    figure(f"{what}: teacher-forced argmax agreement, lowest", agreed, "1")
    figure(f"{what}: encoder difference, largest", f"{worst:.1e}", f"<= {HIGHEST_ENCODER_DIFF:.0e}")
