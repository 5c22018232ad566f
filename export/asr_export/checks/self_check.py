"""The exporter's check of its own work: exported files against the reference, on speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_export.checkpoint.subject import Subject
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


def recorded_clips(subject: Subject, recordings: Sequence[Path] = ()) -> list[Clip]:
    """The given recordings, or else the bundled speech, as the model sees them."""
    paths = recordings or BUNDLED
    return [clip_of(subject, path.stem, read_recording(path, subject.audio.sample_rate)) for path in paths]


def clip_of(subject: Subject, name: str, pcm: NDArray[np.int16]) -> Clip:
    """Features and prompt of one piece of audio."""
    return make_clip(name, pcm, subject.front_end, subject.reference_tokenizer, subject.audio)


def check_tokenizer(subject: Subject) -> None:
    """Raise ParityFailed unless tokenizer.json encodes and decodes the sample texts as the reference does."""
    reference, alone = subject.reference_tokenizer, subject.tokenizer
    for text in _SAMPLE_TEXTS:
        ids = reference(text, add_special_tokens=False)["input_ids"]
        if alone.encode(text, add_special_tokens=False).ids != ids:
            raise ParityFailed(f"tokenizer.json encodes {text!r} unlike the reference tokenizer")
        for skip in (True, False):
            expected = reference.decode(ids, skip_special_tokens=skip)
            if alone.decode(ids, skip_special_tokens=skip) != expected:
                raise ParityFailed(f"tokenizer.json decodes {text!r} unlike the reference tokenizer")


def compare_graphs(
    subject: Subject, clips: Sequence[Clip], artifacts: Path, decoder: Path | None = None
) -> list[ClipParity]:
    """Run all clips through the artifacts and through PyTorch. `decoder` stands in for the artifacts' own."""
    exported = Exported(
        artifacts,
        subject.audio,
        subject.text,
        subject.ids,
        max_positions=max(len(clip.prompt_ids) for clip in clips) + MAX_NEW_TOKENS,
        decoder=decoder,
    )
    reference = Reference(subject.model, subject.ids.end_of_text)
    return [compare_clip(reference, exported, clip) for clip in clips]
