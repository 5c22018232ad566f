"""The exported demo model answers the sample calls as transformers does, token by token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray
from transformers import AutoProcessor

from asr_engine.manifest import load_manifest
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.exported import Exported
from asr_export.checks.parity import compare_clip
from asr_export.checks.reference import Reference
from asr_export.checks.self_check import clip_of

CALLS = Path(__file__).parents[2] / "demo" / "calls"
EXCERPT_S = 20
MAX_NEW_TOKENS = 96
MAX_POSITIONS = 512


@pytest.fixture(scope="module")
def exported_demo(demo_repository: Path) -> Exported:
    manifest = load_manifest(demo_repository / ARTIFACTS)
    return Exported(
        demo_repository / ARTIFACTS,
        manifest.audio,
        manifest.text,
        manifest.tokens,
        max_positions=MAX_POSITIONS,
    )


@pytest.mark.parametrize("path", sorted(CALLS.glob("*.[of][gl]*")), ids=lambda path: path.stem)
def test_sample_call_gives_identical_greedy_tokens(
    path: Path, exported_demo: Exported, demo_subject: LoadedCheckpoint
) -> None:
    clip = clip_of(demo_subject, path.stem, _excerpt(path, demo_subject.audio.sample_rate))
    reference = Reference(demo_subject.model, demo_subject.ids.end_of_text)
    result = compare_clip(reference, exported_demo, clip, MAX_NEW_TOKENS)
    assert result.encoder_max_diff <= 1e-4
    assert result.greedy_identical
    assert result.forced_agreement == 1.0
    assert result.logprob_max_diff <= 1e-4


@pytest.mark.parametrize("length_s", [0.3, 1.0, 7.99, 8.0, 8.01, 9.5, 16.0, 16.01, 22.5])
def test_every_number_of_chunks_and_windows_gives_identical_greedy_tokens(
    length_s: float, exported_demo: Exported, demo_subject: LoadedCheckpoint
) -> None:
    """Ragged chunks, whole windows of eight chunks, and up to three windows, the last one cut short."""
    audio = demo_subject.audio
    assert audio.window_frames == 8 * audio.chunk_frames
    pcm = _excerpt(CALLS / "zh_price.flac", audio.sample_rate, excerpt_s=23)
    clip = clip_of(demo_subject, f"{length_s} s", pcm[: round(length_s * audio.sample_rate)])
    result = compare_clip(
        Reference(demo_subject.model, demo_subject.ids.end_of_text), exported_demo, clip, MAX_NEW_TOKENS
    )
    assert result.encoder_max_diff <= 1e-4
    assert result.greedy_identical
    assert result.logprob_max_diff <= 1e-4


def test_prompt_and_features_are_the_reference_processors(demo_subject: LoadedCheckpoint) -> None:
    clip = clip_of(demo_subject, "call", _excerpt(CALLS / "zh_product.ogg", demo_subject.audio.sample_rate))
    processor = AutoProcessor.from_pretrained(demo_subject.checkpoint.directory)
    expected = processor.apply_transcription_request(clip.pcm.astype(np.float32) / 32768)
    assert clip.prompt_ids == expected["input_ids"][0].tolist()
    assert clip.num_frames == int(expected["input_features_mask"].sum())
    np.testing.assert_array_equal(clip.features, expected["input_features"][0].numpy())


def _excerpt(path: Path, sample_rate: int, excerpt_s: int = EXCERPT_S) -> NDArray[np.int16]:
    """The first channel's beginning, at the model's rate."""
    frames = excerpt_s * soundfile.info(path).samplerate
    pcm, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=frames)
    resampled = soxr.resample(pcm[:, 0], rate, sample_rate)
    return np.round(np.clip(resampled, -1, 1) * 32767).astype(np.int16)
