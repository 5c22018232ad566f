"""Artifacts with the decoder of a device, made from an fp32 export for the CPU, so that they run here."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import TensorProto
from onnxruntime.transformers.float16 import convert_float_to_float16

from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    Dtypes,
    describe_file,
    load_manifest,
)
from asr_export.graphs.token_lookup import look_up_in_graph
from asr_export.graphs.wide_residual import widen_residual


def write_device_artifacts(source: Path, target: Path, *, half: bool = False, wide: bool = False) -> Path:
    """`half` converts both graphs to float16, `wide` then carries the residual stream in float32."""
    shutil.copytree(source, target)
    (target / EMBEDDINGS_NAME).unlink()
    decoder = onnx.load(source / DECODER_NAME)
    if half:
        decoder = _to_float16(decoder, keep=["next_token_logprobs"])
        _save(_to_float16(onnx.load(source / ENCODER_NAME), keep=[]), target / ENCODER_NAME)
    look_up_in_graph(decoder.graph)
    if wide:
        widen_residual(decoder.graph)
    _save(decoder, target / DECODER_NAME)
    manifest = load_manifest(source)
    files = {name: describe_file(target / name) for name in manifest.files if name != EMBEDDINGS_NAME}
    dtypes = Dtypes("float16", "float16", "float16", "float16") if half else manifest.dtypes
    replace(manifest, files=files, dtypes=dtypes).save(target)
    return target


def _to_float16(model: onnx.ModelProto, keep: list[str]) -> onnx.ModelProto:
    converted = convert_float_to_float16(model, keep_io_types=keep, disable_shape_infer=True)
    assert converted.graph.input[0].type.tensor_type.elem_type != TensorProto.FLOAT
    return converted


def _save(model: onnx.ModelProto, path: Path) -> None:
    data = path.name + ".data"
    (path.parent / data).unlink(missing_ok=True)
    onnx.save(model, path, save_as_external_data=True, location=data, size_threshold=1024)
