"""The exported demo model against the reference implementation, alone and many at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.model import Model, load_model
from asr_engine.request import FinishReason
from tests.engine.loop_bench import Bench

DEMO = Path(__file__).parents[2] / "demo"
RATE = 16000
CONFIG = EngineConfig(slots=8, lookahead=30, intra_op_threads=1)


@dataclass(frozen=True)
class Utterance:
    id: str
    pcm: NDArray[np.float32]
    language: str
    text: str


@dataclass(frozen=True)
class Tokens:
    """What a model generated, end-of-text left out."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]


def read_utterances() -> Iterator[Utterance]:
    """Every segment of every sample call, in the order of the files."""
    for call in json.loads((DEMO / "calls" / "references.json").read_text(encoding="utf-8"))["calls"]:
        samples, rate = soundfile.read(DEMO / "calls" / call["file"], dtype="float32", always_2d=True)
        samples = samples if rate == RATE else soxr.resample(samples, rate, RATE)
        for number in count():
            if number >= len(call["segments"]):
                break
            segment = call["segments"][number]
            start, end = (round(segment[key] * RATE) for key in ("start_s", "end_s"))
            pcm = np.ascontiguousarray(samples[start:end, segment["channel"]])
            yield Utterance(f"{call['file']}#{number}", pcm, call["language"], segment["text"])


@pytest.fixture(scope="module")
def utterances() -> list[Utterance]:
    return list(read_utterances())


@pytest.fixture(scope="module")
def model(demo_repository: Path) -> Model:
    return load_model(demo_repository / "qwen3_asr" / "1" / "artifacts", CONFIG, device_id=0)


class Reference:
    """transformers, single precision, eager attention, greedy."""

    def __init__(self) -> None:
        transformers = pytest.importorskip("transformers")
        self._torch = pytest.importorskip("torch")
        self._torch.set_num_threads(
            1
        )  # this small a model gains nothing from more, and loses on a busy machine
        self._processor = transformers.AutoProcessor.from_pretrained(DEMO / "checkpoint")
        self._model = transformers.Qwen3ASRForConditionalGeneration.from_pretrained(
            DEMO / "checkpoint", dtype=self._torch.float32, attn_implementation="eager"
        ).eval()

    def generate(self, pcm: NDArray[np.float32], **options: str) -> Tokens:
        inputs = self._processor.apply_transcription_request(audio=pcm, **options)
        with self._torch.inference_mode():
            output = self._model.generate(
                **inputs, max_new_tokens=200, return_dict_in_generate=True, output_logits=True
            )
        ids = output.sequences[0, inputs["input_ids"].shape[1] :].tolist()
        scores = [self._torch.log_softmax(step[0].float(), -1).max().item() for step in output.logits]
        return Tokens(tuple(ids[:-1]), tuple(scores[:-1]))


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


def tokens_of(bench: Bench, ticket: Any) -> Tokens:
    sequence = bench.sequence(ticket)
    return Tokens(tuple(sequence.token_ids), tuple(sequence.logprobs))


def generate_alone(model: Model, pcm: NDArray[np.float32], **options: str) -> Tokens:
    bench = Bench(model, CONFIG)
    ticket = bench.submit(pcm, **options)
    bench.finish(ticket)
    return tokens_of(bench, ticket)


def test_tokens_and_confidence_equal_the_reference(
    model: Model, reference: Reference, utterances: list[Utterance]
) -> None:
    for utterance in utterances[::5]:
        ours, theirs = generate_alone(model, utterance.pcm), reference.generate(utterance.pcm)
        assert ours.ids == theirs.ids, utterance.id
        np.testing.assert_allclose(ours.logprobs, theirs.logprobs, atol=1e-3, err_msg=utterance.id)


@pytest.mark.parametrize("length_s", [7.99, 8.0, 8.01, 16.3, 25.0])
def test_clips_of_several_windows_equal_the_reference(
    model: Model, reference: Reference, utterances: list[Utterance], length_s: float
) -> None:
    pcm = np.concatenate([utterance.pcm for utterance in utterances[:12]])[: round(length_s * RATE)]
    ours, theirs = generate_alone(model, pcm), reference.generate(pcm)
    assert ours.ids == theirs.ids
    np.testing.assert_allclose(ours.logprobs, theirs.logprobs, atol=1e-3)


@pytest.mark.parametrize("options", [{"language": "English"}, {"prompt": "客服 订单 保修"}])
def test_options_equal_the_reference(
    model: Model, reference: Reference, utterances: list[Utterance], options: dict[str, str]
) -> None:
    ours = {"context" if key == "prompt" else key: value for key, value in options.items()}
    for utterance in utterances[:2]:
        expected = reference.generate(utterance.pcm, **options)
        assert generate_alone(model, utterance.pcm, **ours).ids == expected.ids, utterance.id


def test_thirty_two_staggered_requests_answer_as_if_each_were_alone(
    model: Model, utterances: list[Utterance]
) -> None:
    clips = mixed_lengths(utterances, 32)
    expected = [generate_alone(model, pcm) for pcm in clips]
    bench = Bench(model, CONFIG)
    tickets = []
    for number, pcm in enumerate(clips):
        tickets.append(bench.submit(pcm, f"r{number}"))
        bench.iterate(number % 7)
    bench.finish(*tickets)
    for number, ticket in enumerate(tickets):
        ours = tokens_of(bench, ticket)
        assert ours.ids == expected[number].ids, f"request {number}"
        np.testing.assert_allclose(ours.logprobs, expected[number].logprobs, atol=1e-3)
    stats = bench.stats()
    assert stats.decode_rows / stats.decode_steps > 2


def mixed_lengths(utterances: list[Utterance], number: int) -> list[NDArray[np.float32]]:
    """From 0.3 s to about 25 s: single utterances, pieces of them, and several in a row."""
    random = np.random.default_rng(7)
    clips = []
    for index in range(number):
        chosen = random.choice(len(utterances), 1 + index % 4, replace=False)
        joined = np.concatenate([utterances[position].pcm for position in chosen])
        longest = int(random.choice([0.3, 0.99, 3.0, 8.01, 25.0]) * RATE)
        clips.append(joined[:longest])
    return clips


def test_demo_utterances_are_transcribed(model: Model, utterances: list[Utterance]) -> None:
    clean = [each for each in utterances if "noise" not in each.id]
    bench = Bench(model, CONFIG)
    tickets = []
    for utterance in clean:
        while bench.is_full:
            bench.iterate()
        tickets.append(bench.submit(utterance.pcm, utterance.id))
    results = bench.finish(*tickets)
    assert {result.finish_reason for result in results} == {FinishReason.STOP}
    assert [result.language for result in results] == [utterance.language for utterance in clean]
    exact = sum(result.text == utterance.text for result, utterance in zip(results, clean, strict=True))
    assert exact >= 0.9 * len(clean), f"{exact} of {len(clean)}"
