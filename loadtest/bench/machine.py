"""Machine that figures come from: its hardware, and the versions of packages and code."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from asr_engine.graphs.session import available_cores

ROOT = Path(__file__).resolve().parents[2]
MEASURED_CODE = ("engine", "export", "model_repository", "loadtest/bench")
PACKAGES = ("onnxruntime", "onnxruntime-genai", "torch", "transformers", "numpy", "nvidia-pytriton")
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")


def describe_machine() -> dict[str, Any]:
    """Hardware, versions and time of a baseline."""
    cpu = _cpu_info()
    flags = set(cpu.get("flags", "").split())
    return {
        "processor": cpu.get("model name", platform.processor()),
        "instructions": [flag for flag in _FLAGS if flag in flags],
        "cores": available_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed_since": _git("status", "--porcelain", "--", *MEASURED_CODE).splitlines(),
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def code_version() -> str:
    """Version of the measured code; parts of one run must agree on it."""
    trees = [_git("rev-parse", f"HEAD:{folder}") for folder in MEASURED_CODE]
    return "-".join(tree[:10] for tree in trees)


def _cpu_info() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _git(*arguments: str) -> str:
    """Output of git; empty outside a checkout."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.rstrip()
