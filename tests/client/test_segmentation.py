"""Segments: inside the clip, never too long, apart from each other, and covering all speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.audio.recording import to_int16
from asr_client.audio.vad import Span, Speech
from asr_client.segments.segmentation import AudioSegment, cut_segments
from tests.client.client_audio import RATE, detect_speech, energy_db, silence, speechlike


def cut(
    pcm: np.ndarray, speech: Speech | Sequence[Span], channel: int = 0, max_s: float = 30.0
) -> tuple[AudioSegment, ...]:
    """Spans alone stand for speech without any pause in them."""
    if not isinstance(speech, Speech):
        speech = Speech(tuple(speech), np.ones(len(pcm) // 512 + 1, np.bool_))
    return cut_segments(energy_db(pcm), speech, len(pcm), channel, max_s=max_s)


def spans_of(lengths: list[int]) -> list[Span]:
    """Alternating pause and speech, in samples."""
    edges = list(itertools.accumulate(lengths))
    return [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 20 * RATE), min_size=2, max_size=12),
    tail=st.integers(0, 2 * RATE),
    max_s=st.sampled_from([3.0, 3.7, 30.0]),
    seed=st.integers(0, 1000),
)
def test_segments_cover_all_speech_and_keep_the_limits(
    lengths: list[int], tail: int, max_s: float, seed: int
) -> None:
    spans = spans_of(lengths)
    rng = np.random.default_rng(seed)
    pcm = rng.integers(-500, 500, spans[-1].end + tail).astype(np.int16)
    segments = cut(pcm, spans, channel=1, max_s=max_s)

    for segment in segments:
        assert 0 <= segment.start < segment.end <= len(pcm)
        assert segment.sent_to - segment.sent_from <= max_s * RATE
        assert 0 <= segment.sent_from <= segment.start
        assert segment.end <= segment.sent_to <= len(pcm)
        assert segment.channel == 1
    assert all(left.end <= right.start for left, right in itertools.pairwise(segments))
    sent = np.zeros(len(pcm), bool)
    for segment in segments:
        sent[segment.start : segment.end] = True
    assert all(sent[span.start : span.end].all() for span in spans)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0.1, 50), st.floats(0, 3)), min_size=1, max_size=4), st.integers(0, 99))
def test_detected_speech_is_covered_too(parts: list[tuple[float, float]], seed: int) -> None:
    sounds = [(speechlike(speech_s, seed=seed), silence(pause_s)) for speech_s, pause_s in parts]
    pcm = to_int16(np.concatenate([sound for pair in sounds for sound in pair]))
    speech = detect_speech(pcm)
    segments = cut(pcm, speech)
    assert all(any(s.start <= span.start < s.end for s in segments) for span in speech.spans)
    assert sum(s.end - s.start for s in segments) >= sum(len(span) for span in speech.spans)
    assert all(s.sent_s <= 30 for s in segments)


def test_long_speech_is_cut_in_its_quietest_pause_without_overlap() -> None:
    pcm = to_int16(np.concatenate([speechlike(21), silence(0.2), speechlike(20)]))
    speech = detect_speech(pcm)
    assert len(speech.spans) == 1
    first, second = cut(pcm, speech)
    assert first.end == second.start
    assert 20.9 <= first.end_s <= 21.2
    assert (first.tail, second.lead, second.overlaps_previous) == (0, 0, False)


def test_a_cut_in_the_middle_of_speech_sends_two_seconds_of_the_other_side() -> None:
    pcm = to_int16(speechlike(45))
    segments = cut(pcm, [Span(0, len(pcm))])
    assert [segment.overlaps_previous for segment in segments] == [False, True]
    assert [segment.lead for segment in segments] == [0, 2 * RATE]
    assert [segment.tail for segment in segments] == [2 * RATE, 0]
    assert all(left.end == right.start for left, right in itertools.pairwise(segments))


def test_speech_without_any_pause_is_cut_without_scraps() -> None:
    pcm = np.random.default_rng(0).integers(-9000, 9000, int(30.2 * RATE)).astype(np.int16)
    segments = cut(pcm, [Span(0, len(pcm))])
    assert len(segments) == 2
    assert min(segment.sent_s for segment in segments) >= 1.0


def test_short_pauses_share_a_segment_and_long_ones_part_it() -> None:
    pcm = np.zeros(20 * RATE, np.int16)
    seconds = [Span(int(start * RATE), int(end * RATE)) for start, end in [(1, 2), (2.6, 4), (6, 7)]]
    assert [(s.start_s, s.end_s) for s in cut(pcm, seconds)] == [(1.0, 4.0), (6.0, 7.0)]


def test_margins_stay_inside_the_clip_and_are_sent_but_not_counted() -> None:
    assert cut(np.zeros(9000, np.int16), [Span(1000, 2000)]) == (
        AudioSegment(0, 1000, 2000, lead=1000, tail=2400),
    )
    pcm = np.zeros(1000, np.int16)
    assert cut(pcm, [Span(0, 1000)]) == (AudioSegment(0, 0, 1000),)


def test_exactly_the_limit_is_one_segment() -> None:
    pcm = np.full(30 * RATE, 100, np.int16)
    assert len(cut(pcm, [Span(0, 30 * RATE)])) == 1


def test_no_speech_gives_no_segments() -> None:
    assert cut(np.zeros(RATE, np.int16), []) == ()
    assert cut(np.zeros(0, np.int16), []) == ()


def test_a_limit_below_three_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 3\.0 or more"):
        cut(np.zeros(RATE, np.int16), [], max_s=2.9)
