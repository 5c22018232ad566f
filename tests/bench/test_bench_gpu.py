"""The check of a GPU, on the CPU: what it asks and measures does not depend on the device."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.manifest import load_manifest
from asr_engine.model import load_model
from asr_export.checks.recordings import speech_of
from bench.gpu.agreement import Verdict, demo_verdicts, forced_verdicts
from bench.gpu.cases import Case, Speaker, load_cases, save_cases
from bench.gpu.timings import COLUMNS, Setting, Timing, measure, slots_that_fit, table
from bench.random_model import FORCED_LENGTH

ROOT = Path(__file__).resolve().parents[2]
NUM_TOKENS = 12
SMALL = Setting(clips_s=(1.0,), callers=(1, 2), slots=2, max_positions=768, max_audio_s=30.5)


@pytest.fixture(scope="module")
def artifacts(demo_repository: Path) -> Path:
    return demo_repository / "qwen3_asr" / "1" / "artifacts"


@pytest.fixture(scope="module")
def speaker(artifacts: Path) -> Speaker:
    return Speaker(load_model(artifacts, EngineConfig(slots=3, intra_op_threads=1), 0))


@pytest.fixture(scope="module")
def cases(speaker: Speaker) -> list[Case]:
    clips = [speech_of(seconds, 16_000) for seconds in (0.7, 2.0, 3.1)]
    answers = [speaker.greedy(pcm, NUM_TOKENS, stop=False) for pcm in clips]
    return [
        Case(f"clip-{number}", pcm, answer.tokens, answer.logprobs, "")
        for number, (pcm, answer) in enumerate(zip(clips, answers, strict=True))
    ]


def questions(verdicts: Sequence[Verdict], *, holds: bool) -> set[str]:
    return {verdict.question.partition(": ")[2] for verdict in verdicts if verdict.holds is holds}


def test_a_model_agrees_with_itself_alone_and_in_a_batch(speaker: Speaker, cases: list[Case]) -> None:
    verdicts = list(forced_verdicts(speaker, cases, "demo"))
    assert questions(verdicts, holds=False) == set()
    assert len(verdicts) == 6
    assert f"{len(cases) * NUM_TOKENS} of {len(cases) * NUM_TOKENS} (100.00%" in verdicts[1].figure


def test_answers_of_another_model_are_told_apart(speaker: Speaker, cases: list[Case]) -> None:
    other = [replace(case, tokens=[*case.tokens[:-1], case.tokens[-1] + 1]) for case in cases]
    verdicts = list(forced_verdicts(speaker, other, "demo"))
    assert questions(verdicts, holds=False) == {
        "next token as in fp32, each clip alone",
        "next token as in fp32, 3 rows at once",
    }


def test_transcripts_are_compared_alone_and_together(artifacts: Path, cases: list[Case]) -> None:
    with AsrEngine.load(artifacts, EngineConfig(slots=2, intra_op_threads=1)) as engine:
        alone, together = demo_verdicts(engine, cases, callers=3)
    assert not alone.holds  # the cases hold no text
    assert "first difference" in alone.figure
    assert together.holds


def test_cases_survive_the_disk(cases: list[Case], tmp_path: Path) -> None:
    save_cases(tmp_path / "cases.npz", cases)
    read = load_cases(tmp_path / "cases.npz")
    assert [(case.name, case.tokens) for case in read] == [(case.name, case.tokens) for case in cases]
    assert all((one.pcm == two.pcm).all() for one, two in zip(read, cases, strict=True))


def test_timings_come_one_by_one_until_the_time_is_up(demo_repository: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(demo_repository, tmp_path / "repository"))
    knobs = repository / "qwen3_asr" / "engine.json"
    knobs.write_text(json.dumps({**json.loads(knobs.read_text()), **FORCED_LENGTH}))
    manifest = load_manifest(repository / "qwen3_asr" / "1" / "artifacts")
    said: list[str] = []

    def timings(deadline: float, *settings: Setting) -> list[Timing]:
        return list(measure(repository, manifest, None, deadline, said.append, settings))

    measured = timings(time.monotonic() + 60, SMALL)
    assert [timing.load.callers for timing in measured] == [1, 2]
    lines = table(measured).splitlines()
    assert len(lines) == 3
    assert all(len(line) == len(lines[0]) for line in lines)
    assert len(measured[0].row()) == len(COLUMNS)
    assert timings(time.monotonic() - 1, SMALL) == []
    assert said[-1] == "no time left for clips of 1 s"
    assert timings(time.monotonic() + 60, replace(SMALL, max_positions=10**6)) == []
    assert said[-1] == "the model has no context for clips of 1 s"


def test_a_smaller_card_gets_fewer_slots(artifacts: Path) -> None:
    manifest = load_manifest(artifacts)
    wanted = replace(SMALL, slots=128)
    assert slots_that_fit(wanted, manifest, None) == 128
    assert slots_that_fit(wanted, manifest, 80e9) == 128
    text, positions = manifest.text, SMALL.max_positions
    per_slot = 4 * 2 * text.num_layers * text.num_kv_heads * text.head_dim * positions
    assert slots_that_fit(wanted, manifest, 6e9 + 10.5 * per_slot) == 10
    assert slots_that_fit(wanted, manifest, 1e9) == 1


def test_nothing_prepared_is_said_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.gpu", "run", "--work", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT / "loadtest", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is not prepared for cuda-fp16: python -m bench.gpu prepare" in done.stderr


def test_the_part_for_the_gpu_needs_nothing_of_the_exporter() -> None:
    heavy = "{'torch', 'transformers', 'onnx', 'soundfile', 'soxr'}"
    code = f"import sys, bench.gpu.__main__; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "loadtest", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
