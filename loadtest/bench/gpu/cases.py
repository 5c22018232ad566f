"""Cases: clips with the answers of fp32, made on any machine and compared on the one with the GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_engine.features import MelFrontEnd
from asr_engine.graphs.device_tensors import AudioEmbeds
from asr_engine.model import Model
from asr_engine.text.prompt import PromptBuilder

PCM_SCALE = 32768


@dataclass(frozen=True, slots=True)
class Case:
    """One clip and the reference's greedy answer to it."""

    name: str
    pcm: NDArray[np.int16]  # [samples], mono, 16 kHz
    tokens: list[int]
    logprobs: list[float]
    text: str  # empty where the weights are random


@dataclass(frozen=True, slots=True)
class Forced:
    """Teacher forcing: a model's choice at each position, given the reference's tokens before it."""

    tokens: list[int]
    logprobs: list[float]


class Speaker:
    """Runs a loaded model step by step, without the engine's loop around it."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._front_end = MelFrontEnd(model.manifest.audio)
        self._prompts = PromptBuilder(model.tokenizer, model.manifest.tokens)

    def greedy(self, pcm: NDArray[np.int16], num_tokens: int, *, stop: bool) -> Forced:
        """The model's own answer. With `stop` it ends before an end-of-text token."""
        begun, answer = self._prefill(0, pcm), Forced([], [])
        token, logprob = begun.token, begun.logprob
        while not (stop and token in self._model.manifest.tokens.end_of_text):
            answer.tokens.append(token)
            answer.logprobs.append(logprob)
            if len(answer.tokens) == num_tokens:
                break
            lengths = np.array([begun.length + len(answer.tokens)], np.int32)
            result = self._model.decoder.decode(np.array([token]), lengths)
            token, logprob = int(result.ids[0]), float(result.logprobs[0])
        return answer

    def forced(self, cases: Sequence[Case]) -> list[Forced]:
        """Run all cases as rows of one batch, each fed its reference's tokens; a finished row idles."""
        begun = [self._prefill(slot, case.pcm) for slot, case in enumerate(cases)]
        answers = [Forced([each.token], [each.logprob]) for each in begun]
        for step in range(max(len(case.tokens) for case in cases) - 1):
            goes_on = [step < len(case.tokens) - 1 for case in cases]
            fed = [case.tokens[step] if on else 0 for case, on in zip(cases, goes_on, strict=True)]
            lengths = [each.length + step + 1 if on else 1 for each, on in zip(begun, goes_on, strict=True)]
            result = self._model.decoder.decode(np.array(fed), np.array(lengths, np.int32))
            for row, answer in enumerate(answers):
                if goes_on[row]:
                    answer.tokens.append(int(result.ids[row]))
                    answer.logprobs.append(float(result.logprobs[row]))
        return answers

    def _prefill(self, slot: int, pcm: NDArray[np.int16]) -> _Prefilled:
        samples = pcm.astype(np.float32) / PCM_SCALE
        embeds: list[AudioEmbeds] = self._model.encoder.encode(self._front_end.windows(samples))
        prompt = self._prompts.build(
            self._prompts.encode_context(""), self._front_end.num_tokens(len(samples)), None
        )
        result = self._model.decoder.prefill(slot, prompt, embeds)
        return _Prefilled(len(prompt), int(result.ids[0]), float(result.logprobs[0]))


@dataclass(frozen=True, slots=True)
class _Prefilled:
    """Slot that holds a prompt, and the token that follows."""

    length: int
    token: int
    logprob: float


def save_cases(path: Path, cases: Sequence[Case]) -> None:
    """Write the cases to one .npz file."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, case in enumerate(cases):
        arrays[f"{number}.name"] = np.array(case.name)
        arrays[f"{number}.pcm"] = case.pcm
        arrays[f"{number}.tokens"] = np.array(case.tokens)
        arrays[f"{number}.logprobs"] = np.array(case.logprobs)
        arrays[f"{number}.text"] = np.array(case.text)
    np.savez_compressed(path, **arrays)


def load_cases(path: Path) -> list[Case]:
    """Read what `save_cases` wrote."""
    with np.load(path) as data:
        return [
            Case(
                str(data[f"{number}.name"]),
                data[f"{number}.pcm"],
                data[f"{number}.tokens"].tolist(),
                data[f"{number}.logprobs"].tolist(),
                str(data[f"{number}.text"]),
            )
            for number in range(len(data.files) // 5)
        ]
