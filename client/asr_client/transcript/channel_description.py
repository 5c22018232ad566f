"""Channel descriptions of a transcript: level and speech of every speaker."""

from __future__ import annotations

from collections.abc import Sequence

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.speakers import Track
from asr_types.transcript import Channel, SpeechSpan


def describe_channels(tracks: Sequence[Track], duration_s: float) -> tuple[Channel, ...]:
    """One channel for each track. Resampling may add a sample: no span ends after `duration_s`."""
    return tuple(
        Channel(
            track.channel,
            track.role,
            track.findings.level.rms_dbfs,
            track.findings.level.peak_dbfs,
            tuple(
                SpeechSpan(span.start / SAMPLE_RATE, min(span.end / SAMPLE_RATE, duration_s))
                for span in track.speech.spans
            ),
        )
        for track in tracks
    )
