"""Recognition settings: what decides the text of a call, besides its audio and the options of `transcribe`.

Everything that turns audio into a transcript gets these settings and no others, and a cache keeps transcripts
under all of them. How a server is reached is in `ClientSettings` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from asr_client.conditioning import Conditioning
from asr_client.errors import InvalidOption
from asr_client.limits import AudioLimits
from asr_client.segments.segmentation import LEAST_MAX_S, MAX_SEGMENT_S

DEFAULT_MODEL = "qwen3_asr"


@dataclass(frozen=True, slots=True)
class RecognitionSettings:
    """`model` is the name of the model on the server, `max_segment_s` the longest segment that is sent."""

    model: str = DEFAULT_MODEL
    max_segment_s: float = MAX_SEGMENT_S
    limits: AudioLimits = field(default_factory=AudioLimits)
    conditioning: Conditioning = field(default_factory=Conditioning)

    def __post_init__(self) -> None:
        if not self.model:
            raise InvalidOption("model is empty; expected the name of the model on the server")
        if not LEAST_MAX_S <= self.max_segment_s <= MAX_SEGMENT_S:
            raise InvalidOption(
                f"max_segment_s is {self.max_segment_s}; expected {LEAST_MAX_S:g} to {MAX_SEGMENT_S:g}"
            )
