"""Transcriber of a batch: fetches remote audio, then asks the cache or the server for the transcript."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from asr_batch.task import Task
from asr_client import AsrClient
from asr_client.cache.client import CachedClient, Fetched
from asr_client.segments.segment_result import SegmentResult
from asr_types.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Outcome:
    """A transcript and where it came from. `was_refused`: some request needed more than one attempt."""

    transcript: Transcript
    is_hit: bool
    was_refused: bool


class Transcriber:
    """`defaults` are keyword arguments of `AsrClient.transcribe`; options of a task override them. `finish`
    is applied to every transcript, cached or new."""

    def __init__(
        self,
        client: AsrClient,
        cached: CachedClient | None = None,
        defaults: dict[str, Any] | None = None,
        finish: Callable[[Transcript], Transcript] = lambda transcript: transcript,
    ) -> None:
        self._client = client
        self._cached = cached
        self._defaults = defaults or {}
        self._finish = finish

    def transcribe(self, task: Task) -> Outcome:
        """Transcribe one recording. Raises ClientError, and OSError when remote audio cannot be fetched."""
        attempts = [1]  # numbers of attempts, one for each segment

        def note_attempts(result: SegmentResult) -> None:
            attempts.append(result.attempts)

        task_options = {"language": task.language, "context": task.context, "roles": task.roles}
        options = self._defaults | {name: value for name, value in task_options.items() if value is not None}
        with _local_file(task.audio) as path:
            options |= {"metadata": task.metadata, "on_segment": note_attempts}
            if self._cached is not None:
                fetched = self._cached.fetch(path, **options)
            else:
                fetched = Fetched(self._client.transcribe(path, **options), is_hit=False)
        return Outcome(self._finish(fetched.transcript), fetched.is_hit, max(attempts) > 1)

    def check_model(self) -> None:
        """Raise ServiceError unless the model takes requests of this client."""
        self._client.served_model()

    def check_server(self, timeout_s: float = 5.0) -> None:
        """Raise ServerUnavailable unless a server answers."""
        self._client.check_reachable(timeout_s)

    def close(self) -> None:
        """Cancel the calls in flight: they raise ClientClosed."""
        self._client.close()


@contextmanager
def _local_file(audio: str) -> Iterator[Path]:
    """A local path of the audio. Remote audio is fetched under its own name and removed after the block."""
    if "://" not in audio:
        yield Path(audio)
        return
    system, remote = fsspec.url_to_fs(audio)
    with tempfile.TemporaryDirectory(prefix="asr-batch-") as folder:
        path = Path(folder, PurePosixPath(remote).name)
        system.get_file(remote, str(path))
        yield path
