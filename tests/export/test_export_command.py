"""`asr export` and `optimum-cli export qwen3-asr` as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from asr_cli.main import main

OPTIMUM_CLI = str(Path(sys.executable).with_name("optimum-cli"))
REGISTER = Path(__file__).parents[2] / "export" / "optimum"


def test_help_teaches_targets_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["export", "--help"])
    assert leaving.value.code == 0
    text = capsys.readouterr().out
    for word in ("cuda-fp16", "cpu-fp32", "cpu-int8", "Qwen/Qwen3-ASR-0.6B", "--revision", "--if-stale"):
        assert word in text


def test_unknown_target_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["export", "--checkpoint", "x", "--out", str(tmp_path), "--target", "tpu"])
    assert leaving.value.code == 2
    assert "cpu-int8" in capsys.readouterr().err


def test_damaged_checkpoint_ends_with_one_sentence(
    capsys: pytest.CaptureFixture[str], own_checkpoint: Path, tmp_path: Path
) -> None:
    (own_checkpoint / "model.safetensors").write_bytes(b"\0" * 100)
    out = tmp_path / "models"
    arguments = ["export", "--checkpoint", str(own_checkpoint), "--target", "cpu-fp32", "--out", str(out)]
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("asr export: ")
    assert captured.err.count("\n") == 1
    assert "loading the weights" in captured.out
    assert not out.exists()


def test_unsuitable_check_audio_ends_with_one_sentence(
    capsys: pytest.CaptureFixture[str], hf_checkpoint: Path, tmp_path: Path
) -> None:
    recording = Path(__file__).parents[2] / "demo" / "calls" / "silence.flac"
    arguments = ["export", "--checkpoint", str(hf_checkpoint), "--target", "cpu-fp32"]
    arguments += ["--out", str(tmp_path / "models"), "--check-audio", str(recording)]
    assert main(arguments) == 1
    assert "1 channels at 8000 Hz; a check needs 1 channel at 16000 Hz" in capsys.readouterr().err


def test_unchanged_export_is_not_repeated(
    capsys: pytest.CaptureFixture[str], demo_checkpoint: Path, demo_repository: Path
) -> None:
    arguments = ["export", "--checkpoint", str(demo_checkpoint), "--target", "cpu-fp32"]
    assert main([*arguments, "--out", str(demo_repository), "--if-stale"]) == 0
    assert "is up to date" in capsys.readouterr().out


def test_optimum_offers_the_same_export(demo_checkpoint: Path, demo_repository: Path) -> None:
    listing = _optimum("export", "--help")
    assert "qwen3-asr" in listing
    text = _optimum(
        "export", "qwen3-asr", "--if-stale", "--target", "cpu-fp32",
        "--checkpoint", str(demo_checkpoint), "--out", str(demo_repository),
    )  # fmt: skip
    assert "is up to date" in text


def test_optimum_namespace_has_no_init_file() -> None:
    assert not list(REGISTER.rglob("__init__.py"))


def _optimum(*arguments: str) -> str:
    finished = subprocess.run([OPTIMUM_CLI, *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
