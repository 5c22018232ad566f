"""Steps that change the samples: off unless asked for, one gain and one offset for the whole channel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from asr_client import AsrClient
from asr_client.audio.energy import LevelMeter
from asr_client.conditioning import Conditioning, Correction
from tests.client.client_audio import RATE, utterances
from tests.client.scripted_server import ScriptedServer

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

QUIET_WITH_OFFSET = (utterances(2) * 0.01 * 32768 + 500).astype(np.int16)


def sent(serve: Serve, connect: Connect, steps: Conditioning) -> np.ndarray:
    server = serve()
    connect(server.address, conditioning=steps, concurrency=1).transcribe(QUIET_WITH_OFFSET, sample_rate=RATE)
    return np.concatenate([request.pcm for request in server.received])


def rms_dbfs(pcm: np.ndarray) -> float:
    meter = LevelMeter()
    meter.add(pcm)
    return meter.level().rms_dbfs or 0.0


def test_nothing_is_changed_by_default(serve: Serve, connect: Connect) -> None:
    assert np.median(sent(serve, connect, Conditioning())) == pytest.approx(500, abs=20)


def test_an_offset_is_taken_out(serve: Serve, connect: Connect) -> None:
    assert np.median(sent(serve, connect, Conditioning(remove_offset=True))) == pytest.approx(0, abs=20)


def test_quiet_speech_is_brought_to_one_level(serve: Serve, connect: Connect) -> None:
    steps = Conditioning(remove_offset=True, normalise_level=True)
    assert rms_dbfs(sent(serve, connect, steps)) > rms_dbfs(QUIET_WITH_OFFSET - 500) + 6


def test_a_correction_clips_instead_of_wrapping_around() -> None:
    pcm = np.array([-20_000, 0, 20_000], np.int16)
    assert Correction(0.0, 10.0).apply(pcm).tolist() == [-32768, 0, 32767]
    assert Correction().apply(pcm) is pcm
