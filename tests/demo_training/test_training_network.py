"""Training computes what the released model computes, learns, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ASRProcessor

from tests.demo_training.utterances import utterance
from training.examples.batch import Batch, collate
from training.examples.example import ExampleBuilder
from training.examples.targets import PhonemeClasses, audio_token_at, spikes
from training.examples.timeline import TimedToken
from training.model.model import N_WINDOW_INFER, build_model, build_processor
from training.model.network import TrainingNetwork
from training.model.prompt import Prompt
from training.model.tokenizer import build_tokenizer, train_byte_pairs
from training.run.plan import Plan
from training.run.progress_state import ProgressState
from training.run.trainer import Trainer
from training.sentences.grammar import Grammar
from training.sound.mel import MelFrontEnd, num_tokens
from training.sound.noise import NoiseBank, coloured_noise
from training.voices.speech import SAMPLE_RATE

PLAN = Plan(audio_hours=1.0, minutes=60.0, batch_audio_s=12.0, warm_up_steps=5)
UTTERANCES = [
    utterance("订单123号。", "zh", 1.3),
    utterance("Where is it?", "en", 2.1),
    utterance("请稍等，谢谢。", "zh", 2.7),
    utterance("I want my money back.", "en", 3.4),
]
CLASSES = PhonemeClasses(["a", "e", "i", "o", "u"])


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def processor(grammars: dict[str, Grammar]) -> Qwen3ASRProcessor:
    return build_processor(build_tokenizer(train_byte_pairs(grammars, 700, seed=1, sentences=1500)))


@pytest.fixture(scope="module")
def builder(processor: Qwen3ASRProcessor) -> ExampleBuilder:
    noise = coloured_noise(0.0, 2, np.random.default_rng(1))
    bank = NoiseBank({"white": noise}, {"babble of 5": noise})
    return ExampleBuilder(processor.tokenizer, bank, CLASSES, {"zh": ["手机"], "en": ["phone"]})


def network(processor: Qwen3ASRProcessor) -> TrainingNetwork:
    return TrainingNetwork(build_model(processor.tokenizer, seed=1), len(CLASSES))


def batch(processor: Qwen3ASRProcessor, builder: ExampleBuilder, groups: list[list[int]]) -> Batch:
    rng = np.random.default_rng(3)
    built = [builder.build([UTTERANCES[index] for index in group], 0.0, rng) for group in groups]
    prompt = Prompt.build(processor.tokenizer)
    return collate(built, N_WINDOW_INFER, prompt.audio, prompt.padding)


@torch.no_grad()
def test_the_encoder_equals_the_released_one_over_several_windows(
    processor: Qwen3ASRProcessor, builder: ExampleBuilder
) -> None:
    tested = network(processor).eval()
    for group in ([0], [0, 2], [1, 3, 1, 3, 1, 3, 1, 3]):
        made = batch(processor, builder, [group])
        frames = made.chunks.permute(1, 2, 0, 3).flatten(2)  # [1, 128, chunks * 100]
        tail = round(made.audio_s * 100) - 100 * (len(made.chunks) - 1)
        mask = torch.ones(1, frames.shape[-1], dtype=torch.long)
        mask[:, 100 * (len(made.chunks) - 1) + tail :] = 0
        released = tested.model.model.audio_tower(frames, mask).last_hidden_state
        assert torch.allclose(tested.encode(made), released.reshape(-1, released.shape[-1]), atol=2e-5)
    assert len(made.window_mask) > 1


@torch.no_grad()
def test_clips_encoded_together_equal_clips_encoded_alone(
    processor: Qwen3ASRProcessor, builder: ExampleBuilder
) -> None:
    tested = network(processor).eval()
    rng = np.random.default_rng(4)
    built = [builder.build([UTTERANCES[index]], 0.0, rng) for index in (0, 3, 1)]
    prompt = Prompt.build(processor.tokenizer)
    together = tested.encode(collate(built, N_WINDOW_INFER, prompt.audio, prompt.padding))
    alone = [tested.encode(collate([one], N_WINDOW_INFER, prompt.audio, prompt.padding)) for one in built]
    assert torch.allclose(together, torch.cat(alone), atol=2e-5)


@pytest.mark.parametrize("count", [3_000, 12_345, 16_000, 54_321])
def test_mel_equals_the_feature_extractor_on_a_clip_alone(processor: Qwen3ASRProcessor, count: int) -> None:
    samples = (0.1 * np.random.default_rng(count).standard_normal(count)).astype(np.float32)
    wanted = processor.feature_extractor(
        samples, sampling_rate=SAMPLE_RATE, padding=True, return_attention_mask=True
    )
    features = MelFrontEnd.build().features(samples)
    assert features.shape[1] == int(wanted["attention_mask"].sum())
    assert torch.allclose(features, wanted["input_features"][0][:, : features.shape[1]], atol=1e-5)


def test_examples_carry_the_prompt_of_the_chat_template(
    processor: Qwen3ASRProcessor, builder: ExampleBuilder
) -> None:
    drawn = [builder.build([UTTERANCES[0]], 0.0, np.random.default_rng(seed)) for seed in range(8)]
    example = min(drawn, key=lambda example: (example.audio_start, -len(example.spikes)))  # no hot words
    clip = np.zeros(example.features.shape[1] * 160, np.float32)
    rendered = processor.apply_transcription_request(audio=[clip])["input_ids"][0].tolist()
    assert example.tokens[: example.answer_start] == rendered
    answer = processor.tokenizer.decode(example.tokens[example.answer_start :])
    assert answer == "language Chinese<asr_text>订单123号。<|im_end|>"
    assert len(example.phonemes) == num_tokens(example.features.shape[1])


def test_spikes_come_in_order_and_within_the_second_of_their_word() -> None:
    timed = [
        TimedToken(5, 400.0, 0),
        TimedToken(6, 400.0, 1),
        TimedToken(7, 990.0, 2),
        TimedToken(8, 1010.0, 3),
    ]
    placed = spikes(26, timed)
    assert [spike.position for spike in placed] == [4, 5, 12, 14]
    assert [spike.token for spike in placed] == [5, 6, 7, 8]
    assert audio_token_at(999.0) == 12


@pytest.mark.slow
def test_losses_fall(processor: Qwen3ASRProcessor, builder: ExampleBuilder, tmp_path: Path) -> None:
    trainer = _trainer(processor, builder, tmp_path / "state.pt")
    before = _answer_loss(trainer, processor, builder)
    trainer.run(_ignore, until_step=12)
    assert _answer_loss(trainer, processor, builder) < 0.8 * before


@pytest.mark.slow
def test_a_stopped_run_ends_like_one_that_was_not(
    processor: Qwen3ASRProcessor, builder: ExampleBuilder, tmp_path: Path
) -> None:
    whole = _trainer(processor, builder, tmp_path / "whole.pt")
    whole.run(_ignore, until_step=4)
    _trainer(processor, builder, tmp_path / "parts.pt").run(_ignore, until_step=2)
    resumed = _trainer(processor, builder, tmp_path / "parts.pt")
    assert resumed.progress.step == 2
    resumed.run(_ignore, until_step=4)
    assert resumed.progress.audio_s == whole.progress.audio_s
    for name, weight in whole.network.state_dict().items():
        assert torch.allclose(weight, resumed.network.state_dict()[name], atol=1e-5), name


def _trainer(processor: Qwen3ASRProcessor, builder: ExampleBuilder, state: Path) -> Trainer:
    return Trainer(network(processor), builder, UTTERANCES, PLAN, state, torch.device("cpu"))


@torch.no_grad()
def _answer_loss(trainer: Trainer, processor: Qwen3ASRProcessor, builder: ExampleBuilder) -> float:
    made = batch(processor, builder, [[0], [1]])
    labels = made.labels[:, 1:][made.labels[:, 1:] != -100]
    return float(torch.nn.functional.cross_entropy(trainer.network(made).answer, labels))


def _ignore(_: ProgressState) -> None:
    """No evaluation within a test."""
