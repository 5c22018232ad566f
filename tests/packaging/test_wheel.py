"""A wheel of the project: it holds every module and data file, and each command of `asr` runs from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from asr_cli.main import COMMANDS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("engine", "export", "client", "analysis", "apps")
FILES = ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY_NOTICES.md")
NOT_SHIPPED = {".pyc"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the tree; without network."""
    source = tmp_path_factory.mktemp("source")
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", out, source], check=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def asr(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment with the wheel, and with the other packages of this environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*command, "--no-deps", "--no-index", str(wheel)], check=True)
    # A path alone: the editable install there is not followed.
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "asr"


def shipped_files() -> Iterator[str]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            hidden = any(part.endswith(".egg-info") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not hidden and path.suffix not in NOT_SHIPPED:
                yield inside.as_posix()


def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        assert set(shipped_files()) <= set(archive.namelist())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(asr: Path, command: str, tmp_path: Path) -> None:
    finished = subprocess.run(
        [asr, command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(f"usage: asr {command}")


def test_modules_come_from_the_wheel(asr: Path, tmp_path: Path) -> None:
    code = "import asr_client, call_analysis, asr_engine, asr_export; "
    code += "print(asr_client.__file__, call_analysis.__file__, asr_engine.__file__, asr_export.__file__)"
    finished = subprocess.run(
        [asr.with_name("python"), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(str(asr.parents[1]) in file for file in finished.stdout.split())
