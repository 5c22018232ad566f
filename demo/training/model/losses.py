"""Losses of training: the four parts and their weighted sum."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from training.examples.batch import Batch
from training.examples.targets import IGNORED
from training.model.network import Outputs

NO_SPIKE_WEIGHT = 0.25
GUIDE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Losses:
    """Scalar losses. `accuracy` is the share of answer tokens predicted correctly under teacher forcing."""

    answer: Tensor
    phoneme: Tensor
    spike: Tensor
    guide: Tensor
    accuracy: Tensor

    def total(self, auxiliary_weight: float) -> Tensor:
        """The sum that is minimised."""
        return self.answer + auxiliary_weight * (self.phoneme + self.spike + GUIDE_WEIGHT * self.guide)

    def values(self) -> dict[str, float]:
        """Values by name, for the log."""
        return {name: float(getattr(self, name).detach()) for name in self.__slots__}


def losses(outputs: Outputs, batch: Batch, audio_token: int) -> Losses:
    """Losses of a batch. `audio_token` is the spike label of audio positions where no text token ends."""
    answer = batch.labels[:, 1:][batch.labels[:, 1:] != IGNORED]
    spike_labels = batch.spikes[:, 1:][batch.spikes[:, 1:] != IGNORED]
    spikes = [_spike_loss(logits, spike_labels, audio_token) for logits in outputs.spikes]
    return Losses(
        answer=F.cross_entropy(outputs.answer.float(), answer),
        phoneme=F.cross_entropy(
            outputs.phonemes.float().flatten(0, 1), batch.phonemes.flatten(), ignore_index=IGNORED
        ),
        spike=torch.stack(spikes).mean(),
        guide=outputs.guide.float(),
        accuracy=(outputs.answer.argmax(-1) == answer).float().mean(),
    )


def _spike_loss(logits: Tensor, labels: Tensor, audio_token: int) -> Tensor:
    weights = torch.where(labels == audio_token, NO_SPIKE_WEIGHT, 1.0)
    each = F.cross_entropy(logits.float(), labels, reduction="none")
    return (each * weights).sum() / weights.sum()
