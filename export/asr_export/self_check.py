"""The exporter's check of its own work: exported files against the reference, on speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr_engine.manifest import EMBEDDINGS_NAME, ENCODER_NAME
from asr_export.clip import Clip, make_clip
from asr_export.errors import ExportError, ParityFailed
from asr_export.parity import LIMITS, MAX_NEW_TOKENS, Exported, check, compare_clip, summary
from asr_export.reference import Reference
from asr_export.runtime import DecoderRun, EncoderRun
from asr_export.subject import Subject

SPEECH = Path(__file__).parent / "speech"
_SAMPLE_TEXTS = (
    "language Chinese<asr_text>你好，我想了解一下你们最新款的智能手机。",
    "language English<asr_text>Well, last time I only paid 187 dollars.\n",
    "<|im_start|>system\n热词: Übergröße, naïve café, 한국어, ไทย, 🙂<|im_end|>\n",
    "  leading, trailing and\tinner   white space  ",
)


def load_clips(subject: Subject, recordings: Sequence[Path] = ()) -> list[Clip]:
    """The given recordings, or else the bundled speech, as the model sees them."""
    return [
        make_clip(
            path.stem,
            _read(path, subject.audio.sample_rate),
            subject.front_end,
            subject.reference_tokenizer,
            subject.audio,
        )
        for path in recordings or sorted(SPEECH.glob("*.ogg"))
    ]


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


def check_graphs(
    subject: Subject, clips: Sequence[Clip], artifacts: Path, decoder: Path, target: str
) -> dict[str, Any]:
    """Compare the encoder of `artifacts` and the graph `decoder` with PyTorch on all clips.

    Returns the figures for the manifest; raises ParityFailed for the first one beyond its limit.
    """
    longest = max(len(clip.prompt_ids) for clip in clips)
    exported = Exported(
        EncoderRun(artifacts / ENCODER_NAME, subject.audio),
        DecoderRun(decoder, subject.text, max_positions=longest + MAX_NEW_TOKENS),
        np.load(artifacts / EMBEDDINGS_NAME, mmap_mode="r"),
        subject.ids,
    )
    reference = Reference(subject.model, subject.ids.end_of_text)
    results = [compare_clip(reference, exported, clip) for clip in clips]
    check(results, LIMITS[target])
    return summary(results, LIMITS[target])


def _read(path: Path, sample_rate: int) -> NDArray[np.int16]:
    try:
        pcm, got_rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ExportError(f"{path}: not readable as audio: {error}") from error
    if pcm.shape[1] != 1 or got_rate != sample_rate:
        got = f"{pcm.shape[1]} channels at {got_rate} Hz"
        raise ExportError(f"{path}: {got}; a check needs 1 channel at {sample_rate} Hz")
    mono: NDArray[np.int16] = pcm[:, 0]
    return mono
