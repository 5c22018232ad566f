"""The front end against the reference feature extractor and processor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_engine.features import MelFrontEnd
from asr_engine.manifest import AudioDims

DIMS = AudioDims(16000, 128, 400, 160, 8000, 100, 13, 800, 256)
CHECKPOINT = Path(__file__).parents[2] / "demo" / "checkpoint"


@pytest.fixture(scope="module")
def front_end() -> MelFrontEnd:
    return MelFrontEnd(DIMS)


@pytest.fixture(scope="module")
def processor() -> Iterator[Any]:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoProcessor.from_pretrained(CHECKPOINT)


def noisy_tones(num_samples: int) -> NDArray[np.float32]:
    """Something like speech: tones that come and go over noise 50 dB below."""
    random = np.random.default_rng(num_samples)
    time_s = np.arange(num_samples) / 16000
    tones = sum(np.sin(2 * np.pi * f * time_s) for f in (140, 280, 700, 1900, 3100))
    envelope = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time_s)
    return (0.1 * envelope * tones + random.normal(0, 0.002, num_samples)).astype(np.float32)


def check_close(ours: NDArray[np.float32], reference: NDArray[np.float32]) -> None:
    """The reference transforms in single precision: bins far below the loudest carry its rounding."""
    difference = np.abs(ours - reference)
    assert np.quantile(difference, 0.99) < 1e-5
    assert difference.max() < 1e-4


@pytest.mark.parametrize(
    "num_samples", [1, 800, 7999, 8000, 12345, 16000, 16159, 16160, 127_999, 128_160, 324_800, 480_000]
)
def test_features_equal_the_reference(front_end: MelFrontEnd, processor: Any, num_samples: int) -> None:
    samples = noisy_tones(num_samples)
    extractor = processor.feature_extractor
    reference = extractor(samples, sampling_rate=16000, padding=True, return_attention_mask=True)
    num_frames = int(reference["attention_mask"].sum())
    mel = front_end.log_mel(samples)
    assert mel.shape == (128, num_frames)
    check_close(mel, reference["input_features"][0, :, :num_frames].numpy())


@pytest.mark.parametrize("num_samples", [1, 8000, 12345, 16000, 128_160, 324_800])
def test_windows_are_the_reference_s_padded_features_in_pieces(
    front_end: MelFrontEnd, processor: Any, num_samples: int
) -> None:
    samples = noisy_tones(num_samples)
    reference = processor.feature_extractor(samples, sampling_rate=16000, padding=True)
    windows = front_end.windows(samples)
    joined = np.concatenate([window.features for window in windows], axis=1)
    check_close(joined, reference["input_features"][0].numpy())
    assert all(window.features.shape[1] == 800 for window in windows[:-1])


@pytest.mark.parametrize(
    "num_samples", [1, 8000, 9599, 9600, 16000, 17_280, 127_840, 128_000, 128_160, 480_000]
)
def test_token_counts_equal_the_reference(front_end: MelFrontEnd, processor: Any, num_samples: int) -> None:
    samples = np.zeros(num_samples, np.float32)
    request = processor.apply_transcription_request(audio=samples)
    expected = int((request["input_ids"] == processor.audio_token_id).sum())
    assert front_end.num_tokens(num_samples) == expected
    assert sum(window.num_tokens for window in front_end.windows(samples)) == expected


def test_a_clip_does_not_depend_on_what_is_computed_beside_it(front_end: MelFrontEnd) -> None:
    samples = noisy_tones(50_000)
    before = front_end.log_mel(samples)
    front_end.log_mel(noisy_tones(480_000))
    np.testing.assert_array_equal(front_end.log_mel(samples), before)
