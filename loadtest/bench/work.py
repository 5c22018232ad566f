"""Work in a load, and the least time that the hardware needs for it.

The bound of a stage is the longer of two times: its multiply-adds at the processor's peak rate, and the bytes
of weights and KV cache that it reads at the memory's bandwidth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx

from asr_engine.manifest import DECODER_NAME, ENCODER_NAME, Manifest
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.synthetic import Shape
from bench.ceilings import Ceilings
from bench.load import Load, Stages

PROMPT_EXTRA = 16  # tokens around the audio
_PRECISIONS = {
    onnx.TensorProto.FLOAT: "fp32",
    onnx.TensorProto.FLOAT16: "fp16",
    onnx.TensorProto.BFLOAT16: "bf16",
    onnx.TensorProto.INT8: "int8",
    onnx.TensorProto.UINT8: "int8",
}


@dataclass(frozen=True, slots=True)
class Graph:
    """Size and precision of an exported graph."""

    weight_bytes: int
    precision: str  # of most of its weights

    @classmethod
    def read(cls, repository: Path, manifest: Manifest, name: str) -> Graph:
        """Read the graph `name` of the artifacts."""
        model = onnx.load(repository / ARTIFACTS / name, load_external_data=False)
        sizes: Counter[str] = Counter()
        for tensor in model.graph.initializer:
            sizes[_PRECISIONS.get(tensor.data_type, "other")] += prod(tensor.dims)
        files = (entry.bytes for file, entry in manifest.files.items() if file.startswith(name))
        return cls(sum(files), sizes.most_common(1)[0][0])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least time for each stage of a load, in seconds."""

    encode_s: float
    prefill_s: float
    decode_s: float

    @property
    def total_s(self) -> float:
        return self.encode_s + self.prefill_s + self.decode_s


@dataclass(frozen=True, slots=True)
class Work:
    """Counts the work that one exported model does."""

    shape: Shape
    manifest: Manifest
    encoder: Graph
    decoder: Graph

    @classmethod
    def of(cls, shape: Shape, repository: Path, manifest: Manifest) -> Work:
        graphs = (Graph.read(repository, manifest, name) for name in (ENCODER_NAME, DECODER_NAME))
        return cls(shape, manifest, *graphs)

    def bounds(self, load: Load, stages: Stages, ceilings: Ceilings) -> Bounds:
        """Bounds of a load; `stages` has the number of decode steps and rows."""
        audio_tokens = round(load.clip_s * self.manifest.audio.tokens_per_chunk)
        prompt = audio_tokens + PROMPT_EXTRA
        encode_s = self.encoder_macs(load.clip_s) / ceilings.macs_per_s(_known(self.encoder.precision))
        peak = ceilings.macs_per_s(_known(self.decoder.precision))
        weights_s = self.decoder.weight_bytes / ceilings.bytes_per_s
        prefill_s = max(self.decoder_macs(prompt, prompt / 2, 1) / peak, weights_s)
        mean_length = prompt + load.num_tokens / 2
        decode_macs = stages.decode_rows * self.decoder_macs(1, mean_length, 1)
        read = float(stages.decode_steps * self.decoder.weight_bytes)
        read += stages.decode_rows * mean_length * self.kv_bytes_per_position
        decode_s = max(decode_macs / peak, read / ceilings.bytes_per_s)
        return Bounds(load.requests * encode_s, load.requests * prefill_s, decode_s)

    @property
    def kv_bytes_per_position(self) -> int:
        text = self.manifest.text
        item = 2 if self.manifest.dtypes.kv_cache == "float16" else 4
        return 2 * text.num_layers * text.num_kv_heads * text.head_dim * item

    def encoder_macs(self, clip_s: float) -> float:
        """Multiply-adds of the encoder for a clip: chunks of one second, attention within windows."""
        shape, audio = self.shape, self.manifest.audio
        channels, mels, frames = shape.conv_channels, audio.num_mel_bins, audio.chunk_frames
        sizes = [(mels >> halvings) * -(-frames // (1 << halvings)) for halvings in (1, 2, 3)]
        convolved = 9 * channels * (sizes[0] + channels * (sizes[1] + sizes[2]))
        tokens = audio.tokens_per_chunk
        flattened = tokens * (channels * (mels >> 3)) * shape.audio_width
        window = min(clip_s, audio.window_frames / frames) * tokens  # keys that a query sees
        per_token = shape.audio_layers * (
            4 * shape.audio_width**2 + 2 * shape.audio_width * (shape.audio_ffn + window)
        )
        projected = shape.audio_width * (shape.audio_width + shape.text_width)
        return clip_s * (convolved + flattened + tokens * (per_token + projected))

    def decoder_macs(self, tokens: float, mean_keys: float, heads: int) -> float:
        """Multiply-adds of the decoder for `tokens` positions, of which `heads` choose a next token."""
        shape = self.shape
        queries = shape.text_heads * shape.head_dim
        keys = shape.text_kv_heads * shape.head_dim
        per_layer = shape.text_width * (2 * queries + 2 * keys + 3 * shape.text_ffn) + 2 * queries * mean_keys
        return tokens * shape.text_layers * per_layer + heads * shape.vocab_size * shape.text_width


def _known(precision: str) -> str:
    """Precision whose peak rate is used: one of the three that are measured."""
    return precision if precision in ("fp32", "bf16", "int8") else "fp32"
