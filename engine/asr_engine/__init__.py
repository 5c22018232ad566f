"""Continuous batching of Qwen3-ASR on ONNX Runtime."""

import os

# ONNX Runtime reports its use to Microsoft unless this is set before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
