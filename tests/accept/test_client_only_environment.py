"""An environment with only the client extra transcribes a call, and so does plain tritonclient in it.

The environment has the newest Python of this machine, 3.13 or later where there is one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from asr_eval.scoring import error_rate
from asr_server.server import ServerOptions, TritonServer

ROOT = Path(__file__).resolve().parents[2]
CALL = ROOT / "demo" / "calls" / "zh_price.flac"
EXAMPLES = ROOT / "docs" / "examples"
SOURCES = (
    *("client", "engine", "export", "analysis", "apps"),
    *("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY_NOTICES.md"),
)
# What the extra names, and what these need.
NAMED = {"numpy", "tritonclient", "grpcio", "protobuf", "soundfile", "soxr", "platformdirs"}
NEEDED = {"cffi", "pycparser", "python-rapidjson", "urllib3", "typing-extensions", "packaging", "ml-dtypes"}
OUR_OWN = {"qwen3-asr-triton", "pip"}
HIGHEST_CER = 0.05

_PYTHON = re.compile(r"python3\.\d+")

Figure = Callable[[str, object, str], None]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment, installed from a copy so that nothing is built in the tree."""
    folder = tmp_path_factory.mktemp("client-only")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(path, source / name)
    subprocess.run([newest_python(), "-m", "venv", folder / "venv"], check=True)
    interpreter = folder / "venv" / "bin" / "python"
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", f"{source}[client]"], check=True)
    return interpreter


def newest_python() -> str:
    """The newest python3.x of this machine that can make environments; else the one that runs this test."""
    folders = [*map(Path, os.get_exec_path()), *Path.home().glob(".pyenv/versions/*/bin")]
    found = {path for folder in folders for path in folder.glob("python3.*") if _PYTHON.fullmatch(path.name)}
    for path in sorted(found, key=lambda path: int(path.name.partition(".")[2]), reverse=True):
        probe = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
        if subprocess.run([path, "-c", probe], capture_output=True).returncode == 0:
            return str(path)
    return sys.executable


@pytest.fixture(scope="module")
def address(demo_repository: Path) -> Iterator[str]:
    with TritonServer(ServerOptions(repository=demo_repository)) as server:
        yield server.grpc_address


@pytest.fixture(scope="module")
def reference() -> str:
    calls = json.loads((CALL.parent / "references.json").read_text(encoding="utf-8"))["calls"]
    (call,) = (entry for entry in calls if entry["file"] == CALL.name)
    return "".join(segment["text"] for segment in call["segments"])


@pytest.mark.timeout(900)
def test_the_client_extra_brings_what_it_names_and_nothing_else(python: Path, figure: Figure) -> None:
    program = (
        "import json, sys; from importlib.metadata import distributions; "
        "found = {each.name.lower().replace('_', '-'): each.version for each in distributions()}; "
        "print(json.dumps([sys.version.split()[0], found]))"
    )
    version, found = json.loads(_output([python, "-c", program]))
    figure("client-only environment, Python", version, "the newest here")
    figure("client-only environment, numpy", found["numpy"], "2")
    figure("client-only environment, distributions", ", ".join(sorted(found.keys() - OUR_OWN)), "listed")
    assert int(found["numpy"].partition(".")[0]) >= 2
    assert found.keys() == NAMED | NEEDED | OUR_OWN


def test_the_ten_line_client_works_there(
    python: Path, address: str, reference: str, figure: Figure, tmp_path: Path
) -> None:
    shown = _output([python, EXAMPLES / "transcribe_call.py", address, CALL], tmp_path)
    texts = [line.partition(": ")[2] for line in shown.splitlines()]
    _judge("ten-line client", "".join(texts), reference, figure)


def test_the_asr_command_works_there(
    python: Path, address: str, reference: str, figure: Figure, tmp_path: Path
) -> None:
    command: list[str | Path] = [python.parent / "asr", "transcribe", "--json", "--address", address, CALL]
    segments = json.loads(_output(command, tmp_path))["segments"]
    _judge("asr transcribe", "".join(segment["text"] for segment in segments), reference, figure)


def test_plain_tritonclient_works_there(
    python: Path, address: str, reference: str, figure: Figure, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(CALL, dtype="int16")
    soundfile.write(tmp_path / "call.wav", samples, rate)
    shown = _output([python, EXAMPLES / "plain_client.py", address, tmp_path / "call.wav"], tmp_path)
    _judge("plain tritonclient", shown, reference, figure)


def _output(command: list[str | Path], folder: Path | None = None) -> str:
    # Run outside the tree, so that only what is installed can be imported.
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder).stdout


def _judge(who: str, text: str, reference: str, figure: Figure) -> None:
    rate = error_rate(reference, text, "Chinese").rate
    figure(f"client-only environment, {who}: CER", f"{rate:.2%}", f"<= {HIGHEST_CER:.0%}")
    assert rate <= HIGHEST_CER
