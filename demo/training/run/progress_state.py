"""Progress of training: its counters, and its position in the endless sequence of batches."""

from __future__ import annotations

from dataclasses import dataclass

from training.run.plan import HOUR_S, Plan


@dataclass(slots=True)
class ProgressState:
    """Progress that is saved with the weights. A batch depends on the seed, `round` and `position` only."""

    step: int = 0
    audio_s: float = 0.0  # trained on so far
    elapsed_s: float = 0.0  # computing so far, over all runs
    round: int = 0
    round_progress: float = 0.0  # when the round was drawn
    position: int = 0  # next batch of the round

    def share(self, plan: Plan) -> float:
        """0..1: the larger share of the audio and of the time that the plan allows."""
        return min(1.0, max(self.audio_s / (plan.audio_hours * HOUR_S), self.elapsed_s / (plan.minutes * 60)))

    def next_round(self, progress: float) -> None:
        """Move on to the next round."""
        self.round += 1
        self.position = 0
        self.round_progress = progress
