"""Continuous batching of Qwen3-ASR on ONNX Runtime."""

import os

# ONNX Runtime reports its use to Microsoft unless this is set before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Its CPU kernel for attention with a cache has two ways: in tiles, written for long prompts, and by general
# products, which shorten decode steps by a quarter to a third where the export made the scale 1.
os.environ.setdefault("ORT_GQA_DISABLE_FLASH_ATTENTION", "1")
