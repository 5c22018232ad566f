"""The client: a recording in, a `Transcript` out."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.audio.recording import open_recording
from asr_client.conditioning import correction_for
from asr_client.requests.dispatch import Delivery, Dispatch, Item
from asr_client.requests.grpc_transport import Transport
from asr_client.requests.query_options import QueryOptions
from asr_client.requests.wire import Query
from asr_client.segments.first_pass import Survey, survey_recording
from asr_client.segments.resegmentation import deserves_second_try, in_one
from asr_client.segments.segment_audio import segment_audio
from asr_client.segments.segmentation import AudioSegment, cut_segments, halves
from asr_client.settings import ClientSettings
from asr_client.speakers import SpeakerTurn, Track, tracks_of_channels, tracks_of_turns
from asr_client.transcript.transcript_warnings import SegmentResult, assemble, recognised
from asr_types.transcript import CallMetadata, Transcript

logger = logging.getLogger(__name__)

OnSegment = Callable[[SegmentResult], None]

_SILENCE = np.zeros(SAMPLE_RATE // 10, np.int16)  # answered without running the model


class AsrClient:
    """Transcribes recordings through a Triton server. Thread-safe; one connection; a context manager.

    Every request carries a deadline. Only what may succeed later is tried again (a full queue, a server that
    restarts, a lost connection), which is safe because transcribing changes nothing on the server.
    """

    def __init__(self, settings: ClientSettings | None = None) -> None:
        """Connects lazily: an unreachable server shows at the first call."""
        self.settings = settings or ClientSettings()
        self._transport = Transport(self.settings)
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
        survey = survey_recording(open_recording(audio, sample_rate, self.settings.limits))
        tracks = tracks_of_channels(survey, roles) if turns is None else tracks_of_turns(survey, turns)
        cuts = self._cuts_in_order(tracks)
        results = self._recognise(survey, tracks, cuts, options, on_segment)
        _log_call(survey, cuts, time.monotonic() - began_at)
        return assemble(survey, tracks, cuts, results, metadata or CallMetadata())

    def check_reachable(self, timeout_s: float = 5.0) -> None:
        """Raise ServerUnavailable unless a server answers at the address; says nothing about its model."""
        self._transport.check_reachable(timeout_s)

    def served_model(self) -> str:
        """The model that answers now, named as in `Transcript.model`; empty when the server does not say.

        Equal names promise equal results. Raises ServiceError, ClientClosed.
        """
        item = Item(0, Query(f"{uuid.uuid4().hex[:12]}-model", _SILENCE), "the question for the model's name")
        with closing(self._dispatch.run([item])) as deliveries:
            return next(deliveries).answer.model

    def close(self) -> None:
        """Give the connection back. Calls under way in other threads end with ClientClosed."""
        self._transport.close()

    def __enter__(self) -> AsrClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _cuts_in_order(self, tracks: Sequence[Track]) -> list[AudioSegment]:
        cuts = [
            cut
            for track in tracks
            for cut in cut_segments(
                track.survey.energy,
                track.speech,
                track.survey.samples,
                track.channel,
                track.column,
                self.settings.max_segment_s,
            )
        ]
        return sorted(cuts, key=lambda cut: (cut.start, cut.channel))

    def _recognise(
        self,
        survey: Survey,
        tracks: Sequence[Track],
        cuts: Sequence[AudioSegment],
        options: QueryOptions,
        on_segment: OnSegment | None,
    ) -> list[SegmentResult]:
        results: list[SegmentResult] = []
        broken_off: list[SegmentResult] = []
        may_try_again = options.max_new_tokens is None  # a limit that the caller set is no accident

        def take(result: SegmentResult) -> None:
            results.append(result)
            if on_segment is not None:
                on_segment(result)

        # Closed at once when on_segment raises, not when the traceback is dropped.
        with closing(self._results(survey, tracks, cuts, options)) as arriving:
            for result in arriving:
                if may_try_again and deserves_second_try(result, cuts[result.index]):
                    broken_off.append(result)
                else:
                    take(result)
        with closing(self._tried_again(survey, tracks, cuts, broken_off, options)) as arriving:
            for result in arriving:
                take(result)
        return results

    def _results(
        self, survey: Survey, tracks: Sequence[Track], cuts: Sequence[AudioSegment], options: QueryOptions
    ) -> Generator[SegmentResult, None, None]:
        """In the order of arrival."""
        items = self._items(survey, tracks, cuts, options)
        with closing(items), closing(self._dispatch.run(items, options.second_query)) as deliveries:
            for delivery in deliveries:
                result = _segment_result(delivery, cuts, survey.duration_s, options)
                _log_segment(result)
                yield result

    def _tried_again(
        self,
        survey: Survey,
        tracks: Sequence[Track],
        cuts: Sequence[AudioSegment],
        broken_off: Sequence[SegmentResult],
        options: QueryOptions,
    ) -> Generator[SegmentResult, None, None]:
        """The segments whose text broke off, from their halves."""
        if not broken_off:  # usually: do not open the recording for nothing
            return
        wholes = sorted(broken_off, key=lambda result: result.index)
        pieces = [
            half
            for whole in (cuts[result.index] for result in wholes)
            for half in halves(whole, tracks[whole.channel].survey.energy, tracks[whole.channel].speech)
        ]
        answers = sorted(self._results(survey, tracks, pieces, options), key=lambda result: result.index)
        for number, result in enumerate(wholes):
            both = slice(2 * number, 2 * number + 2)
            yield in_one(result, pieces[both], answers[both])

    def _items(
        self, survey: Survey, tracks: Sequence[Track], cuts: Sequence[AudioSegment], options: QueryOptions
    ) -> Generator[Item, None, None]:
        """One request for each cut, made when there is room for it: the audio is read along the way."""
        call = uuid.uuid4().hex[:12]
        corrections = [correction_for(track, self.settings.conditioning) for track in tracks]
        with closing(segment_audio(survey, cuts)) as audio:
            for index, (cut, pcm) in enumerate(zip(cuts, audio, strict=True)):
                query = options.query(f"{call}-{index}", corrections[cut.channel].apply(pcm))
                yield Item(index, query, _place(survey.name, cut))


def _place(name: str, cut: AudioSegment) -> str:
    return f"{name}, channel {cut.channel}, {cut.start_s:.2f}–{cut.end_s:.2f} s"


def _segment_result(
    delivery: Delivery, cuts: Sequence[AudioSegment], duration_s: float, options: QueryOptions
) -> SegmentResult:
    index = delivery.item.index
    answer, leaked = options.choose(delivery.first, delivery.answer)
    return SegmentResult(
        index=index,
        total=len(cuts),
        segment=recognised(cuts[index], answer, duration_s),
        timings=delivery.answer.timings,
        latency_s=delivery.latency_s,
        attempts=delivery.attempts,
        request_id=delivery.item.query.id,
        model=answer.model,
        context_leaked=leaked,
    )


def _log_segment(result: SegmentResult) -> None:
    logger.debug(
        "%s: channel %d, %.2f s to %.2f s: %d tokens in %.3f s, %d attempts",
        result.request_id,
        result.segment.channel,
        result.segment.start_s,
        result.segment.end_s,
        result.segment.num_tokens,
        result.latency_s,
        result.attempts,
    )


def _log_call(survey: Survey, cuts: Sequence[AudioSegment], elapsed_s: float) -> None:
    logger.info(
        "%s: %.1f s, %d segments (%.1f s sent) in %.2f s, %.1f times real time",
        survey.name,
        survey.duration_s,
        len(cuts),
        sum(cut.sent_s for cut in cuts),
        elapsed_s,
        survey.duration_s / max(elapsed_s, 1e-9),
    )
