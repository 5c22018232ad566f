"""Evaluation run: transcribes a test set, as recorded and degraded, and scores each utterance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr_client import AsrClient, ClientError
from asr_client.audio.recording import SAMPLE_RATE, load_recording
from asr_client.cache.client import CachedClient
from asr_client.transcript.language_vote import vote_language
from asr_eval.degradation import Degradation
from asr_eval.normalization import Normalization
from asr_eval.scoring import ErrorCount, error_rate
from asr_eval.utterance import Utterance
from asr_types.transcript import Segment, Transcript, join_texts
from asr_types.warning_code import WarningCode

AS_RECORDED = "as recorded"
WITH_TERMS = ", terms given"
_LANGUAGE_OF_NOISE = "English"  # text on silence is counted in words where the model names no language


@dataclass(frozen=True, slots=True)
class Scored:
    """One utterance under one degradation, transcribed. `heard_language` is None where the model heard no
    speech. `context_leaks` counts segments whose answer with context the client rejected for the one
    without."""

    utterance: Utterance
    degradation: str
    hypothesis: str
    heard_language: str | None
    errors: ErrorCount
    duration_s: float
    model: str
    context_leaks: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """An utterance that could not be transcribed."""

    utterance: Utterance
    degradation: str
    reason: str


Outcome = Scored | Failed


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """With `force_language` the model is told the language of the test set; else it decides for each segment.
    With `with_terms` everything is transcribed once more, with the terms of the test set as context."""

    degradations: tuple[Degradation, ...] = ()
    normalization: Normalization = Normalization.LENIENT
    force_language: bool = False
    context: str = ""
    with_terms: bool = False
    calls_at_once: int = 8

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions under which every recording is transcribed; as recorded comes first."""
        names = (AS_RECORDED, *(degradation.name for degradation in self.degradations))
        return tuple(name + suffix for name in names for suffix in self.suffixes)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of the names of conditions: without terms, and with them if asked for."""
        return ("", WITH_TERMS) if self.with_terms else ("",)


def evaluate(
    client: AsrClient,
    utterances: Sequence[Utterance],
    options: EvaluationOptions,
    on_done: Callable[[int, int], None] | None = None,
    cached: CachedClient | None = None,
) -> list[Outcome]:
    """Outcomes of one degradation after the other, each in the order of the recordings.

    A recording is transcribed once for each degradation, even if several of its channels are scored.
    `on_done` is called in the caller's thread with the numbers of recordings done and in total. `cached` is a
    cache in front of `client`. An interruption closes the client, which cancels the calls in flight.
    """
    tasks = list(_tasks(utterances, options))
    done: dict[int, list[Outcome]] = {}
    with ThreadPoolExecutor(options.calls_at_once) as pool:
        futures = {
            pool.submit(_run, cached or client, task, options): index for index, task in enumerate(tasks)
        }
        try:
            for future in as_completed(futures):
                done[futures[future]] = future.result()
                if on_done is not None:
                    on_done(len(done), len(tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            client.close()
            raise
    return [outcome for index in range(len(tasks)) for outcome in done[index]]


@dataclass(frozen=True, slots=True)
class _Task:
    audio: Path
    utterances: tuple[Utterance, ...]
    degradation: Degradation | None
    suffix: str

    @property
    def condition(self) -> str:
        return (self.degradation.name if self.degradation else AS_RECORDED) + self.suffix

    def context(self, options: EvaluationOptions) -> str | list[str]:
        if not self.suffix:
            return options.context
        return list(dict.fromkeys(term for utterance in self.utterances for term in utterance.terms))


def _tasks(utterances: Sequence[Utterance], options: EvaluationOptions) -> Iterator[_Task]:
    recordings: dict[Path, list[Utterance]] = {}
    for utterance in utterances:
        recordings.setdefault(utterance.audio, []).append(utterance)
    for degradation in (None, *options.degradations):
        for suffix in options.suffixes:
            for audio, parts in recordings.items():
                yield _Task(audio, tuple(parts), degradation, suffix)


def _run(client: AsrClient | CachedClient, task: _Task, options: EvaluationOptions) -> list[Outcome]:
    try:
        transcript = _transcribe(client, task, options)
    except ClientError as error:
        return [Failed(utterance, task.condition, str(error)) for utterance in task.utterances]
    return [_score(utterance, transcript, task.condition, options) for utterance in task.utterances]


def _transcribe(client: AsrClient | CachedClient, task: _Task, options: EvaluationOptions) -> Transcript:
    languages = {utterance.language for utterance in task.utterances if utterance.language}
    language = languages.pop() if options.force_language and len(languages) == 1 else None
    context = task.context(options)
    if task.degradation is None:
        return client.transcribe(task.audio, language=language, context=context)
    recording = load_recording(task.audio)
    samples = np.stack(recording.pcm, axis=1).astype(np.float32) / 32768
    degraded, rate = task.degradation.apply(samples, SAMPLE_RATE, task.audio.name)
    return client.transcribe(degraded, sample_rate=rate, language=language, context=context)


def _score(
    utterance: Utterance, transcript: Transcript, degradation: str, options: EvaluationOptions
) -> Outcome:
    segments = _segments_of(utterance, transcript)
    if segments is None:
        return Failed(utterance, degradation, f"the recording has {len(transcript.channels)} channels")
    heard = vote_language(segments)
    hypothesis = join_texts([segment.text for segment in segments])
    language = utterance.language or heard or _LANGUAGE_OF_NOISE
    return Scored(
        utterance,
        degradation,
        hypothesis,
        heard,
        error_rate(utterance.text, hypothesis, language, options.normalization),
        transcript.duration_s,
        transcript.model,
        _context_leaks(utterance, transcript),
    )


def _segments_of(utterance: Utterance, transcript: Transcript) -> list[Segment] | None:
    """The segments of the utterance's channel; None where the recording has no such channel."""
    if utterance.channel is None:
        return list(transcript.segments)
    if utterance.channel not in {channel.index for channel in transcript.channels}:
        return None
    return [segment for segment in transcript.segments if segment.channel == utterance.channel]


def _context_leaks(utterance: Utterance, transcript: Transcript) -> int:
    return sum(
        warning.code == WarningCode.CONTEXT_LEAK and utterance.channel in (None, warning.channel)
        for warning in transcript.warnings
    )
