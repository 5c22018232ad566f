"""Continuous batching of Qwen3-ASR on ONNX Runtime."""

import os

# ONNX Runtime reports its use to Microsoft unless this is set before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Its CPU kernel for attention with a cache has two implementations: flash attention, made for long prompts,
# and general matrix products. Where the export made the attention scale 1, the second shortens decode steps
# by a quarter to a third.
os.environ.setdefault("ORT_GQA_DISABLE_FLASH_ATTENTION", "1")
