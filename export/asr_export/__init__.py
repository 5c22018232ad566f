"""From a Qwen3-ASR checkpoint to ONNX artifacts in a Triton repository."""

import os

# ONNX Runtime reports its use to Microsoft unless this is set before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
