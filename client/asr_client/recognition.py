"""Recognition of one call: from its recording to its transcript.

    recording → first pass → tracks → segments → requests → results → transcript

A `Recognition` holds what the first pass found, the tracks, the segments and the options of the call, and
everything that is done to them. It sends its requests through the dispatch that it is given.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

from asr_client.audio.recording import Recording
from asr_client.conditioning import correction_for
from asr_client.recognition_settings import RecognitionSettings
from asr_client.requests.dispatch import Dispatch, Request, Response
from asr_client.requests.query_options import QueryOptions
from asr_client.segments.first_pass import FirstPass, run_first_pass
from asr_client.segments.resegmentation import deserves_halving, merged_halves
from asr_client.segments.segment_audio import segment_audio
from asr_client.segments.segment_result import SegmentResult, recognised_segment
from asr_client.segments.segmentation import AudioSegment, cut_segments, halves
from asr_client.speakers import SpeakerTurn, Track, tracks_of_channels, tracks_of_turns
from asr_client.transcript.call_name import named_call
from asr_client.transcript.channel_description import describe_channels
from asr_client.transcript.language_vote import vote_language
from asr_client.transcript.overlap_stitching import stitch_overlaps
from asr_client.transcript.transcript_warnings import finish_warnings, leak_warnings, recording_warnings
from asr_types.transcript import CallMetadata, Transcript

logger = logging.getLogger(__name__)

Segments = Sequence[AudioSegment]
Results = Generator[SegmentResult, None, None]


class Recognition:
    """One call on its way to a transcript. `segments` are in order of time, across all tracks."""

    @classmethod
    def prepare(
        cls,
        recording: Recording,
        options: QueryOptions,
        settings: RecognitionSettings,
        roles: Sequence[str] | None = None,
        turns: Sequence[SpeakerTurn] | None = None,
    ) -> Recognition:
        """Read the recording once and cut it into segments. Raises AudioError and InvalidOption."""
        first_pass = run_first_pass(recording)
        if turns is None:
            return cls(first_pass, tracks_of_channels(first_pass, roles), options, settings)
        return cls(first_pass, tracks_of_turns(first_pass, turns), options, settings)

    def __init__(
        self,
        first_pass: FirstPass,
        tracks: Sequence[Track],
        options: QueryOptions,
        settings: RecognitionSettings,
    ) -> None:
        self.first_pass = first_pass
        self.segments = _cut(tracks, settings.max_segment_s)
        self._tracks = tracks
        self._options = options
        self._corrections = [correction_for(track, settings.conditioning) for track in tracks]

    def results(self, dispatch: Dispatch) -> Results:
        """The result of every segment, in order of arrival; closing the generator cancels what is in flight.

        Segments whose text broke off come last, re-segmented. Raises AudioError where the file changed after
        the first pass, ServiceError, ClientClosed.
        """
        broken_off = []
        may_be_halved = self._options.max_new_tokens is None  # a limit that the caller set is intended
        with closing(self._recognised(dispatch, self.segments)) as arriving:
            for result in arriving:
                if may_be_halved and deserves_halving(result, self.segments[result.index]):
                    broken_off.append(result)
                else:
                    yield result
        if broken_off:  # seldom, and a long recording is decoded once more for it
            with closing(self._resegmented(dispatch, broken_off)) as arriving:
                yield from arriving

    def transcript(self, results: Sequence[SegmentResult], metadata: CallMetadata) -> Transcript:
        """The transcript of the call from the results of all its segments."""
        in_order = sorted(results, key=lambda result: result.index)
        segments, stitching_warnings = stitch_overlaps([result.segment for result in in_order], self.segments)
        return Transcript(
            metadata=named_call(metadata, self.first_pass.name),
            duration_s=self.first_pass.duration_s,
            sample_rate=self.first_pass.source_rate,
            channels=describe_channels(self._tracks, self.first_pass.duration_s),
            segments=tuple(segments),
            language=vote_language(segments),
            model=next((result.model for result in results if result.model), ""),
            warnings=(
                *recording_warnings(self.first_pass, self._tracks),
                *finish_warnings(segments),
                *stitching_warnings,
                *leak_warnings(in_order),
            ),
        )

    def _recognised(self, dispatch: Dispatch, segments: Segments) -> Results:
        """The results of these segments, whose order `index` counts."""
        requests = self._requests(segments)
        with closing(requests), closing(dispatch.run(requests, self._options.second_query)) as responses:
            for response in responses:
                result = self._result(segments, response)
                _log_segment(result)
                yield result

    def _resegmented(self, dispatch: Dispatch, broken_off: Iterable[SegmentResult]) -> Results:
        """The results of these segments from their halves."""
        wholes = sorted(broken_off, key=lambda result: result.index)
        pieces = [half for whole in wholes for half in self._halves(self.segments[whole.index])]
        answers = sorted(self._recognised(dispatch, pieces), key=lambda result: result.index)
        for number, whole in enumerate(wholes):
            both = slice(2 * number, 2 * number + 2)
            yield merged_halves(whole, pieces[both], answers[both])

    def _halves(self, segment: AudioSegment) -> tuple[AudioSegment, AudioSegment]:
        track = self._tracks[segment.channel]
        return halves(segment, track.findings.energy, track.speech)

    def _requests(self, segments: Segments) -> Generator[Request, None, None]:
        """One request for each segment, made when it is asked for: the audio is read on the way."""
        call = uuid.uuid4().hex[:12]
        with closing(segment_audio(self.first_pass, segments)) as audio:
            for index, (segment, pcm) in enumerate(zip(segments, audio, strict=True)):
                corrected = self._corrections[segment.channel].apply(pcm)
                yield Request(index, self._options.query(f"{call}-{index}", corrected), self._label(segment))

    def _label(self, segment: AudioSegment) -> str:
        times = f"{segment.start_s:.2f}–{segment.end_s:.2f} s"
        return f"{self.first_pass.name}, channel {segment.channel}, {times}"

    def _result(self, segments: Segments, response: Response) -> SegmentResult:
        index = response.request.index
        answer, leaked = self._options.choose(response.first, response.answer)
        return SegmentResult(
            index=index,
            total=len(segments),
            segment=recognised_segment(segments[index], answer, self.first_pass.duration_s),
            timings=response.answer.timings,
            latency_s=response.latency_s,
            attempts=response.attempts,
            request_id=response.request.query.id,
            model=answer.model,
            context_leaked=leaked,
        )


def _cut(tracks: Iterable[Track], max_segment_s: float) -> list[AudioSegment]:
    segments = [
        segment
        for track in tracks
        for segment in cut_segments(
            track.findings.energy,
            track.speech,
            track.findings.samples,
            track.channel,
            track.column,
            max_segment_s,
        )
    ]
    return sorted(segments, key=lambda segment: (segment.start, segment.channel))


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
