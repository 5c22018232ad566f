"""What each export target means for the graphs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from asr_engine.manifest import Dtypes


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to build the graphs of one target; `runs_here` tells whether the CPU provider can run them."""

    target: str
    provider: str  # cpu | cuda
    torch_dtype: torch.dtype  # of the encoder and the embeddings
    decoder_precision: str  # of onnxruntime-genai's builder
    io_dtype: str  # numpy name, at the graph borders
    runs_here: bool
    embeds_in_graph: bool = False  # ids go in; no table for the host
    int8_products: bool = False  # matrices and convolutions in int8, each row with a scale of its own

    @property
    def dtypes(self) -> Dtypes:
        """The manifest's view of `io_dtype`."""
        return Dtypes(self.io_dtype, self.io_dtype, self.io_dtype, self.io_dtype)


RECIPES: dict[str, Recipe] = {
    recipe.target: recipe
    for recipe in (
        Recipe("cuda-fp16", "cuda", torch.float16, "fp16", "float16", runs_here=False, embeds_in_graph=True),
        Recipe("cpu-fp32", "cpu", torch.float32, "fp32", "float32", runs_here=True),
        Recipe("cpu-int8", "cpu", torch.float32, "fp32", "float32", runs_here=True, int8_products=True),
    )
}
