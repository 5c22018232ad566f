"""Decoder graph: the text model is extracted as a Qwen3 checkpoint and built by onnxruntime-genai."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast, Qwen3ASRForConditionalGeneration, Qwen3ForCausalLM

from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.errors import GraphBuildFailed
from asr_export.recipe import Provider

_LOG_TAIL_CHARS = 2000


def extract_text_checkpoint(loaded: LoadedCheckpoint, directory: Path) -> None:
    """Write the language model as a checkpoint of its own for the builder.

    The builder requires a tokenizer and an end token.
    """
    model = loaded.model
    config = copy.deepcopy(model.config.text_config)
    config.architectures = ["Qwen3ForCausalLM"]
    config.eos_token_id = loaded.ids.end_of_text[0]
    with torch.device("meta"):
        text = Qwen3ForCausalLM(config)
    weights = {f"model.{name}": tensor for name, tensor in model.model.language_model.state_dict().items()}
    weights["lm_head.weight"] = model.lm_head.weight
    text.load_state_dict(weights, assign=True)
    text.tie_weights()
    directory.mkdir()
    config.save_pretrained(directory)
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    weights = {name: tensor for name, tensor in text.state_dict().items() if name not in tied}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    PreTrainedTokenizerFast(tokenizer_object=loaded.tokenizer).save_pretrained(directory)


def check_tied(model: Qwen3ASRForConditionalGeneration) -> None:
    """Raise GraphBuildFailed unless embeddings and head are the same matrix, as in all released sizes."""
    if not torch.equal(model.lm_head.weight, model.get_input_embeddings().weight):
        raise GraphBuildFailed("the head differs from the embeddings; a lookup in the graph needs them tied")


def build_decoder(text_checkpoint: Path, scratch: Path, *, precision: str, provider: Provider) -> Path:
    """Build the decoder graph below `scratch`; `precision` is fp32 or fp16, `provider` cpu or cuda.

    The builder runs in a separate process, because it changes the module path and prints. Raises
    GraphBuildFailed with the end of its output.
    """
    built = scratch / f"built-{precision}-{provider}"
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder"]
    command += ["-i", str(text_checkpoint), "-o", str(built), "-c", str(scratch / "cache")]
    command += ["-p", precision, "-e", provider]
    command += ["--extra_options", "exclude_embeds=true", "prune_lm_head=true", "hf_token=false"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        tail = (finished.stdout + finished.stderr)[-_LOG_TAIL_CHARS:]
        raise GraphBuildFailed(f"the decoder builder ended with status {finished.returncode}:\n{tail}")
    return built / "model.onnx"


def export_embeddings(model: Qwen3ASRForConditionalGeneration, path: Path, *, dtype: torch.dtype) -> None:
    """Write the token embeddings, [vocab, hidden], which the engine memory-maps."""
    weight = model.get_input_embeddings().weight.detach()
    np.save(path, weight.to(dtype).numpy())
