from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "transformers", "onnx", "scipy", "asr_export", "asr_client", "asr_server")


def test_the_engine_loads_neither_torch_nor_what_lies_above_it() -> None:
    program = f"import sys, asr_engine.engine; print(*[m for m in {HEAVY} if m in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []
