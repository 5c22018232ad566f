"""Self-check of an export: its files are compared with the reference, on speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.clip import Clip, make_clip
from asr_export.checks.exported import Exported
from asr_export.checks.parity import MAX_NEW_TOKENS, ClipParity, compare_clip
from asr_export.checks.recordings import BUNDLED, read_recording
from asr_export.checks.reference import Reference
from asr_export.errors import ParityFailed

_SAMPLE_TEXTS = (
    "language Chinese<asr_text>你好，我想了解一下你们最新款的智能手机。",
    "language English<asr_text>Well, last time I only paid 187 dollars.\n",
    "<|im_start|>system\n热词: Übergröße, naïve café, 한국어, ไทย, 🙂<|im_end|>\n",
    "  leading, trailing and\tinner   white space  ",
)


def recorded_clips(loaded: LoadedCheckpoint, recordings: Sequence[Path] = ()) -> list[Clip]:
    """Clips of the given recordings, or of the bundled speech when there are none."""
    paths = recordings or BUNDLED
    return [clip_of(loaded, path.stem, read_recording(path, loaded.audio.sample_rate)) for path in paths]


def clip_of(loaded: LoadedCheckpoint, name: str, pcm: NDArray[np.int16]) -> Clip:
    """Clip of one piece of audio."""
    return make_clip(name, pcm, loaded.front_end, loaded.reference_tokenizer, loaded.audio)


def check_tokenizer(loaded: LoadedCheckpoint) -> None:
    """Raise ParityFailed unless tokenizer.json encodes and decodes the sample texts as the reference does."""
    reference, alone = loaded.reference_tokenizer, loaded.tokenizer
    for text in _SAMPLE_TEXTS:
        ids = reference(text, add_special_tokens=False)["input_ids"]
        if alone.encode(text, add_special_tokens=False).ids != ids:
            raise ParityFailed(f"tokenizer.json encodes {text!r} unlike the reference tokenizer")
        for skip in (True, False):
            expected = reference.decode(ids, skip_special_tokens=skip)
            if alone.decode(ids, skip_special_tokens=skip) != expected:
                raise ParityFailed(f"tokenizer.json decodes {text!r} unlike the reference tokenizer")


def compare_graphs(
    loaded: LoadedCheckpoint, clips: Sequence[Clip], artifacts: Path, decoder: Path | None = None
) -> list[ClipParity]:
    """Compare the artifacts with PyTorch on all clips.

    `decoder` is a graph to use instead of the artifacts'.
    """
    exported = Exported(
        artifacts,
        loaded.audio,
        loaded.text,
        loaded.ids,
        max_positions=max(len(clip.prompt_ids) for clip in clips) + MAX_NEW_TOKENS,
        decoder=decoder,
    )
    reference = Reference(loaded.model, loaded.ids.end_of_text)
    return [compare_clip(reference, exported, clip) for clip in clips]
