"""Cached client: it transcribes only what it has not transcribed before.

A transcript is kept under a digest of everything that decides it: the decoded samples, the model that the
server says it runs, the recognition settings, the options of the call, and the code of the client that turns
audio into a transcript. A second kind of entry remembers which samples a file's bytes decode to, so that a
known file need not be decoded again. What belongs to the call and not to its audio (ids, names, attributes)
is no part of an entry: it is added anew each time.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from asr_client.cache.digest import digest_of_file, digest_of_recognition_code, digest_of_samples
from asr_client.cache.entries import Entries
from asr_client.client import AsrClient, OnSegment
from asr_client.segments.segment_result import SegmentResult
from asr_client.transcript.call_name import named_call
from asr_types.transcript import CallMetadata, Transcript, transcript_from_dict

logger = logging.getLogger(__name__)

Audio = str | os.PathLike[str] | NDArray[Any]

_MODEL_KNOWN_S = 30.0


class CacheMode(StrEnum):
    """`REFRESH` transcribes everything anew and replaces what was kept."""

    ON = "on"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A transcript, and whether it came from the cache."""

    transcript: Transcript
    is_hit: bool


class CachedClient:
    """`AsrClient.transcribe` with a cache. Thread-safe. It does not close the client."""

    def __init__(
        self,
        client: AsrClient,
        entries: Entries,
        mode: CacheMode = CacheMode.ON,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._entries = entries
        self._mode = mode
        self._clock = clock
        self._model_lock = threading.Lock()
        self._model = ""
        self._asked_at: float | None = None

    def transcribe(self, audio: Audio, **options: Any) -> Transcript:
        """As `AsrClient.transcribe`, but from the cache where it has the transcript."""
        return self.fetch(audio, **options).transcript

    def fetch(
        self,
        audio: Audio,
        *,
        sample_rate: int | None = None,
        metadata: CallMetadata | None = None,
        on_segment: OnSegment | None = None,
        **options: Any,
    ) -> Fetched:
        """Transcribe, or find what an equal call gave before. On a hit `on_segment` is not called.

        Takes the options of `AsrClient.transcribe` and raises what it raises. Even a hit needs the server,
        since only the server knows which model it runs.
        """
        began_at = time.monotonic()
        name = "array" if hasattr(audio, "dtype") else Path(audio).name
        samples = self._samples(audio, sample_rate)
        model = self._served_model()
        key = self._key(samples, model, options)
        transcript = self._find(key) if self._mode is CacheMode.ON and model else None
        if transcript is not None:
            logger.info("%s: found in the cache in %.3f s", name, time.monotonic() - began_at)
            return Fetched(_with_metadata(transcript, metadata, name), is_hit=True)
        options |= {"sample_rate": sample_rate, "metadata": metadata}
        transcript, same_model = self._transcribe(audio, model, on_segment, options)
        if model and same_model and samples == self._samples(audio, sample_rate):  # else the file changed
            self._keep(key, transcript)
        return Fetched(transcript, is_hit=False)

    def _transcribe(
        self, audio: Audio, model: str, on_segment: OnSegment | None, options: dict[str, Any]
    ) -> tuple[Transcript, bool]:
        """A fresh transcript, and whether all of its segments come from `model`."""
        models: set[str] = set()

        def note(result: SegmentResult) -> None:
            models.add(result.model)
            if on_segment is not None:
                on_segment(result)

        sent_at = self._clock()
        transcript = self._client.transcribe(audio, on_segment=note, **options)
        if models == {model}:
            self._asked_at = sent_at  # the answers named the model, so it need not be asked for
        same_model = models <= {model}
        if not same_model:
            self._asked_at = None  # the server has another model now
        return transcript, same_model

    def _samples(self, audio: Audio, sample_rate: int | None) -> str:
        """Digest of the decoded samples, from memory where the file's bytes are known."""
        if hasattr(audio, "dtype"):
            return digest_of_samples(audio, sample_rate)
        path = Path(audio)
        try:
            known_as = _hash("file", digest_of_file(path), digest_of_recognition_code())
        except OSError:
            return digest_of_samples(path, sample_rate, self._client.settings.limits)  # says what is wrong
        remembered = self._entries.get(known_as)
        if remembered is not None:
            return remembered.decode()
        samples = digest_of_samples(path, sample_rate, self._client.settings.limits)
        self._entries.put(known_as, samples.encode())
        return samples

    def _served_model(self) -> str:
        with self._model_lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at > _MODEL_KNOWN_S:
                self._model = self._client.served_model()
                self._asked_at = now
                if not self._model:
                    logger.warning("the server does not say which model it runs; nothing is cached")
            return self._model

    def _key(self, samples: str, model: str, options: dict[str, Any]) -> str:
        settings = asdict(self._client.settings.recognition)
        deciding = {name: value for name, value in options.items() if value not in (None, "")}
        parts = json.dumps([settings, deciding], sort_keys=True, default=repr)
        return _hash("transcript", samples, model, parts, digest_of_recognition_code())

    def _find(self, key: str) -> Transcript | None:
        content = self._entries.get(key)
        return None if content is None else transcript_from_dict(json.loads(content))

    def _keep(self, key: str, transcript: Transcript) -> None:
        document = replace(transcript, metadata=CallMetadata()).to_dict()
        self._entries.put(key, json.dumps(document, ensure_ascii=False).encode())


def _with_metadata(transcript: Transcript, metadata: CallMetadata | None, name: str) -> Transcript:
    return replace(transcript, metadata=named_call(metadata or CallMetadata(), name))


def _hash(*parts: str) -> str:
    digest = blake2b(digest_size=32)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part.encode())
    return digest.hexdigest()
