"""Exporter: turns a Qwen3-ASR checkpoint into ONNX artifacts in a Triton model repository."""

import os

# Must be set before ONNX Runtime is first imported, which otherwise reports its use to Microsoft.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
