"""Golden clips: a check of graphs that could not run on the machine that exported them.

The exporter saves the reference model's answers to a few clips in `golden/*.npz`. A machine that can run the
graphs compares them before it serves. The decoder gets the reference's tokens as input, not its own, so that
one token that half precision decides differently does not change all later ones.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_engine.errors import ArtifactError, ConfigError
from asr_engine.features import MelFrontEnd
from asr_engine.graphs.decoder import Decoder
from asr_engine.graphs.device_tensors import AudioEmbeds
from asr_engine.graphs.encoder import Encoder
from asr_engine.manifest import TokenIds
from asr_engine.text.prompt import Prompt

GOLDEN_NAME = "golden"
MAX_EMBEDS_ERROR = 0.15  # of each audio token, relative to its length; int8 gives up to 0.1
MIN_AGREEMENT = 0.97  # of all tokens of all clips

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GoldenClip:
    """One clip with the reference's input, audio embeddings and answer."""

    name: str
    mel: NDArray[np.float32]  # [num_mel_bins, frames]
    prompt: Prompt
    audio_embeds: NDArray[np.float32]  # [tokens, hidden]
    answer: list[int]  # greedy, end-of-text included


def check_golden(
    artifacts: Path,
    front_end: MelFrontEnd,
    encoder: Encoder,
    decoder: Decoder,
    tokens: TokenIds,
    max_positions: int,
) -> None:
    """Raises ArtifactError when the graphs answer otherwise; only logs a warning without golden clips.

    Raises ConfigError when a clip and its answer do not fit `max_positions`, because feeding them would write
    beyond the end of the slot.
    """
    paths = sorted((artifacts / GOLDEN_NAME).glob("*.npz"))
    if not paths:
        _log.warning("%s: exported without checks; these graphs were never compared with anything", artifacts)
        return
    agreed = total = 0
    for path in paths:
        clip = _read(path, tokens.audio_pad)
        needed = len(clip.prompt) + len(clip.answer) - 1
        if needed > max_positions:
            raise ConfigError(f"max_positions is {max_positions}; golden clip {clip.name} needs {needed}")
        embeds = encoder.encode(front_end.cut(clip.mel))
        _check_embeds(clip, np.concatenate(embeds).astype(np.float32))
        agreed += _count_agreed(clip, embeds, decoder)
        total += len(clip.answer)
    if agreed < MIN_AGREEMENT * total:
        raise ArtifactError(
            f"{artifacts}: {agreed} of {total} golden tokens agree; {MIN_AGREEMENT:.0%} are needed"
        )
    _log.info("golden clips: %d of %d tokens agree", agreed, total)


def _read(path: Path, audio_pad: int) -> GoldenClip:
    try:
        with np.load(path) as data:
            ids = data["prompt_ids"].astype(np.int64)
            audio = np.flatnonzero(ids == audio_pad)
            return GoldenClip(
                name=path.stem,
                mel=data["input_features"][:, : int(data["num_frames"])],
                prompt=Prompt(ids, int(audio[0]), int(audio[-1]) + 1),
                audio_embeds=data["audio_embeds"],
                answer=data["expected_tokens"].tolist(),
            )
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise ArtifactError(f"{path}: not a golden clip: {error}") from error


def _check_embeds(clip: GoldenClip, embeds: NDArray[np.float32]) -> None:
    if embeds.shape != clip.audio_embeds.shape:
        got, wanted = list(embeds.shape), list(clip.audio_embeds.shape)
        raise ArtifactError(f"golden clip {clip.name}: audio_embeds are {got}; the reference has {wanted}")
    lengths = np.maximum(np.linalg.norm(clip.audio_embeds, axis=1), np.finfo(np.float32).tiny)
    error = float((np.linalg.norm(embeds - clip.audio_embeds, axis=1) / lengths).max())
    if not error <= MAX_EMBEDS_ERROR:
        raise ArtifactError(
            f"golden clip {clip.name}: an audio token is off by {error:.1%} of its length; "
            f"the limit is {MAX_EMBEDS_ERROR:.0%}"
        )


def _count_agreed(clip: GoldenClip, embeds: Sequence[AudioEmbeds], decoder: Decoder) -> int:
    chosen = [int(decoder.prefill(0, clip.prompt, embeds).ids[0])]
    for position, token_id in enumerate(clip.answer[:-1], start=len(clip.prompt) + 1):
        lengths = np.array([position], np.int32)
        chosen.append(int(decoder.decode(np.array([token_id], np.int64), lengths).ids[0]))
    return sum(left == right for left, right in zip(chosen, clip.answer, strict=True))
