"""Recipes: what each export target means for the graphs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch

from asr_engine.manifest import Dtypes, Target


class Provider(StrEnum):
    """Execution provider that graphs are built for, as onnxruntime-genai's builder spells it."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to build the graphs of one target. `runs_here` tells whether the CPU provider can run them."""

    target: Target
    provider: Provider
    torch_dtype: torch.dtype  # of the encoder and the embeddings
    decoder_precision: str  # of onnxruntime-genai's builder
    io_dtype: str  # numpy name of the type of inputs and outputs
    runs_here: bool
    embeds_in_graph: bool = False  # the decoder takes token ids; no embedding table is written for the host
    int8_products: bool = False  # matrices and convolutions in int8, each row with its own scale

    @property
    def dtypes(self) -> Dtypes:
        """`io_dtype` for all tensors that the manifest names."""
        return Dtypes(self.io_dtype, self.io_dtype, self.io_dtype, self.io_dtype)


RECIPES: dict[str, Recipe] = {
    recipe.target: recipe
    for recipe in (
        Recipe(
            Target.CUDA_FP16,
            Provider.CUDA,
            torch.float16,
            "fp16",
            "float16",
            runs_here=False,
            embeds_in_graph=True,
        ),
        Recipe(Target.CPU_FP32, Provider.CPU, torch.float32, "fp32", "float32", runs_here=True),
        Recipe(
            Target.CPU_INT8,
            Provider.CPU,
            torch.float32,
            "fp32",
            "float32",
            runs_here=True,
            int8_products=True,
        ),
    )
}
