"""`make accept-weights` as whoever has other weights runs it, with the demo checkpoint in their place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(1800)
def test_the_script_measures_the_demo_checkpoint(tmp_path: Path) -> None:
    data = tmp_path / "set"
    subprocess.run([sys.executable, ROOT / "demo" / "test_set.py", "--out", data], check=True)
    command: list[str | Path] = [sys.executable, "-m", "tests.accept.accept_weights", "--limit", "12"]
    command += ["--checkpoint", ROOT / "demo" / "checkpoint", "--data", data / "manifest.jsonl"]
    finished = subprocess.run(
        [*command, "--out", tmp_path / "out"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(finished.stdout)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "No released model: error rates are not compared" in finished.stdout
    assert re.search(r"export compared with PyTorch +yes +yes +ok", finished.stdout)
    assert re.search(r"silence: invented words +0 +0 +ok", finished.stdout)
    assert re.search(r"speed, 8 at once +[\d.]+ times real time", finished.stdout)
    assert (tmp_path / "out" / "evaluation.md").read_text().startswith("# Accuracy on ")
