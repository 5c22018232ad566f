"""Trainer: the training loop over the curriculum, saved every few minutes and continued after a stop."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.examples.batch import Batch, collate
from training.examples.example import ExampleBuilder
from training.model.losses import losses
from training.model.network import TrainingNetwork
from training.run.curriculum import Item, learning_rate_at, phase_at, round_of_batches, strength_at
from training.run.plan import HOUR_S, Plan
from training.run.progress_state import ProgressState
from training.run.running_mean import RunningMean
from training.sound.noise import Rng
from training.voices.speech_store import Utterance

LOG_EVERY_STEPS = 50
FIRST_LOGGED_STEPS = (1, 5, 10, 20)
BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.03
LARGEST_GRADIENT = 1.0
logger = logging.getLogger(__name__)


class Trainer:
    """Owns the network, its optimiser and the progress."""

    def __init__(
        self,
        network: TrainingNetwork,
        examples: ExampleBuilder,
        utterances: Sequence[Utterance],
        plan: Plan,
        state_path: Path,
        device: torch.device,
    ) -> None:
        self.network = network.to(device)
        self.progress = ProgressState()
        self._examples = examples
        self._utterances = utterances
        self._plan = plan
        self._state_path = state_path
        self._device = device
        self._optimiser = _optimiser(network, plan)
        self._means = RunningMean()
        self._drawn_round = -1
        self._drawn: list[list[Item]] = []
        if state_path.exists():
            self._load()

    def run(self, on_milestone: Callable[[ProgressState], None], until_step: int | None = None) -> None:
        """Train to the end of the plan, or to a step. `on_milestone` is called every few minutes."""
        self.network.train()
        started = time.monotonic() - self.progress.elapsed_s
        saved_s = milestone_s = self.progress.elapsed_s
        while (share := self.progress.share(self._plan)) < 1 and self.progress.step != until_step:
            self._step(share)
            self.progress.elapsed_s = time.monotonic() - started
            self._log(share)
            if self.progress.elapsed_s - saved_s > self._plan.save_every_minutes * 60:
                self.save()
                saved_s = self.progress.elapsed_s
            if self.progress.elapsed_s - milestone_s > self._plan.evaluate_every_minutes * 60:
                on_milestone(self.progress)
                self.network.train()
                milestone_s = self.progress.elapsed_s
        self.save()

    def save(self) -> None:
        """Save weights, optimiser and progress in one file, which is replaced when it is complete."""
        unfinished = self._state_path.with_suffix(".part")
        state = {
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "progress": dataclasses.asdict(self.progress),
        }
        torch.save(state, unfinished)
        unfinished.replace(self._state_path)

    def _load(self) -> None:
        state = torch.load(self._state_path, map_location=self._device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.progress = ProgressState(**state["progress"])
        logger.info("goes on at step %d", self.progress.step)

    def _step(self, share: float) -> None:
        batch = self._next_batch(share).to(self._device)
        rate = learning_rate_at(share, self.progress.step, self._plan.learning_rate, self._plan.warm_up_steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            outputs = self.network(batch)
        current = losses(outputs, batch, self.network.model.config.audio_token_id)
        current.total(phase_at(share).auxiliary_weight).backward()
        gradient = nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.audio_s += batch.audio_s
        self._means.add({**current.values(), "gradient": float(gradient)})

    def _next_batch(self, share: float) -> Batch:
        progress = self.progress
        batches = self._batches()
        if progress.position >= len(batches) or phase_at(share) != phase_at(progress.round_progress):
            progress.next_round(share)
            batches = self._batches()
        rng = self._rng(progress.position)
        built = [
            self._examples.build([self._utterances[index] for index in item], strength_at(share), rng)
            for item in batches[progress.position]
        ]
        progress.position += 1
        config = self.network.model.config
        window_frames = config.audio_config.n_window_infer
        return collate(built, window_frames, config.audio_token_id, config.pad_token_id)

    def _batches(self) -> list[list[Item]]:
        """Batches of the current round, drawn once, in the phase at the round's beginning."""
        if self._drawn_round != self.progress.round:
            phase = phase_at(self.progress.round_progress)
            self._drawn = round_of_batches(self._utterances, phase, self._plan.batch_audio_s, self._rng())
            self._drawn_round = self.progress.round
        return self._drawn

    def _rng(self, *position: int) -> Rng:
        return np.random.default_rng((self._plan.seed, self.progress.round, *position))

    def _log(self, share: float) -> None:
        step = self.progress.step
        if step % LOG_EVERY_STEPS and step not in FIRST_LOGGED_STEPS:
            return
        speed = self.progress.audio_s / self.progress.elapsed_s
        logger.info(
            "%5.1f %% step %d, %.1f h heard at %.0f x real time, %s",
            100 * share,
            step,
            self.progress.audio_s / HOUR_S,
            speed,
            self._means.take(),
        )


def _optimiser(network: nn.Module, plan: Plan) -> torch.optim.AdamW:
    """Weight decay on matrices only."""
    parameters = list(network.parameters())
    groups = [
        {"params": [weight for weight in parameters if weight.dim() > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [weight for weight in parameters if weight.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=plan.learning_rate, betas=BETAS, fused=True)
