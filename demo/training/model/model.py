"""Model of the released architecture in a small size, with random weights to start from."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    Qwen2Tokenizer,
    Qwen3ASRConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRProcessor,
)

from training.model.tokenizer import AUDIO, END_OF_TURN, PADDING, TIMESTAMP
from training.sound.mel import MEL_BINS, TOKENS_PER_CHUNK

WIDTH = 256
LAYERS = 4
CONVOLUTION_CHANNELS = 32
ENCODER_HEADS = 4
ENCODER_FEED_FORWARD = 1024
DECODER_HEADS = 4
DECODER_KEY_VALUE_HEADS = 2
DECODER_HEAD_WIDTH = 64
DECODER_FEED_FORWARD = 768
N_WINDOW = 50
N_WINDOW_INFER = 800  # as released: attention windows of eight one-second chunks
VOCABULARY_MULTIPLE = 16
MAX_POSITIONS = 4096
MAX_NEW_TOKENS = 256
CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def build_processor(tokenizer: Qwen2Tokenizer) -> Qwen3ASRProcessor:
    """Make a processor that renders the released model's prompt, with the assistant's text verbatim."""
    return Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE.read_text(encoding="utf-8"),
    )


def build_model(tokenizer: Qwen2Tokenizer, seed: int) -> Qwen3ASRForConditionalGeneration:
    """Make a model with random weights that depend on the seed alone."""
    torch.manual_seed(seed)
    model = Qwen3ASRForConditionalGeneration(model_config(tokenizer))
    end, padding = tokenizer.convert_tokens_to_ids([END_OF_TURN, PADDING])
    model.generation_config = GenerationConfig(
        eos_token_id=[padding, end], pad_token_id=padding, do_sample=False, max_new_tokens=MAX_NEW_TOKENS
    )
    return model


def model_config(tokenizer: Qwen2Tokenizer) -> Qwen3ASRConfig:
    """Configuration of the model; all token ids come from the tokenizer."""
    end, padding, audio, timestamp = tokenizer.convert_tokens_to_ids([END_OF_TURN, PADDING, AUDIO, TIMESTAMP])
    encoder = {
        "model_type": "qwen3_asr_encoder",
        "num_mel_bins": MEL_BINS,
        "encoder_layers": LAYERS,
        "encoder_attention_heads": ENCODER_HEADS,
        "encoder_ffn_dim": ENCODER_FEED_FORWARD,
        "d_model": WIDTH,
        "output_dim": WIDTH,
        "n_window": N_WINDOW,
        "n_window_infer": N_WINDOW_INFER,
        "downsample_hidden_size": CONVOLUTION_CHANNELS,
        "max_position_embeddings": TOKENS_PER_CHUNK,
    }
    decoder = {
        "model_type": "qwen3",
        "vocab_size": -(-len(tokenizer) // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE,
        "hidden_size": WIDTH,
        "intermediate_size": DECODER_FEED_FORWARD,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": DECODER_HEADS,
        "num_key_value_heads": DECODER_KEY_VALUE_HEADS,
        "head_dim": DECODER_HEAD_WIDTH,
        "max_position_embeddings": MAX_POSITIONS,
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
        "bos_token_id": None,
        "eos_token_id": end,
        "pad_token_id": padding,
    }
    return Qwen3ASRConfig(
        audio_config=encoder,
        text_config=decoder,
        audio_token_id=audio,
        timestamp_token_id=timestamp,
        pad_token_id=padding,
        eos_token_id=[padding, end],
        tie_word_embeddings=True,
    )
