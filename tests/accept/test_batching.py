"""Batched equals alone: neighbours in a batch never change a text."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.request import AsrRequest, AsrResult
from load_clips import SAMPLE_RATE, Clip, load_clips

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 32
LENGTHS_S = (0.7, 2.0, 4.5, 9.0, 15.0, 30.0)


@pytest.fixture(scope="module")
def requests() -> list[AsrRequest]:
    """Mixed lengths out of the sample calls, the same in every run."""
    clips = load_clips(ROOT / "demo" / "calls")
    return [_request(index, clips[index % len(clips)]) for index in range(REQUESTS)]


@pytest.mark.timeout(600)
def test_thirty_two_staggered_requests_equal_each_alone(
    demo_repository: Path, requests: list[AsrRequest], figure: Callable[[str, object, str], None]
) -> None:
    artifacts = demo_repository / "qwen3_asr" / "1" / "artifacts"
    with AsrEngine.load(artifacts, EngineConfig(slots=1, lookahead=0)) as engine:
        alone = [engine.transcribe(request) for request in requests]
    with AsrEngine.load(artifacts, EngineConfig(slots=8)) as engine:
        together = _staggered(engine, requests)
        stats = engine.stats()
    same = sum(_spoken(one) == _spoken(other) for one, other in zip(alone, together, strict=True))
    figure("batched equals alone, identical results", f"{same} of {REQUESTS}", f"{REQUESTS}")
    figure("batched equals alone, mean decode batch", stats.decode_rows / stats.decode_steps, "reported")
    assert same == REQUESTS
    assert stats.decode_rows / stats.decode_steps > 2


def _request(index: int, clip: Clip) -> AsrRequest:
    length = int(LENGTHS_S[index % len(LENGTHS_S)] * SAMPLE_RATE)
    return AsrRequest(id=f"{index}:{clip.name}", pcm=clip.pcm[:length])


def _staggered(engine: AsrEngine, requests: list[AsrRequest]) -> list[AsrResult]:
    """All at once as far as places allow, each a random moment after the last."""
    chance = random.Random(7)
    pause = threading.Event()

    def send(request: AsrRequest) -> AsrResult:
        return engine.transcribe(request)

    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = []
        for request in requests:
            answers.append(pool.submit(send, request))
            pause.wait(chance.uniform(0, 0.02))
        return [answer.result() for answer in answers]


def _spoken(result: AsrResult) -> tuple[object, ...]:
    return (result.text, result.language, result.finish_reason, result.num_tokens)
