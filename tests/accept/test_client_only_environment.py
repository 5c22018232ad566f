"""An environment with only the client extra transcribes a call, and so does plain tritonclient in it."""

from __future__ import annotations

import json
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
ABSENT = ("torch", "transformers", "onnxruntime", "onnx", "pytriton")
HIGHEST_CER = 0.05

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
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    interpreter = folder / "venv" / "bin" / "python"
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", f"{source}[client]"], check=True)
    return interpreter


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
def test_the_client_extra_brings_numpy_2_and_nothing_heavy(python: Path, figure: Figure) -> None:
    program = (
        "import importlib.util, json, numpy; "
        f"found = [name for name in {ABSENT} if importlib.util.find_spec(name)]; "
        "print(json.dumps([numpy.__version__, found]))"
    )
    version, found = json.loads(_output([python, "-c", program]))
    figure("client-only environment, numpy", version, "2")
    figure("client-only environment, heavy packages", ", ".join(found) or "none", "none")
    assert int(version.partition(".")[0]) >= 2
    assert found == []


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
