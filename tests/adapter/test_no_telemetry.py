"""Nothing about the calls, or about serving them, leaves the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOAD_ENGINE = """
import sys
from pathlib import Path
from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
AsrEngine.load(Path(sys.argv[1]), EngineConfig()).close()
"""
RUN_AS_EXPORTER = """
import sys
import asr_export.checks.graph_run
import onnxruntime
onnxruntime.InferenceSession(sys.argv[1] + "/encoder.onnx")
"""


@pytest.mark.parametrize("program", [LOAD_ENGINE, RUN_AS_EXPORTER], ids=["engine", "exporter"])
def test_onnx_runtime_stores_nothing_to_report(demo_repository: Path, tmp_path: Path, program: str) -> None:
    """ONNX Runtime collects its reports in a database in the home directory before it sends them."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    artifacts = demo_repository / "qwen3_asr" / "1" / "artifacts"
    subprocess.run([sys.executable, "-c", program, str(artifacts)], env=environment, check=True)
    assert [
        path for path in tmp_path.rglob("*") if "onnxruntime" in path.name or path.name == "deviceid"
    ] == []
