"""Cache folders of this user: the one place that says where caches lie.

`$XDG_CACHE_HOME` or `~/.cache` on Linux, the platform's folder elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def transcript_cache_folder() -> Path:
    """Where transcripts are kept unless another folder is named."""
    return user_cache_path("asr", appauthor=False)


def intent_cache_folder() -> Path:
    """Where fitted intent classifiers are kept."""
    return user_cache_path("qwen3-asr-triton", appauthor=False) / "intents"
