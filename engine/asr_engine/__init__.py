"""Continuous batching of Qwen3-ASR on ONNX Runtime."""

import os

# ONNX Runtime reports its use to Microsoft unless this is set before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Its CPU kernel for attention with a cache has two ways: in tiles, written for long prompts, and by matrix
# products, whose kernels for a single query are twice as fast at decode steps.
os.environ.setdefault("ORT_GQA_DISABLE_FLASH_ATTENTION", "1")
