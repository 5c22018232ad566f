"""Reference that every exported graph is compared with: the PyTorch model in fp32 with eager attention."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Qwen3ASRForConditionalGeneration

from asr_export.checks.clip import Clip

Floats = NDArray[np.float32]


class Reference:
    """Runs the PyTorch model on single clips."""

    def __init__(self, model: Qwen3ASRForConditionalGeneration, end_of_text: Sequence[int]) -> None:
        self._model = model
        self._end_of_text = list(end_of_text)

    def audio_embeds(self, clip: Clip) -> Floats:
        """Projected encoder output, [tokens, hidden]."""
        features, mask = _audio_inputs(clip)
        with torch.no_grad():
            embeds: Floats = self._model.get_audio_features(features, mask).pooler_output.numpy()
        return embeds

    def greedy(self, clip: Clip, max_new_tokens: int) -> list[int]:
        """Generated ids, including the one that ends the text."""
        features, mask = _audio_inputs(clip)
        prompt = torch.tensor([clip.prompt_ids])
        generated = self._model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            input_features=features,
            input_features_mask=mask,
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=self._end_of_text,
            pad_token_id=self._end_of_text[0],
        )
        return [int(token) for token in generated[0, len(clip.prompt_ids) :]]

    def forced_logits(self, clip: Clip, answer: Sequence[int]) -> Floats:
        """Teacher forcing: logits for each token of `answer`, earlier tokens given, [tokens, vocab]."""
        features, mask = _audio_inputs(clip)
        ids = torch.tensor([[*clip.prompt_ids, *answer[:-1]]])
        with torch.no_grad():
            output = self._model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                input_features=features,
                input_features_mask=mask,
                logits_to_keep=len(answer),
            )
        logits: Floats = output.logits[0].numpy()
        return logits


def _audio_inputs(clip: Clip) -> tuple[torch.Tensor, torch.Tensor]:
    mask = torch.zeros(1, clip.features.shape[1], dtype=torch.long)
    mask[:, : clip.num_frames] = 1
    return torch.from_numpy(clip.features)[None], mask
