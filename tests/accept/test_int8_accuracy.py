"""int8 on the CPU costs next to no accuracy, and a neighbour in the batch changes nothing at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.request import AsrRequest, AsrResult
from asr_eval.scoring import error_rate, total_errors

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"
ARTIFACTS = Path("qwen3_asr") / "1" / "artifacts"
RATE = 16_000
MANY_AT_ONCE = EngineConfig(slots=8)
MOST_POINTS = 0.5  # of error rate, above single precision

Figure = Callable[[str, object, str], None]
pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Utterance:
    """One referenced segment of a sample call."""

    request: AsrRequest
    language: str
    text: str


@pytest.fixture(scope="module")
def utterances() -> list[Utterance]:
    calls = json.loads((CALLS / "references.json").read_text(encoding="utf-8"))["calls"]
    return [utterance for call in calls for utterance in _utterances(call)]


@pytest.fixture(scope="module")
def int8() -> Path:
    """The demo checkpoint in int8, kept in build/ between runs."""
    out = ROOT / "build" / "test-demo-int8"
    command = [sys.executable, "-m", "asr_cli", "export", "--if-stale", "--target", "cpu-int8"]
    command += ["--checkpoint", str(ROOT / "demo" / "checkpoint"), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return out / ARTIFACTS


@pytest.fixture(scope="module")
def int8_answers(int8: Path, utterances: list[Utterance]) -> list[AsrResult]:
    """All utterances, eight at a time."""
    return _answers(int8, MANY_AT_ONCE, utterances)


def test_int8_is_within_half_a_point_of_single_precision(
    demo_repository: Path, int8_answers: list[AsrResult], utterances: list[Utterance], figure: Figure
) -> None:
    single = _answers(demo_repository / ARTIFACTS, MANY_AT_ONCE, utterances)
    same = sum(one.text == other.text for one, other in zip(single, int8_answers, strict=True))
    figure("int8 and fp32, identical texts", f"{same} of {len(utterances)}", "reported")
    fp32_rates, int8_rates = _rates(utterances, single), _rates(utterances, int8_answers)
    for language, rate in fp32_rates.items():
        figure(f"{language}: errors in fp32, in int8, %", f"{rate:.2f}, {int8_rates[language]:.2f}", "+0.5")
    assert all(int8_rates[language] <= rate + MOST_POINTS for language, rate in fp32_rates.items())


def test_int8_gives_eight_at_a_time_exactly_what_it_gives_each_alone(
    int8: Path, int8_answers: list[AsrResult], utterances: list[Utterance], figure: Figure
) -> None:
    alone = _answers(int8, EngineConfig(slots=1, lookahead=0), utterances)
    pairs = list(zip(alone, int8_answers, strict=True))
    same = sum(one.text == other.text for one, other in pairs)
    exact = sum(one.token_logprobs == other.token_logprobs for one, other in pairs)
    figure("int8 batched equals alone, texts", f"{same} of {len(pairs)}", f"{len(pairs)}")
    figure(
        "int8 batched equals alone, log-probabilities to the last bit", f"{exact} of {len(pairs)}", "reported"
    )
    assert same == len(pairs)


def _answers(artifacts: Path, config: EngineConfig, utterances: Sequence[Utterance]) -> list[AsrResult]:
    with AsrEngine.load(artifacts, config) as engine, ThreadPoolExecutor(config.slots) as pool:
        return list(pool.map(lambda utterance: engine.transcribe(utterance.request), utterances))


def _rates(utterances: Sequence[Utterance], answers: Sequence[AsrResult]) -> dict[str, float]:
    """Percent of characters or words, by language."""
    counts = defaultdict(list)
    for utterance, answer in zip(utterances, answers, strict=True):
        counts[utterance.language].append(error_rate(utterance.text, answer.text, utterance.language))
    return {language: 100 * total_errors(each).rate for language, each in counts.items()}


def _utterances(call: dict[str, Any]) -> list[Utterance]:
    samples, rate = soundfile.read(CALLS / str(call["file"]), dtype="float32", always_2d=True)
    samples = samples if rate == RATE else soxr.resample(samples, rate, RATE)
    return [
        Utterance(
            AsrRequest(f"{call['file']}#{number}", _cut(samples, segment)),
            str(call["language"]),
            segment["text"],
        )
        for number, segment in enumerate(call["segments"])
    ]


def _cut(samples: NDArray[np.float32], segment: dict[str, float]) -> NDArray[np.float32]:
    start, end = (round(segment[key] * RATE) for key in ("start_s", "end_s"))
    return np.ascontiguousarray(samples[start:end, int(segment["channel"])])
