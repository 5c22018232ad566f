"""An exported model as it lies on disk, run on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_engine.manifest import DECODER_NAME, EMBEDDINGS_NAME, ENCODER_NAME, AudioDims, TextDims, TokenIds
from asr_export.clip import Clip
from asr_export.runtime import DecoderRun, EncoderRun, Step

Floats = NDArray[np.float32]


class Exported:
    """Encoder, decoder and embeddings together. `decoder` names another graph than the artifacts' own."""

    def __init__(
        self,
        artifacts: Path,
        audio: AudioDims,
        text: TextDims,
        ids: TokenIds,
        *,
        max_positions: int,
        decoder: Path | None = None,
    ) -> None:
        self._encoder = EncoderRun(artifacts / ENCODER_NAME, audio)
        self._decoder = DecoderRun(decoder or artifacts / DECODER_NAME, text, max_positions)
        self._embeddings: NDArray[Any] = np.load(artifacts / EMBEDDINGS_NAME, mmap_mode="r")
        self._ids = ids

    def audio_embeds(self, clip: Clip) -> Floats:
        """Encoder output, [audio tokens, hidden]."""
        return self._encoder(clip.features, clip.num_frames)

    def forced(self, clip: Clip, audio_embeds: Floats, answer: Sequence[int]) -> list[Step]:
        """A step for each token of `answer`, all earlier ones given."""
        steps = [self._decoder.prefill(self._prompt(clip, audio_embeds))]
        return steps + [self._decoder.extend(self._embed([token])) for token in answer[:-1]]

    def _prompt(self, clip: Clip, audio_embeds: Floats) -> Floats:
        embeds = self._embed(clip.prompt_ids)
        embeds[np.array(clip.prompt_ids) == self._ids.audio_pad] = audio_embeds
        return embeds

    def _embed(self, ids: Sequence[int]) -> Floats:
        rows: Floats = self._embeddings[np.asarray(ids)].astype(np.float32)
        return rows
