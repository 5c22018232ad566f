"""The demo as a user runs it, on the real server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from asr_types.transcript import transcript_from_dict
from call_outcome import BOUNDS
from sample_calls import BOUND_CONDITIONS, load_calls

RUN = Path(__file__).resolve().parents[2] / "demo" / "run.py"
INTERRUPTED = 130


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-output")


@pytest.fixture(scope="module")
def finished(demo_repository: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """One whole run of the demo; the tests below look at what it left."""
    command = [sys.executable, str(RUN), "--repository", str(demo_repository), "--out", str(output)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_demo_ends_well_and_prints_every_call(finished: subprocess.CompletedProcess[str]) -> None:
    assert finished.returncode == 0, finished.stdout + finished.stderr
    for call in load_calls():
        assert call.file in finished.stdout
    planted = sum(len(call.events) for call in load_calls())
    assert f"planted for the analysis: {planted}; found with speaker and time: {planted}\n" in finished.stdout
    assert "real-time factor" in finished.stdout
    assert finished.stderr == ""


@pytest.mark.usefixtures("finished")
def test_error_rates_are_within_their_bounds(output: Path) -> None:
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    assert summary["problems"] == []
    for language, bound in BOUNDS.items():
        rates = [
            entry["rate"]
            for entry in summary["error_rates"]
            if entry["language"] == language and entry["condition"] in BOUND_CONDITIONS
        ]
        assert len(rates) == len(BOUND_CONDITIONS)
        assert max(rates) <= bound


@pytest.mark.usefixtures("finished")
def test_transcripts_are_written_whole(output: Path) -> None:
    for call in load_calls():
        stem = Path(call.file).stem
        transcript = transcript_from_dict(json.loads((output / f"{stem}.transcript.json").read_text()))
        assert transcript.language == call.language
        assert [channel.role for channel in transcript.channels] == list(call.roles)
        assert bool(transcript.text) == bool(call.lines)
        assert transcript.warnings == ()
        assert (output / f"{stem}.report.json").is_file()


@pytest.mark.parametrize("line", ["starting Triton", "Triton answers"])
def test_interrupted_demo_leaves_no_process(demo_repository: Path, output: Path, line: str) -> None:
    command = [sys.executable, str(RUN), "--repository", str(demo_repository), "--out", str(output)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    while line not in (printed := demo.stdout.readline()):
        assert printed, "the demo ended early"
    family = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGTERM)
    _, errors = demo.communicate(timeout=60)
    assert demo.returncode == INTERRUPTED, errors
    assert errors == "interrupted\n"
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_failed_export_ends_the_demo_with_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, str(RUN), "--target", "tpu", "--repository", str(tmp_path / "none")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1].startswith("demo: the export of ")
    assert not (tmp_path / "none").exists()
