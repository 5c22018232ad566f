"""Exported model: the graphs on disk, run on the CPU for comparison with the reference.

Where no embeddings.npy lies beside the graphs, the decoder graph takes token ids and looks them up itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_engine.manifest import DECODER_NAME, EMBEDDINGS_NAME, ENCODER_NAME, AudioDims, TextDims, TokenIds
from asr_export.checks.clip import Clip
from asr_export.checks.graph_run import DecoderRun, EncoderRun, Step

Floats = NDArray[np.float32]


class Exported:
    """Encoder, decoder and embeddings.

    `decoder` is the path of a graph to use instead of the artifacts' own.
    """

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
        self._embeddings = _open_embeddings(artifacts / EMBEDDINGS_NAME)
        self._vocab_size, self._hidden_size = text.vocab_size, text.hidden_size
        self._ids = ids

    def audio_embeds(self, clip: Clip) -> Floats:
        """Encoder output, [audio tokens, hidden]."""
        return self._encoder(clip.features, clip.num_frames)

    def forced(self, clip: Clip, audio_embeds: Floats, answer: Sequence[int]) -> list[Step]:
        """Teacher forcing: one step for each token of `answer`, with all earlier tokens given."""
        prompt = np.array(clip.prompt_ids)
        is_audio = prompt == self._ids.audio_pad
        steps = [self._decoder.prefill(self._feeds(prompt, is_audio, audio_embeds), len(prompt))]
        return steps + [self._decoder.extend(self._feed(token), 1) for token in answer[:-1]]

    def _feed(self, token: int) -> dict[str, NDArray[Any]]:
        no_audio = np.zeros((1, self._hidden_size), np.float32)
        return self._feeds(np.array([token]), np.array([False]), no_audio)

    def _feeds(
        self, ids: NDArray[np.int64], is_audio: NDArray[np.bool_], audio_embeds: Floats
    ) -> dict[str, NDArray[Any]]:
        """Inputs of the decoder for these positions, as a batch of one."""
        if self._embeddings is None:
            rows = np.where(is_audio, self._vocab_size + np.cumsum(is_audio) - 1, ids)
            return {"input_ids": rows[None], "audio_embeds": audio_embeds[None]}
        embeds = self._embeddings[ids].astype(np.float32)
        embeds[is_audio] = audio_embeds[: is_audio.sum()]
        return {"inputs_embeds": embeds[None]}


def _open_embeddings(path: Path) -> NDArray[Any] | None:
    return np.load(path, mmap_mode="r") if path.exists() else None
