"""Language vote: the language of a call from those of its segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from asr_types.transcript import Segment


def vote_language(segments: Sequence[Segment]) -> str | None:
    """The language spoken longest, of equals the one heard first; None without speech."""
    spoken_s: dict[str, float] = defaultdict(float)
    for segment in segments:
        if segment.language and segment.text:
            spoken_s[segment.language] += segment.end_s - segment.start_s
    return max(spoken_s, key=lambda language: spoken_s[language], default=None)
