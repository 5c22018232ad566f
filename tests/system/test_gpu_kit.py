"""Rehearsal of the GPU check kit without a GPU: the tiny model in float16 on the CPU, and no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
ROOM_MIB = 22  # in a call beside the tree; fetch.sh wants more than 20, and all there is then takes two calls
SLACK_MIB = 3  # fetch.sh keeps back two; one for rounding
QUESTIONS = {"smoke", "placement", "graph", "encoder", "prefill", "steps", "nodes", "correct"}
SKIPPABLE = "kernels"  # asks CUPTI through PyTorch's profiler
CUT_SHORT = ("no time left", "cut off", "ended with status", "WARNING", "NOT PREPARED", "unknown question")

pytestmark = pytest.mark.timeout(1500)


@dataclass(frozen=True, slots=True)
class Call:
    """One remote command as fetch.sh prints it."""

    carry: list[str]
    timeout_s: int
    command: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of all calls."""

    calls: list[Call]
    log: str
    answers: list[dict[str, Any]]
    library: Path  # where ONNX Runtime has to come from


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, demo_repository: Path) -> Rehearsal:
    folder = tmp_path_factory.mktemp("gpu-kit")
    tree, out, home = folder / "tree", folder / "out", folder / "home"
    out.mkdir()
    copy_working_tree(ROOT, tree)
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    pack_library(tree / ".gpu" / "make" / "ort-slim.tar.xz")
    # fetch.sh finds the fp32 export that other tests have made of the same checkpoint.
    shutil.copytree(demo_repository, tree / ".gpu" / "make" / "work" / "demo" / "cpu-fp32")
    call_mib = tree_bytes(tree) // MIB + SLACK_MIB + ROOM_MIB
    settings = {"SHAPE": "tiny", "TARGET": "cpu-fp16", "PYTHON": sys.executable, "CALL_MIB": str(call_mib)}
    settings |= {"GPU_HOME": str(home), "OUT": str(out), "TMPDIR": str(folder)}
    calls = printed_calls(run(["bash", "loadtest/gpu/fetch.sh"], tree, settings, 900))
    calls.append(Call([".gpu/kit"], 240, "bash .gpu/kit/go.sh - 200 bisect-full"))
    for call in calls:
        machine = folder / "machine"
        send(tree, call, machine, call_mib)
        run([*without_network(), *call.command.split()], machine, settings, call.timeout_s)
        shutil.rmtree(machine)
    shutil.rmtree(tree)
    shutil.rmtree(home)
    answers = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    return Rehearsal(calls, (out / "run.log").read_text(), answers, home / "site" / "onnxruntime")


def working_files(root: Path) -> Iterator[Path]:
    """Relative paths of what travels with each call."""
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return (Path(name) for name in listed.split("\0") if name and (root / name).is_file())


def copy_working_tree(root: Path, to: Path) -> None:
    for path in working_files(root):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, to / path)


def tree_bytes(root: Path) -> int:
    return sum((root / path).stat().st_size for path in working_files(root))


def pack_library(archive: Path) -> None:
    """The installed ONNX Runtime in place of the wheel for CUDA, which fetch.sh then does not download."""
    archive.parent.mkdir(parents=True)
    left_out = ("onnxruntime/transformers", "onnxruntime/quantization", "onnxruntime/tools")

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if member.name in left_out or "__pycache__" in member.name else member

    with tarfile.open(archive, "w:xz", preset=0) as packed:
        packed.add(Path(ort.__file__).parent, "onnxruntime", filter=wanted)


def printed_calls(text: str) -> list[Call]:
    found = re.findall(r"^ +carry (\[.*\]) +timeout_s (\d+) +command: (.+)$", text, re.MULTILINE)
    return [Call(json.loads(carry), int(timeout_s), command) for carry, timeout_s, command in found]


def send(tree: Path, call: Call, machine: Path, call_mib: int) -> None:
    """The working tree and the folders under `carry`, in a folder of their own; they must fit into a call."""
    copy_working_tree(tree, machine)
    for folder in call.carry:
        shutil.copytree(tree / folder, machine / folder)
    size = sum(path.stat().st_size for path in machine.rglob("*") if path.is_file())
    assert size <= call_mib * MIB, call


def without_network() -> list[str]:
    """Prefix of a command; empty where namespaces are not to be had."""
    prefix = ["unshare", "-rn"]
    works = (
        shutil.which(prefix[0])
        and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
    )
    return prefix if works else []


def run(command: list[str], folder: Path, settings: dict[str, str], timeout_s: int) -> str:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def test_library_and_models_come_in_as_many_pieces_as_the_limit_asks_for(rehearsal: Rehearsal) -> None:
    *first, last, _ = rehearsal.calls
    assert first
    assert all(call.command.startswith("bash .gpu/kit/piece.sh slim/") for call in first)
    assert re.fullmatch(r"bash \.gpu/kit/go\.sh slim/\d 520", last.command)


def test_onnx_runtime_is_the_one_that_was_carried(rehearsal: Rehearsal) -> None:
    assert f"onnxruntime {ort.__version__} from {rehearsal.library}," in rehearsal.log


def test_every_verdict_passes(rehearsal: Rehearsal) -> None:
    passed, asked = re.findall(r"^(\d+) of (\d+) verdicts PASS$", rehearsal.log, re.MULTILINE)[0]
    assert (int(passed), int(asked)) == (14, 14)
    assert not re.findall(r"^.*\bFAIL\b.*$", rehearsal.log, re.MULTILINE)


def test_a_bisection_asks_every_variant_for_verdicts(rehearsal: Rehearsal) -> None:
    verdicts: dict[str, list[str]] = {}
    for answer in rehearsal.answers:
        if answer["question"] == "correct":
            verdicts.setdefault(answer["label"], []).append(answer["verdict"])
    assert len(verdicts) == 6
    assert all(len(each) == 6 for each in verdicts.values())
    assert "golden clips: " not in rehearsal.log


def test_every_question_answers_within_its_time(rehearsal: Rehearsal) -> None:
    assert {answer["question"] for answer in rehearsal.answers} - {SKIPPABLE} == QUESTIONS
    ended = re.findall(r"^== (\w+).*: status (\d+) after", rehearsal.log, re.MULTILINE)
    assert {name for name, _ in ended} == QUESTIONS - {"correct"} | {SKIPPABLE, "bench", "variants", "bisect"}
    assert [name for name, status in ended if status != "0" and name != SKIPPABLE] == []
    assert [phrase for phrase in CUT_SHORT if phrase in rehearsal.log] == []


def test_steps_with_fixed_addresses_choose_the_same_tokens(rehearsal: Rehearsal) -> None:
    graphs = [answer for answer in rehearsal.answers if answer["question"] == "graph"]
    assert {answer["kind"] for answer in graphs} == {"plain", "captured"}
    assert {answer["same_tokens"] for answer in graphs} == {"12 of 12 steps"}
