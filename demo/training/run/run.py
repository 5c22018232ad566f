"""Run of all stages: text, speech, training, evaluation, checkpoint. A finished stage is not repeated."""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoProcessor, Qwen3ASRForConditionalGeneration, Qwen3ASRProcessor

from training.evaluation.conditions import Condition, clips
from training.evaluation.evaluation import Evaluation, Row, score, table_line
from training.evaluation.transcriber import transcribe
from training.examples.example import ExampleBuilder
from training.examples.targets import PhonemeClasses
from training.model.checkpoint import write_checkpoint
from training.model.model import build_model, build_processor
from training.model.network import TrainingNetwork
from training.model.tokenizer import build_tokenizer, train_byte_pairs
from training.run.plan import Plan
from training.run.progress_state import ProgressState
from training.run.trainer import Trainer
from training.sentences.corpus import Corpus, UtterancePlan
from training.sentences.grammar import Grammar
from training.sentences.held_out import load_held_out, separation
from training.sentences.languages import LANGUAGES
from training.sentences.phrases import CONTEXT_SLOTS, load_mix, load_phrases
from training.sound.noise import NoiseBank
from training.voices.speaker import load_voices
from training.voices.speech_store import Utterance, read_store
from training.voices.synthesis import speakers, synthesise

logger = logging.getLogger(__name__)


class PlanMismatch(Exception):
    """The work folder holds the outputs of another plan."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Threads and device of a run."""

    threads: int
    device: torch.device

    @classmethod
    def here(cls, threads: int) -> Machine:
        """A GPU where there is one; `threads` 0 means all cores."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(threads or os.cpu_count() or 1, device)


class Run:
    """One plan in one work folder."""

    def __init__(self, plan: Plan, work: Path, machine: Machine) -> None:
        self._plan = plan
        self._work = work
        self._machine = machine
        phrases = {language: load_phrases(language) for language in LANGUAGES}
        self._grammars = {language: Grammar(phrases[language], load_mix()) for language in LANGUAGES}
        self._held_out = load_held_out(phrases.values())
        torch.set_num_threads(machine.threads)

    def all_stages(self, out: Path) -> list[Row]:
        """From text to a checkpoint at `out`; returns the evaluation."""
        self.claim()
        with self._clock():
            self.synthesise()
            trained = self.train()
            rows = self.evaluate()
        self.export(out, {"total_minutes": round(self._seconds() / 60, 1), **_shares(trained)})
        return rows

    def claim(self) -> None:
        """Record the plan in the work folder. Raises PlanMismatch when the folder belongs to another plan."""
        self._work.mkdir(parents=True, exist_ok=True)
        path = self._work / "plan.json"
        if not path.exists():
            text = json.dumps({"digest": self._plan.digest, **asdict(self._plan)}, indent=1)
            path.write_text(text + "\n", encoding="utf-8")
        if json.loads(path.read_text(encoding="utf-8"))["digest"] != self._plan.digest:
            raise PlanMismatch(f"{self._work} holds a run of another plan; remove it or use another folder")

    def synthesise(self) -> None:
        """Plan all sets, log how similar training and evaluation are, and synthesise the speech."""
        corpus = Corpus(self._grammars, self._held_out, load_voices(), self._plan)
        self._report(corpus)
        sets: dict[str, Sequence[UtterancePlan]] = {
            **corpus.evaluation,
            "progress": corpus.progress,
            "training": corpus.training,
        }
        with speakers(self._machine.threads) as pool:
            for name, plans in sets.items():
                synthesise(plans, self._folder(name), pool, _percent(f"speaking {name}"))

    def train(self) -> ProgressState:
        """Train to the end of the plan and leave the model in the work folder."""
        utterances = read_store(self._folder("training"))
        processor = self._processor()
        trainer = self._trainer(utterances, processor)
        sample = read_store(self._folder("progress"))

        def measure(progress: ProgressState) -> None:
            made = clips(Condition("progress", "progress"), sample, self._plan.seed)
            transcripts = transcribe(trainer.network.model, processor, [clip.samples for clip in made])
            for row in score(f"after {progress.elapsed_s / 60:.0f} min", made, transcripts):
                logger.info("%s", table_line(row))

        if trainer.progress.share(self._plan) < 1:
            trainer.run(measure)
            measure(trainer.progress)
        trainer.network.model.save_pretrained(self._work / "model")
        return trainer.progress

    def evaluate(self) -> list[Row]:
        """Evaluate all conditions with the weights as they are published, rounded to fp16."""
        sets: dict[str, Sequence[Utterance]] = {
            path.name: read_store(path)
            for path in self._folder("").iterdir()
            if path.name not in ("training", "progress")
        }
        bank = NoiseBank.build(sets["sentences"], np.random.default_rng(self._plan.seed + 1))
        model = self._model().half().float().to(self._machine.device)
        evaluation = Evaluation(
            model, self._processor(), sets, bank, self._work / "evaluation", self._plan.seed
        )
        return evaluation.run(_percent("evaluating"))

    def export(self, out: Path, measured: dict[str, float]) -> None:
        """Write the checkpoint with a record of its origin."""
        provenance = {"plan": asdict(self._plan), **measured, **_origin(), "threads": self._machine.threads}
        write_checkpoint(self._model(), self._processor(), self._work / "tokenizer", provenance, out)
        logger.info("wrote %s", out)

    def _report(self, corpus: Corpus) -> None:
        templates = sum(len(grammar.phrases.templates) for grammar in self._grammars.values())
        words = {language: len(grammar.vocabulary) for language, grammar in self._grammars.items()}
        logger.info("%d templates; distinct words apart from numbers: %s", templates, words)
        logger.info("%s", separation(corpus.held_out_texts(), [plan.text for plan in corpus.training]))

    def _trainer(self, utterances: Sequence[Utterance], processor: Qwen3ASRProcessor) -> Trainer:
        classes = PhonemeClasses([phoneme.name for utterance in utterances for phoneme in utterance.phonemes])
        words: dict[str, Sequence[str]] = {
            language: [value for slot in CONTEXT_SLOTS for value in grammar.phrases.slots[slot]]
            for language, grammar in self._grammars.items()
        }
        bank = NoiseBank.build(utterances, np.random.default_rng(self._plan.seed))
        examples = ExampleBuilder(processor.tokenizer, bank, classes, words)
        network = TrainingNetwork(build_model(processor.tokenizer, self._plan.seed), len(classes))
        state = self._work / "training.pt"
        return Trainer(network, examples, utterances, self._plan, state, self._machine.device)

    def _processor(self) -> Qwen3ASRProcessor:
        folder = self._work / "tokenizer"
        if not folder.exists():
            pairs = train_byte_pairs(self._grammars, self._plan.vocabulary, self._plan.seed)
            unfinished = folder.with_suffix(".part")
            build_processor(build_tokenizer(pairs)).save_pretrained(unfinished)
            pairs.write(unfinished)
            unfinished.rename(folder)
        return AutoProcessor.from_pretrained(folder)

    def _model(self) -> Qwen3ASRForConditionalGeneration:
        return Qwen3ASRForConditionalGeneration.from_pretrained(self._work / "model", dtype=torch.float32)

    def _folder(self, dataset: str) -> Path:
        return self._work / "speech" / dataset

    @contextmanager
    def _clock(self) -> Iterator[None]:
        """Add the time of a block to the total for this checkpoint, which includes stopped runs."""
        started = time.monotonic()
        try:
            yield
        finally:
            total = self._seconds() + time.monotonic() - started
            (self._work / "seconds.txt").write_text(f"{total:.1f}\n")

    def _seconds(self) -> float:
        path = self._work / "seconds.txt"
        return float(path.read_text()) if path.exists() else 0.0


def _shares(progress: ProgressState) -> dict[str, float]:
    return {
        "training_minutes": round(progress.elapsed_s / 60, 1),
        "audio_hours": round(progress.audio_s / 3600, 1),
        "steps": progress.step,
    }


def _origin() -> dict[str, Any]:
    """Commit, machine and versions."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "commit": commit.stdout.strip(),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _percent(what: str) -> Callable[[float], None]:
    return lambda share: logger.info("%s: %.0f %%", what, 100 * share)
