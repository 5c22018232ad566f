"""Takes the detector's weights, and probabilities to test against, from Silero's own package.

    pip download --no-deps silero-vad==6.2.3 && unzip silero_vad-6.2.3-*.whl -d DIR
    python -m tests.client.audio.silero_reference DIR/silero_vad/data/silero_vad_16k_sequence.onnx

Needs onnx and onnxruntime, which the environment for exports holds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from tests.client.client_audio import speech_and_noise

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS = ROOT / "client" / "asr_client" / "audio" / "silero_vad_16k.npz"
GOLDEN = Path(__file__).with_name("silero_golden.npz")
HIDDEN = 128


def main(model: Path) -> None:
    """Writes both files."""
    tensors = {
        tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(model).graph.initializer
    }
    np.savez_compressed(WEIGHTS, **weights(tensors))
    samples = speech_and_noise()
    np.savez_compressed(GOLDEN, probabilities=reference(model, samples).astype(np.float32))


def weights(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """By the names of `asr_client.audio.silero._Weights`."""
    kernels = [tensors[f"encoder.{layer}.weight"].transpose(2, 1, 0) for layer in range(4)]
    kernels[2] = kernels[2][1:]  # the taps that meet padding only
    kernels[3] = kernels[3][1:2]
    lstm_input, lstm_hidden, lstm_biases = (tensors[f"onnx::LSTM_{number}"][0] for number in (209, 210, 211))
    named = {
        **{f"conv{n}": kernel.reshape(-1, kernel.shape[2]) for n, kernel in enumerate(kernels, 1)},
        **{f"conv{n}_bias": tensors[f"encoder.{n - 1}.bias"] for n in range(1, 5)},
        "lstm_input": regrouped(lstm_input).T,
        "lstm_hidden": regrouped(lstm_hidden).T,
        "lstm_bias": regrouped(lstm_biases[: 4 * HIDDEN] + lstm_biases[4 * HIDDEN :]),
        "output": tensors["output.weight"].reshape(-1),
        "output_bias": tensors["output.bias"],
    }
    return {name: np.ascontiguousarray(value) for name, value in named.items()}


def regrouped(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """ONNX orders the gates i, o, f, c; the detector i, f, o, c, so that the sigmoids are neighbours."""
    enter, leave, keep, cell = np.split(gates, 4)
    return np.concatenate([enter, keep, leave, cell])


def reference(model: Path, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities as ONNX Runtime computes them from the published model."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    seen = np.concatenate([np.zeros(64, np.float32), samples])
    frames = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(seen, 576)[::512])
    zeros = np.zeros((1, 1, HIDDEN), np.float32)
    (probabilities,) = session.run(["speech_probs"], {"input": frames, "h": zeros, "c": zeros})
    return np.asarray(probabilities, np.float32).ravel()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
