"""What each stage costs: features, an encoder window, a prefill, decode steps.

In processor time of one thread: it hardly moves when other programs want the cores, so exports can be
compared on a busy machine.

    cd loadtest && python -m bench.kernels.stages ../build/models/qwen3_asr/1/artifacts [ARTIFACTS ...]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from asr_engine.config import EngineConfig
from asr_engine.device import Device, DeviceKind
from asr_engine.features import MelFrontEnd, Window
from asr_engine.graphs.encoder import Encoder
from asr_engine.graphs.host_decoder import HostDecoder
from asr_engine.manifest import Manifest, load_manifest
from asr_engine.text.prompt import Prompt

FEATURES_S = 30  # the longest clip
PROMPT_TOKENS = 150  # 8 s of audio, markers, and some context
DECODES = ((1, 150), (8, 150), (8, 400), (16, 150))  # rows, positions of each
REPEATS = 5
CPU = Device(DeviceKind.CPU)


def main() -> None:
    """Print a line for each stage and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("artifacts", nargs="+", type=Path)
    for artifacts in parser.parse_args().artifacts:
        print(f"{artifacts} ({load_manifest(artifacts).target})")
        for stage, run in _stages(artifacts):
            print(f"  {stage:<28}{1000 * _fastest(run):8.1f} ms", flush=True)


def _stages(artifacts: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    manifest = load_manifest(artifacts)
    yield f"features of {FEATURES_S} s", _features(manifest)
    yield "encoder, one whole window", _encoder(artifacts, manifest)
    config = EngineConfig(slots=max(rows for rows, _ in DECODES), max_positions=768)
    decoder = HostDecoder(artifacts, manifest, config, CPU, threads=1)
    prompt = Prompt(np.arange(PROMPT_TOKENS), 0, 0)
    yield f"prefill of {PROMPT_TOKENS} tokens", partial(decoder.prefill, 0, prompt, [])
    for rows, positions in DECODES:
        ids, lengths = np.arange(rows), np.full(rows, positions, np.int32)
        yield f"decode, {rows} x {positions} positions", partial(decoder.decode, ids, lengths)


def _features(manifest: Manifest) -> Callable[[], object]:
    samples = np.random.default_rng(0).standard_normal(FEATURES_S * manifest.audio.sample_rate)
    return partial(MelFrontEnd(manifest.audio).windows, samples.astype(np.float32) / 10)


def _encoder(artifacts: Path, manifest: Manifest) -> Callable[[], object]:
    dims = manifest.audio
    encoder = Encoder(artifacts, manifest, CPU, threads=1)
    features = np.random.default_rng(0).standard_normal((dims.num_mel_bins, dims.window_frames))
    chunks = dims.window_frames // dims.chunk_frames
    window = Window(features.astype(np.float32), chunks * dims.tokens_per_chunk)
    return partial(encoder.encode, [window])


def _fastest(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
