"""The detector computes what Silero's published model computes, however the samples arrive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asr_client.audio.silero import FRAME, Silero
from tests.client.client_audio import silence, speech_and_noise, spoken

GOLDEN = Path(__file__).with_name("silero_golden.npz")


def test_probabilities_are_those_of_the_published_model() -> None:
    expected = np.load(GOLDEN)["probabilities"]
    assert 0.2 < (expected > 0.5).mean() < 0.8
    # Decoders of the compressed sentences differ in the last bit.
    assert np.abs(Silero().probabilities(speech_and_noise()) - expected).max() < 2e-3


@pytest.mark.parametrize("frames", [1, 7, 64, 100])
def test_blocks_of_any_length_give_the_same_probabilities(frames: int) -> None:
    samples = speech_and_noise()[: 200 * FRAME]
    whole, piecewise = Silero(), Silero()
    step = frames * FRAME
    parts = [piecewise.probabilities(samples[start : start + step]) for start in range(0, len(samples), step)]
    assert np.abs(np.concatenate(parts) - whole.probabilities(samples)).max() < 1e-5


def test_silence_is_not_speech_and_a_sentence_is() -> None:
    assert Silero().probabilities(silence(8.192)).max() < 0.1
    sentence = spoken("english")
    assert Silero().probabilities(sentence[: len(sentence) // FRAME * FRAME]).max() > 0.95
