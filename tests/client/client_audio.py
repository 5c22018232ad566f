"""Sounds made for the client's tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from asr_client.audio.energy import EnergyMeter
from asr_client.audio.vad import Speech, SpeechDetector

RATE = 16_000
SPEECH = Path(__file__).resolve().parents[2] / "export" / "asr_export" / "checks" / "speech"


def speechlike(seconds: float, rms: float = 0.1, rate: int = RATE, seed: int = 0) -> NDArray[np.float32]:
    """Real speech without pauses, of any length; each `seed` begins at another place."""
    voice = _continuous_voice()
    first = seed * 23_456 % len(voice)
    cycled = np.resize(np.roll(voice, -first), int(seconds * RATE))
    signal = cycled if rate == RATE else soxr.resample(cycled, RATE, rate)[: int(seconds * rate)]
    return np.asarray(signal * rms / max(float(np.sqrt(np.mean(signal**2))), 1e-9), np.float32)


@cache
def _continuous_voice() -> NDArray[np.float32]:
    """The quiet fifths of a second of a real sentence are left out."""
    voice = spoken("english")
    parts = voice[: len(voice) // 3200 * 3200].reshape(-1, 3200)
    return parts[np.sqrt((parts**2).mean(axis=1)) > 0.3 * np.sqrt((voice**2).mean())].ravel()


def silence(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    return np.zeros(int(seconds * rate), np.float32)


def utterances(count: int, speech_s: float = 1.5, pause_s: float = 1.5) -> NDArray[np.float32]:
    """`count` stretches of speech, each far enough from the next to be a segment of its own."""
    parts = [part for n in range(count) for part in (speechlike(speech_s, seed=n), silence(pause_s))]
    return np.concatenate([silence(0.5), *parts])


def speech_and_noise() -> NDArray[np.float32]:
    """Real speech, loud, quiet and in noise, then noise alone; a whole number of 32-ms frames."""
    chinese, english = (spoken(name) for name in ("chinese", "english"))
    noise = np.random.default_rng(7).standard_normal(len(english)).astype(np.float32)
    parts = [chinese, 0.01 * english, silence(1), english + 0.02 * noise, 0.02 * noise]
    whole = np.concatenate(parts)
    return whole[: len(whole) // 512 * 512]


def spoken(name: str) -> NDArray[np.float32]:
    """A real sentence at 16 kHz: `chinese`, `english` or `telephone`."""
    samples, rate = soundfile.read(SPEECH / f"{name}.ogg", dtype="float32")
    assert rate == RATE
    return np.asarray(samples, np.float32)


def detect_speech(pcm: NDArray[np.int16]) -> Speech:
    """Speech in one whole channel at 16 kHz."""
    detector = SpeechDetector()
    detector.add(pcm)
    return detector.finish()


def energy_db(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """Energy of each 10-ms frame of a whole channel."""
    meter = EnergyMeter()
    meter.add(pcm)
    return meter.energy_db()
