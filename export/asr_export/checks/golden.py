"""Golden clips: answers of the reference, for graphs that only another machine can run and check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asr_export.checks.clip import Clip
from asr_export.checks.parity import MAX_NEW_TOKENS
from asr_export.checks.reference import Reference

GOLDEN = "golden"


def write_golden(reference: Reference, clips: Sequence[Clip], artifacts: Path) -> None:
    """Write `golden/<clip>.npz` beside the graphs.

    Each holds pcm [samples] int16, input_features [mel, frames] f32, num_frames, prompt_ids [tokens],
    audio_embeds [audio tokens, hidden] f32 and expected_tokens (greedy, end-of-text included).
    """
    directory = artifacts / GOLDEN
    directory.mkdir()
    for clip in clips:
        np.savez_compressed(
            directory / f"{clip.name}.npz",
            pcm=clip.pcm,
            input_features=clip.features,
            num_frames=np.array(clip.num_frames),
            prompt_ids=np.array(clip.prompt_ids),
            audio_embeds=reference.audio_embeds(clip),
            expected_tokens=np.array(reference.greedy(clip, MAX_NEW_TOKENS)),
        )
