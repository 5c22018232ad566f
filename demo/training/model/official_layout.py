"""The checkpoint in the layout of the official repositories: `thinker_config`, and weights `thinker.*`.

    python -m training.model.official_layout CHECKPOINT OUT

The repository carries the `-hf` layout only; this one is made when a test wants it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

ARCHITECTURE = "Qwen3ASRForConditionalGeneration"
WEIGHTS = "model.safetensors"
MAX_SOURCE_POSITIONS = 1500
MROPE_SECTION = [24, 20, 20]
TOKENIZER_FILES = ("vocab.json", "merges.txt", "chat_template.jinja", "generation_config.json")
NAMED_TOKENS = ("audio_token", "audio_bos_token", "audio_eos_token", "eos_token", "pad_token", "unk_token")

# From the -hf name to the official one. The projector sits inside the official audio tower.
PREFIXES = {
    "model.multi_modal_projector.linear_1.": "thinker.audio_tower.proj1.",
    "model.multi_modal_projector.linear_2.": "thinker.audio_tower.proj2.",
    "model.audio_tower.": "thinker.audio_tower.",
    "model.language_model.": "thinker.model.",
    "lm_head.": "thinker.lm_head.",
}


def write_official_layout(checkpoint: Path, out: Path) -> None:
    """Files of a `-hf` checkpoint to those of an official repository."""
    out.mkdir(parents=True, exist_ok=True)
    weights: dict[str, NDArray[np.generic]] = load_file(checkpoint / WEIGHTS)
    renamed = {official_name(name): weight for name, weight in weights.items()}
    embeddings = renamed["thinker.model.embed_tokens.weight"]
    renamed.setdefault("thinker.lm_head.weight", embeddings)  # tied, yet published
    save_file(renamed, out / WEIGHTS, metadata={"format": "pt"})
    _write_json(out / "config.json", official_config(_read_json(checkpoint / "config.json")))
    _write_json(out / "tokenizer_config.json", _tokenizer_config(checkpoint))
    extractor = _read_json(checkpoint / "processor_config.json")["feature_extractor"]
    _write_json(
        out / "preprocessor_config.json",
        {
            "feature_extractor_type": "WhisperFeatureExtractor",
            **{
                key: extractor[key]
                for key in ("feature_size", "hop_length", "n_fft", "return_attention_mask")
            },
            "sampling_rate": extractor["sampling_rate"],
        },
    )
    for name in TOKENIZER_FILES:
        shutil.copyfile(checkpoint / name, out / name)


def official_name(name: str) -> str:
    """Raises ValueError for a name that is not of the `-hf` layout."""
    for hf, official in PREFIXES.items():
        if name.startswith(hf):
            return official + name.removeprefix(hf)
    raise ValueError(f"{name!r} is not a weight of the -hf layout")


def official_config(config: dict[str, Any]) -> dict[str, Any]:
    """Multi-axis rope as published: with audio and text alone its axes are equal."""
    audio, text = dict(config["audio_config"]), dict(config["text_config"])
    rope_theta = text.pop("rope_parameters")["rope_theta"]
    text["rope_scaling"] = {
        "mrope_interleaved": True,
        "mrope_section": MROPE_SECTION,
        "rope_type": "default",
    }
    thinker = {
        "model_type": "qwen3_asr",
        "architectures": [ARCHITECTURE],
        "audio_config": {
            **audio,
            "model_type": "qwen3_asr_audio_encoder",
            "max_source_positions": MAX_SOURCE_POSITIONS,
        },
        "text_config": {**text, "model_type": "qwen3_asr_text", "rope_theta": rope_theta},
        "audio_token_id": config["audio_token_id"],
    }
    return {"architectures": [ARCHITECTURE], "model_type": "qwen3_asr", "thinker_config": thinker}


def _tokenizer_config(checkpoint: Path) -> dict[str, Any]:
    """The official repositories list the added tokens here and have no tokenizer.json."""
    kept = _read_json(checkpoint / "tokenizer_config.json")
    added = _read_json(checkpoint / "tokenizer.json")["added_tokens"]
    return {
        **{name: kept[name] for name in NAMED_TOKENS},
        "tokenizer_class": "Qwen2Tokenizer",
        "added_tokens_decoder": {
            str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in added
        },
    }


def _read_json(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    write_official_layout(options.checkpoint, options.out)


if __name__ == "__main__":
    main()
