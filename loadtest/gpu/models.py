"""The models of the GPU checks, small enough to travel: graphs as files, random weights as a recipe.

  models.py make WORK OUT [SHAPE] [TARGET]     on the developer's machine, in the project's own environment
  models.py rebuild OUT WORK [SHAPE]           on the GPU machine: numpy alone
  models.py on-cpu WORK SHAPE                  to rehearse without a GPU: target cpu-fp16, norms written out

`make` lets `bench.gpu prepare` export the demo model and a random one of the full shape and answer in fp32,
with one change: a random matrix is a table of 256 values and bytes of PCG64, whose raw stream is the same in
every numpy. So 1.6 GB of weights become a list of names; `rebuild` writes them out again, to the byte.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20261128
LITERAL_BYTES = 1 << 16  # smaller tensors travel as they are
MAX_POSITIONS = 4096  # of the random model: shorter tables of sines, the same work for each step
MODEL = Path("qwen3_asr/1/artifacts")
GRAPHS = ("encoder.onnx", "decoder.onnx")
NARROW = "decoder-narrow.onnx"  # the same weights, the residual stream in float16
SOURCES = "sources.json"  # in WORK, after the shape's name: name -> [rows, columns] of every random matrix
PREFIX = 16  # values that tell one matrix from all others


def codes(name: str, count: int) -> np.ndarray:
    """Random bytes that belong to a name."""
    stream = np.random.PCG64(np.random.SeedSequence([SEED, zlib.crc32(name.encode())]))
    return stream.random_raw(-(-count // 8)).view(np.uint8)[:count]


def table(columns: int) -> np.ndarray:
    """256 values, exact in bfloat16, with the deviation that keeps the scale of a matrix's input."""
    steps = np.arange(256) - 127.5
    bits = (steps / steps.std() / np.sqrt(columns)).astype(np.float32).view(np.uint32)
    return (((bits + 0x8000) >> 16) << 16).astype(np.uint32).view(np.float32)


def matrix(name: str, rows: int, columns: int, dtype: str) -> np.ndarray:
    """One random matrix; 256 distinct values."""
    return table(columns).astype(dtype)[codes(name, rows * columns)].reshape(rows, columns)


# ---------------------------------------------------------------- on the GPU machine


def rebuild(out: Path, work: Path, shape: str = "0.6b") -> None:
    """WORK as `bench.gpu run` expects it."""
    started = time.monotonic()
    shutil.copytree(out / "models", work, dirs_exist_ok=True)
    artifacts = work / f"serve-{shape}" / MODEL
    recipe = json.loads((out / "recipe.json").read_text())
    for file_name, entry in recipe.items():
        literal = np.fromfile(out / "literal" / file_name, np.uint8)
        data = np.empty(entry["bytes"], np.uint8)
        data[:] = 0

        def fill(tensor: dict, data: np.ndarray = data, literal: np.ndarray = literal) -> None:
            place = data[tensor["offset"] : tensor["offset"] + tensor["bytes"]]
            if "literal" in tensor:
                place[:] = literal[tensor["literal"] : tensor["literal"] + tensor["bytes"]]
                return
            place = place.view(tensor["dtype"]).reshape(tensor["shape"])
            for (row, column), name, (rows, columns), transposed in tensor["blocks"]:
                block = matrix(name, rows, columns, tensor["dtype"])
                block = block.T if transposed else block
                place[row : row + block.shape[0], column : column + block.shape[1]] = block

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fill, sorted(entry["tensors"], key=lambda tensor: -tensor["bytes"])))
        data.tofile(artifacts / file_name)
        print(f"{file_name}: {data.size / 1e6:.0f} MB after {time.monotonic() - started:.1f} s", flush=True)
        _check_hash(artifacts, file_name, hashlib.sha256(data.data).hexdigest())
    print(f"models are there after {time.monotonic() - started:.1f} s", flush=True)


def _check_hash(artifacts: Path, file_name: str, digest: str) -> None:
    """They must be the weights that fp32 answered with; if not, a manifest that says what is there."""
    path = artifacts / "manifest.json"
    manifest = json.loads(path.read_text())
    if digest == manifest["files"][file_name]["sha256"]:
        return
    print(
        f"WARNING {file_name} is not the one that fp32 answered with: timings hold, verdicts on the full "
        "shape mean nothing",
        flush=True,
    )
    manifest["files"][file_name]["sha256"] = digest
    path.write_text(json.dumps(manifest))


def on_cpu(work: Path, shape: str) -> None:
    """The same graphs in a form that the CPU provider runs; needs onnx."""
    from asr_export.graphs.written_out_norms import write_out_norms

    (work / "demo" / "cuda-fp16").rename(work / "demo" / "cpu-fp16")
    for artifacts in (work / "demo" / "cpu-fp16" / MODEL, work / f"serve-{shape}" / MODEL):
        path = artifacts / "manifest.json"
        manifest = json.loads(path.read_text()) | {"target": "cpu-fp16"}
        for name in ("decoder.onnx", NARROW):
            if (artifacts / name).exists():
                write_out_norms(artifacts / name, artifacts / name)
        content = (artifacts / "decoder.onnx").read_bytes()
        entry = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest["files"]["decoder.onnx"] = entry
        path.write_text(json.dumps(manifest))


# ---------------------------------------------------------------- on the developer's machine


def make(work: Path, out: Path, shape: str = "0.6b", target: str = "cuda-fp16") -> None:
    """Exports and fp32 answers below WORK, what travels of them in OUT."""
    from dataclasses import replace

    from asr_export import exporter
    from asr_export.checkpoint import synthetic
    from bench import random_model
    from bench.gpu import models as bench_models

    work.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    patch_decoder = exporter.patch_decoder

    def patch_twice(built: Path, patched: Path, **settings: bool) -> None:
        if settings.get("residual_in_float32"):
            aside = built.parent / "narrow"
            aside.mkdir()
            shutil.copyfile(built, aside / built.name)
            (aside / (built.name + ".data")).touch()
            patch_decoder(
                aside / built.name, aside / "decoder.onnx", **{**settings, "residual_in_float32": False}
            )
            shutil.copyfile(aside / "decoder.onnx", work / f"{shape}-{NARROW}")
        patch_decoder(built, patched, **settings)

    def report(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {line}", flush=True)

    exporter.patch_decoder = patch_twice
    synthetic._random_weights = lambda config, _: _weights(synthetic, config, work / f"{shape}-{SOURCES}")
    full = random_model.SHAPES[shape]
    random_model.SHAPES[shape] = replace(full, max_positions=min(full.max_positions, MAX_POSITIONS))
    bench_models.prepare(work, target, shape, report)
    pack(work, out, shape, target)
    report(f"packed in {out}")


def _weights(synthetic, config, noted: Path):
    """As the project's own, of tables and bytes; notes the matrices.

    Without its gain of 3 on the norms of queries and keys: through 28 layers that makes chaos of float16's
    rounding (the last hidden state is 80 % off, most tokens differ), which says nothing about a GPU.
    """
    import torch

    with torch.device("meta"):
        skeleton = synthetic.Qwen3ASRForConditionalGeneration(config)
    sources = {}
    for name, tensor in skeleton.state_dict().items():
        if name == "lm_head.weight":
            continue
        if tensor.dim() > 1:
            sources[name] = rows, columns = tensor.shape[0], tensor[0].numel()
            yield name, torch.from_numpy(matrix(name, rows, columns, "float32")).reshape(tensor.shape)
            continue
        noise = torch.from_numpy((codes(name, tensor.shape[0]) - 127.5) / 73.9).float()
        yield name, 0.02 * noise if name.endswith("bias") else 1.0 + 0.05 * noise
    noted.write_text(json.dumps(sources))


def pack(work: Path, out: Path, shape: str, target: str) -> None:
    """Graphs, answers, the demo model whole, and the recipe of the random weights."""
    shutil.rmtree(out, ignore_errors=True)
    models, serve = out / "models", work / f"serve-{shape}"
    shutil.copytree(serve, models / serve.name, ignore=shutil.ignore_patterns("*.data"))
    shutil.copytree(work / "demo" / target, models / "demo" / target)
    for answers in {"demo", shape}:
        shutil.copyfile(work / f"{answers}.npz", models / f"{answers}.npz")
    narrow = work / f"{shape}-{NARROW}"
    if narrow.exists():
        shutil.copyfile(narrow, models / serve.name / MODEL / NARROW)
    (out / "literal").mkdir()
    prefixes = _prefixes(json.loads((work / f"{shape}-{SOURCES}").read_text()))
    recipe = {}
    for graph in GRAPHS:
        if (serve / MODEL / f"{graph}.data").exists():
            recipe[f"{graph}.data"] = _recipe(
                serve / MODEL, graph, prefixes, out / "literal" / f"{graph}.data"
            )
    (out / "recipe.json").write_text(json.dumps(recipe))
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.stat().st_size > 1 << 20:
            print(f"{path.relative_to(out)}: {path.stat().st_size / 1e6:.1f} MB")


def _prefixes(sources: dict[str, list[int]]) -> dict[tuple[str, bytes], tuple[str, list[int], bool]]:
    """By dtype and the first values of the first row: every random matrix as it is, and transposed."""
    found = {}
    for name, (rows, columns) in sources.items():
        for dtype in ("float16", "float32"):
            whole = matrix(name, rows, columns, dtype)
            found[dtype, whole[0, :PREFIX].tobytes()] = (name, [rows, columns], False)
            found[dtype, whole[:PREFIX, 0].tobytes()] = (name, [rows, columns], True)
    return found


def _recipe(artifacts: Path, graph: str, prefixes: dict, literal_path: Path) -> dict:
    """Where each tensor of a data file comes from; what is no random matrix is kept literally."""
    import onnx

    data_path = artifacts / f"{graph}.data"
    data = np.memmap(data_path, np.uint8, "r")
    tensors, literal, position, random_bytes = [], literal_path.open("wb"), 0, 0
    for tensor in onnx.load(artifacts / graph, load_external_data=False).graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        place = {entry.key: entry.value for entry in tensor.external_data}
        offset, size = int(place.get("offset", 0)), int(place["length"])
        entry: dict[str, Any] = {"offset": offset, "bytes": size}
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).name
        blocks = None
        if size > LITERAL_BYTES and dtype in ("float16", "float32"):
            whole = data[offset : offset + size].view(dtype).reshape(tensor.dims[0], -1)
            blocks = _blocks(whole, dtype, prefixes)
            entry |= {"dtype": dtype, "shape": list(whole.shape)}
        if blocks is None:
            if size > 1 << 20:
                print(f"literal: {tensor.name} {dtype} {list(tensor.dims)}")
            literal.write(data[offset : offset + size].tobytes())
            entry["literal"] = position
            position += size
        else:
            entry["blocks"] = blocks
            random_bytes += size
        tensors.append(entry)
    literal.close()
    print(f"{data_path.name}: {random_bytes / 1e6:.1f} MB by recipe, {position / 1e6:.2f} MB as they are")
    return {"bytes": data.size, "tensors": tensors}


def _blocks(whole: np.ndarray, dtype: str, prefixes: dict) -> list | None:
    """The random matrices that this one is put together of, side by side or one below the other."""
    blocks, row, column = [], 0, 0
    while row < whole.shape[0]:
        source = prefixes.get((dtype, np.ascontiguousarray(whole[row, column : column + PREFIX]).tobytes()))
        if source is None:
            return None
        name, (rows, columns), transposed = source
        block = matrix(name, rows, columns, dtype)
        block = block.T if transposed else block
        if not np.array_equal(whole[row : row + block.shape[0], column : column + block.shape[1]], block):
            return None
        blocks.append([[row, column], name, [rows, columns], transposed])
        column += block.shape[1]
        if column == whole.shape[1]:
            row, column = row + block.shape[0], 0
    return blocks


if __name__ == "__main__":
    action, first, second, *rest = sys.argv[1:]
    if action == "on-cpu":
        on_cpu(Path(first), second)
    else:
        actions: dict[str, Callable[..., None]] = {"make": make, "rebuild": rebuild}
        actions[action](Path(first), Path(second), *rest)
