"""A tiny model whose answers are known beforehand, behind the same graph contract as an exported one.

The encoder hears one tone for each second. The tone of the clip selects a script; the decoder answers with
that script's tokens. Nothing is remembered outside the KV cache: the script, the length of the prompt and
the number of tokens so far are all read back from it (GroupQueryAttention with equal weights gives the mean
of the cached values). Script 0 has no table: each token is a hash of everything in the row's cache, so that
one wrong or foreign position changes all that follows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from asr_engine.config import EngineConfig
from asr_engine.features import mel_filters
from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    TOKENIZER_NAME,
    AudioDims,
    Dtypes,
    Manifest,
    TextDims,
    TokenIds,
    describe_file,
)
from tests.engine.scripted_graphs import BINS_PER_SCRIPT, HIDDEN, VALUE, decoder, encoder

CHAINED, CHINESE, ENGLISH, LOOPING, ENDLESS, BROKEN_ROW, CRASHING, NO_SPEECH = range(8)
CHINESE_TEXT, ENGLISH_TEXT = "你好，请问一下。", "Hello there, how are you?"

RATE, WINDOW_FRAMES, MAX_POSITIONS = 16000, 200, 512
# The scripted tokenizer has one token for each byte, hence the generous cap.
CONFIG = EngineConfig(slots=3, lookahead=2, max_positions=MAX_POSITIONS, intra_op_threads=1, base_tokens=60)
_MAX_STEPS = 600
_HASH_SIZE = 997
_CONTROLS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|audio_start|>",
    "<|audio_end|>",
    "<|audio_pad|>",
    "<|im_start|>",
)
_NOT_A_TOKEN = 9999


def clip(script: int, seconds: float = 1.0, dtype: type = np.float32) -> NDArray[np.float32]:
    """A tone that makes the model follow a script."""
    return melody([BINS_PER_SCRIPT * script + 8], seconds, dtype)


def melody(bins: list[int], seconds: float, dtype: type = np.float32) -> NDArray[np.float32]:
    """One tone a second, over and over; bins below 16 are script 0, and each changes its answer."""
    frequencies = np.arange(201) * RATE / 400
    peaks = [float(frequencies[mel_filters(201, 128, RATE)[:, index].argmax()]) for index in bins]
    time_s = np.arange(int(seconds * RATE)) / RATE
    tone = 0.5 * np.sin(2 * np.pi * np.take(peaks, time_s.astype(int) % len(peaks)) * time_s)
    return (tone * 32767).astype(np.int16) if dtype is np.int16 else tone.astype(dtype)


def write_scripted_model(directory: Path) -> None:
    """Write a complete artifact directory."""
    tokenizer = _tokenizer()
    tokenizer.save(str(directory / TOKENIZER_NAME))
    np.save(directory / EMBEDDINGS_NAME, _embeddings(tokenizer.get_vocab_size()))
    onnx.save(encoder(), directory / ENCODER_NAME)
    onnx.save(
        decoder(_scripts(tokenizer), _hashes(tokenizer), _logprobs(tokenizer)), directory / DECODER_NAME
    )
    names = (TOKENIZER_NAME, EMBEDDINGS_NAME, ENCODER_NAME, DECODER_NAME)
    _manifest(tokenizer, {name: describe_file(directory / name) for name in names}).save(directory)


def _manifest(tokenizer: Tokenizer, files: dict) -> Manifest:
    return Manifest(
        target="cpu-fp32",
        source="scripted",
        revision="1",
        layout="hf",
        audio=AudioDims(RATE, 128, 400, 160, 8000, 100, 13, WINDOW_FRAMES, HIDDEN),
        text=TextDims(1, HIDDEN, 1, HIDDEN, tokenizer.get_vocab_size(), MAX_POSITIONS),
        tokens=TokenIds(
            end_of_text=(_id(tokenizer, "<|im_end|>"), _id(tokenizer, "<|endoftext|>")),
            audio_pad=_id(tokenizer, "<|audio_pad|>"),
            asr_text=_id(tokenizer, "<asr_text>"),
        ),
        dtypes=Dtypes("float32", "float32", "float32", "float32"),
        languages={"zh": "Chinese", "en": "English"},
        files=files,
        checked=True,
    )


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    assert found is not None
    return int(found)


def _tokenizer() -> Tokenizer:
    """One token for each byte, so that every character beyond ASCII can be cut in the middle."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({character: index for index, character in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _CONTROLS])
    tokenizer.add_tokens([AddedToken("<asr_text>", normalized=False)])
    return tokenizer


def _scripts(tokenizer: Tokenizer) -> NDArray[np.int64]:
    end = tokenizer.token_to_id("<|im_end|>")
    texts = {
        CHINESE: f"language Chinese<asr_text>{CHINESE_TEXT}",
        ENGLISH: f"language English<asr_text>{ENGLISH_TEXT}",
        LOOPING: "language English<asr_text>Well, " + "no, " * _MAX_STEPS,
        ENDLESS: "language English<asr_text>" + _random_letters(_MAX_STEPS),
        NO_SPEECH: "language None<asr_text>",
    }
    table = np.full((8, _MAX_STEPS), end, np.int64)
    for script, text in texts.items():
        ids = tokenizer.encode(text).ids[:_MAX_STEPS]
        table[script, : len(ids)] = ids
    table[BROKEN_ROW] = table[CRASHING] = table[ENDLESS]
    table[BROKEN_ROW, 5] = tokenizer.token_to_id("<|audio_start|>")  # its log-probability is NaN
    table[CRASHING, 5] = _NOT_A_TOKEN
    return table


def _random_letters(count: int) -> str:
    return "".join(np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), count))


def _embeddings(vocab_size: int) -> NDArray[np.float32]:
    table = np.zeros((vocab_size, HIDDEN), np.float32)
    table[:, VALUE] = np.arange(vocab_size) % 32
    return table


def _hashes(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """Letters, and here and there the end."""
    ids = np.array(tokenizer.encode(_random_letters(_HASH_SIZE)).ids)
    ids[5::70] = tokenizer.token_to_id("<|im_end|>")
    return ids


def _logprobs(tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Any figures, each token its own."""
    logprobs = -np.arange(1, tokenizer.get_vocab_size() + 1, dtype=np.float32) / 1000
    logprobs[tokenizer.token_to_id("<|audio_start|>")] = np.nan
    return logprobs


# Clips of script 0, each with its own text.
MELODIES = [melody([1 + index, 7, 14 - index], 0.4 + 0.7 * index) for index in range(12)]
