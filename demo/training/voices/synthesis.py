"""Synthesis of planned utterances in several processes, shard by shard; a stopped run is continued."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.pool import Pool
from pathlib import Path

from training.sentences.corpus import UtterancePlan
from training.voices.espeak import EspeakSynthesiser
from training.voices.flite import FliteSynthesiser
from training.voices.speech import Speech
from training.voices.speech_store import shard_is_complete, write_shard
from training.voices.spoken_form import spoken_form

SHARD_UTTERANCES = 1_000
CHUNK = 32
LIBRARIES = ("libespeak-ng.so.1", "libflite.so.1")
logger = logging.getLogger(__name__)


class SynthesiserMissing(Exception):
    """A synthesiser's library is not installed."""


def synthesise(
    plans: Sequence[UtterancePlan], folder: Path, pool: Pool, progress: Callable[[float], None]
) -> None:
    """Write a speech store of the plans. Utterances that cannot be said are left out, with a warning."""
    folder.mkdir(parents=True, exist_ok=True)
    for shard, start in enumerate(range(0, len(plans), SHARD_UTTERANCES)):
        if shard_is_complete(folder, shard):
            continue
        part = plans[start : start + SHARD_UTTERANCES]
        spoken = zip(part, pool.imap(say, part, chunksize=CHUNK), strict=True)
        write_shard(folder, shard, ((plan, speech) for plan, speech in spoken if speech is not None))
        progress(min(1.0, (start + SHARD_UTTERANCES) / len(plans)))


def speakers(workers: int) -> Pool:
    """Make a pool of processes that each load the synthesisers. Raises SynthesiserMissing."""
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError as error:
            raise SynthesiserMissing(f"{error}; on Debian: apt-get install espeak-ng libflite1") from error
    return multiprocessing.get_context("spawn").Pool(workers)


_synthesisers: dict[str, EspeakSynthesiser | FliteSynthesiser] = {}  # of a worker process


def say(plan: UtterancePlan) -> Speech | None:
    """Synthesise an utterance; None when the synthesiser cannot say its text."""
    name = plan.speaker.synthesiser
    if name not in _synthesisers:
        _synthesisers[name] = EspeakSynthesiser() if name == "espeak" else FliteSynthesiser()
    try:
        return (
            _synthesisers[name]
            .say(spoken_form(plan.text, plan.language, plan.speaker), plan.speaker)
            .trimmed()
        )
    except ValueError as error:
        logger.warning("left out %r: %s", plan.text, error)
        return None
