"""Client of the transcription service: a recording in, a `Transcript` out."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.audio.recording import open_recording
from asr_client.recognition import Recognition
from asr_client.requests.dispatch import Dispatch, Request
from asr_client.requests.grpc_transport import GrpcTransport
from asr_client.requests.query_options import QueryOptions
from asr_client.requests.wire import Query
from asr_client.segments.segment_result import SegmentResult
from asr_client.settings import ClientSettings
from asr_client.speakers import SpeakerTurn
from asr_client.transport import Transport
from asr_types.transcript import CallMetadata, Transcript

logger = logging.getLogger(__name__)

OnSegment = Callable[[SegmentResult], None]

_SILENCE = np.zeros(SAMPLE_RATE // 10, np.int16)  # the server answers it without running the model


class AsrClient:
    """Transcribes recordings through a Triton server. Thread-safe; one connection; a context manager.

    Every request carries a deadline. A request is retried only where it may succeed later: after a full
    queue, a restart of the server or a lost connection. Retrying is safe, since transcribing changes nothing
    there.
    """

    def __init__(self, settings: ClientSettings | None = None, *, transport: Transport | None = None) -> None:
        """Connects at the first call; an unreachable server is noticed then.

        `transport` carries the requests in place of gRPC, for tests without a server. Closing the client
        closes the transport.
        """
        self.settings = settings or ClientSettings()
        self._transport = transport or GrpcTransport(self.settings)
        self._dispatch = Dispatch(self._transport, self.settings)

    def transcribe(
        self,
        audio: str | os.PathLike[str] | NDArray[Any],
        *,
        sample_rate: int | None = None,
        language: str | None = None,
        context: str | Sequence[str] = "",
        max_new_tokens: int | None = None,
        roles: Sequence[str] | None = None,
        turns: Sequence[SpeakerTurn] | None = None,
        metadata: CallMetadata | None = None,
        on_segment: OnSegment | None = None,
    ) -> Transcript:
        """Transcribe a file, or an array [samples] or [samples, channels] with its `sample_rate`.

        Two channels are the agent (0) and the customer (1) unless `roles` says otherwise; `turns` say who
        speaks when in a single channel. `language` is a code or a name, None lets the model decide for each
        segment. `context` is free text, or a list, of names and terms to expect. `on_segment` is called in
        this thread as answers arrive; what it raises ends the call.

        Raises AudioError before anything is sent (later only for a file that changes meanwhile),
        InvalidOption, ServiceError when a segment finally failed (the others are cancelled), ClientClosed.
        """
        began_at = time.monotonic()
        options = QueryOptions.checked(language, context, max_new_tokens)
        recording = open_recording(audio, sample_rate, self.settings.limits)
        recognition = Recognition.prepare(recording, options, self.settings.recognition, roles, turns)
        results = []
        # Closed at once when on_segment raises, not when its traceback is dropped.
        with closing(recognition.results(self._dispatch)) as arriving:
            for result in arriving:
                results.append(result)
                if on_segment is not None:
                    on_segment(result)
        _log_call(recognition, time.monotonic() - began_at)
        return recognition.transcript(results, metadata or CallMetadata())

    def check_reachable(self, timeout_s: float = 5.0) -> None:
        """Raise ServerUnavailable unless a server answers at the address; says nothing about its model."""
        self._transport.check_reachable(timeout_s)

    def served_model(self) -> str:
        """The model that answers now, named as in `Transcript.model`; empty when the server does not say.

        Equal names promise equal results. Raises ServiceError, ClientClosed.
        """
        query = Query(f"{uuid.uuid4().hex[:12]}-model", _SILENCE)
        request = Request(0, query, "the question for the model's name")
        with closing(self._dispatch.run([request])) as responses:
            return next(responses).answer.model

    def close(self) -> None:
        """Give the connection back. Calls in other threads end with ClientClosed."""
        self._dispatch.close()

    def __enter__(self) -> AsrClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _log_call(recognition: Recognition, elapsed_s: float) -> None:
    first_pass = recognition.first_pass
    logger.info(
        "%s: %.1f s, %d segments (%.1f s sent) in %.2f s, %.1f times real time",
        first_pass.name,
        first_pass.duration_s,
        len(recognition.segments),
        sum(segment.sent_s for segment in recognition.segments),
        elapsed_s,
        first_pass.duration_s / max(elapsed_s, 1e-9),
    )
