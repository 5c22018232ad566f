"""Tokenizer: byte-level BPE learnt from the grammar, with the special tokens of the released model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from training.sentences.grammar import Grammar

SENTENCES = 40_000
PROMPT_WORDS = "system\nuser\nassistant\nlanguage Chinese language English language None"
PROMPT_WORDS_REPEATED = 500
WORDS_REPEATED = 20
END_OF_TURN = "<|im_end|>"
START_OF_TURN = "<|im_start|>"
PADDING = "<|endoftext|>"
AUDIO = "<|audio_pad|>"
AUDIO_START = "<|audio_start|>"
AUDIO_END = "<|audio_end|>"
ASR_TEXT = "<asr_text>"
TIMESTAMP = "<timestamp>"


@dataclass(frozen=True, slots=True)
class BytePairs:
    """Vocabulary and merges of a trained BPE."""

    vocabulary: dict[str, int]
    merges: tuple[tuple[str, str], ...]

    def write(self, folder: Path) -> None:
        """Write vocab.json and merges.txt, which are not written when a processor is saved."""
        (folder / "vocab.json").write_text(json.dumps(self.vocabulary, ensure_ascii=False), encoding="utf-8")
        rows = ["#version: 0.2", *(" ".join(pair) for pair in self.merges)]
        (folder / "merges.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")


def train_byte_pairs(
    grammars: dict[str, Grammar], size: int, seed: int, sentences: int = SENTENCES
) -> BytePairs:
    """Train the BPE. Han characters are split off, so that no merge crosses one."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{Han}"), "isolated"),
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(grammars, seed, sentences), trainer)
    learnt: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    merges = tuple((first, second) for first, second in learnt["merges"])
    return BytePairs(learnt["vocab"], merges)


def build_tokenizer(pairs: BytePairs) -> Qwen2Tokenizer:
    """Make the tokenizer.

    `<asr_text>` is no special token, because decoding would skip it, and the output is split at it.
    """
    tokenizer = Qwen2Tokenizer(
        vocab=pairs.vocabulary,
        merges=list(pairs.merges),
        unk_token=None,
        bos_token=None,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        extra_special_tokens={
            "audio_bos_token": AUDIO_START,
            "audio_eos_token": AUDIO_END,
            "audio_token": AUDIO,
        },
    )
    tokenizer.add_tokens([AddedToken(START_OF_TURN, special=True, normalized=False)], special_tokens=True)
    plain = [AddedToken(token, special=False, normalized=False) for token in (ASR_TEXT, TIMESTAMP)]
    tokenizer.add_tokens(plain)
    return tokenizer


def _texts(grammars: dict[str, Grammar], seed: int, count: int) -> list[str]:
    random = Random(f"{seed} tokenizer")
    order = list(grammars.values())
    sentences = [order[index % len(order)].sentence(random).text for index in range(count)]
    words = [f" {word}" for grammar in order for word in grammar.vocabulary] * WORDS_REPEATED
    return [*sentences, *words, *[PROMPT_WORDS] * PROMPT_WORDS_REPEATED]
