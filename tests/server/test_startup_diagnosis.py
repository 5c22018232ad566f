"""Triton's log has the cause among its consequences."""

from __future__ import annotations

import pytest

from asr_server.startup_diagnosis import diagnose_startup

NOISE = '2026-11-22T16:48:22Z E 17672 server.cc:241] "CudaDriverHelper has not been initialized."\n'
END = "error: creating server: Internal - failed to load all models\n"

LOGS = [
    (
        "2026-11-22T16:48:26Z E 1 model_lifecycle.cc:642] \"failed to load 'qwen3_asr' version 1: Internal: "
        "TritonModelException: qwen3_asr cannot load: slots is -1; allowed: 0 to 1024\\n\\nAt:\\n  /t.py(8): "
        'load\\n"\n',
        "qwen3_asr cannot load: slots is -1; allowed: 0 to 1024",
    ),
    (
        "2026-11-22T16:48:26Z E 1 model_lifecycle.cc:642] \"failed to load 'qwen3_asr' version 1: Internal: "
        "ModuleNotFoundError: No module named 'onnxruntime'\\n\\nAt:\\n  /x/session.py(3): <module>\\n\"\n",
        "ModuleNotFoundError: No module named 'onnxruntime'",
    ),
    (
        "[libprotobuf ERROR /x/text_format.cc:337] Error parsing text-format inference.ModelConfig: 9:15: no "
        'field named "x".\n2026-11-22T16:48:22Z E 1 model_repository_manager.cc:1460] "Poll failed for model '
        "directory 'qwen3_asr': failed to read text proto from /r/config.pbtxt\"\n",
        'config.pbtxt:9:15: no field named "x".',
    ),
    (
        '2026-11-22T16:48:24Z E 1 model_repository_manager.cc:1460] "Poll failed for model directory '
        "'qwen3_asr': 'max_batch_size' must be non-negative value for qwen3_asr\"\n",
        "'max_batch_size' must be non-negative value for qwen3_asr",
    ),
    (
        '2026-11-22T16:53:34Z E 1 main.cc:245] "failed to start GRPC service: Unavailable - Socket '
        "'127.0.0.1:35949' already in use \"\n",
        "failed to start GRPC service: Unavailable - Socket '127.0.0.1:35949' already in use",
    ),
    ("", "creating server: Internal - failed to load all models"),
]


@pytest.mark.parametrize(("log", "sentence"), LOGS)
def test_cause_is_told_in_one_sentence(log: str, sentence: str) -> None:
    assert diagnose_startup(NOISE + log + NOISE + END) == sentence


def test_silence_is_named() -> None:
    assert diagnose_startup(NOISE) == "it ended without saying why"
