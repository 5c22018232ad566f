"""The images cannot be built in a test; what they name must at least exist and fit together."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from asr_cli.main import COMMANDS
from tests.docker.dockerfile import Instruction, read_dockerfile
from tests.required_tools import find_tool

FILES = ("server", "client", "export")
EXTRAS = re.compile(r"'\.\[([^]]+)\]'")
EXACT_TAG = re.compile(r"^[\w./-]+:(\d+\.\d+(\.\d+)?-[\w-]+)$")


@pytest.fixture(params=FILES)
def instructions(request: pytest.FixtureRequest, root: Path) -> list[Instruction]:
    return read_dockerfile(root / "docker" / f"{request.param}.Dockerfile")


def named(instructions: list[Instruction], name: str) -> list[Instruction]:
    return [instruction for instruction in instructions if instruction.name == name]


def pip_lines(instructions: list[Instruction]) -> list[str]:
    commands = [part for run in named(instructions, "RUN") for part in run.text.split("&&")]
    return [command.strip() for command in commands if command.strip().startswith("pip install")]


def test_every_copied_path_exists_and_reaches_the_build(instructions: list[Instruction], root: Path) -> None:
    allowed = {
        line[1:]
        for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for copy in named(instructions, "COPY"):
        if copy.text.startswith("--from"):
            continue
        for source in copy.words[:-1]:
            assert (root / source).exists(), source
            assert source in allowed, f"{source} is kept out by .dockerignore"


def test_base_images_carry_exact_tags(instructions: list[Instruction]) -> None:
    for base in named(instructions, "FROM"):
        assert EXACT_TAG.match(base.words[0]), base.text


def test_triton_is_newer_than_the_releases_with_known_exploits(root: Path) -> None:
    bases = named(read_dockerfile(root / "docker" / "server.Dockerfile"), "FROM")
    tag = next(base.words[0] for base in bases if "tritonserver" in base.text).rpartition(":")[2]
    year, month = tag.removesuffix("-py3").split(".")
    assert (int(year), int(month)) >= (26, 6)


def test_pip_installs_are_held_to_the_pinned_versions(instructions: list[Instruction]) -> None:
    lines = pip_lines(instructions)
    assert lines
    assert all("-c requirements/lock.txt" in line for line in lines)


def test_installed_extras_exist(instructions: list[Instruction], project: dict[str, Any]) -> None:
    named_extras = [
        name
        for line in pip_lines(instructions)
        for group in EXTRAS.findall(line)
        for name in group.split(",")
    ]
    assert named_extras
    assert set(named_extras) <= set(project["optional-dependencies"])


def test_no_image_holds_both_builds_of_onnxruntime(
    instructions: list[Instruction], project: dict[str, Any]
) -> None:
    extras = [
        name
        for line in pip_lines(instructions)
        for group in EXTRAS.findall(line)
        for name in group.split(",")
    ]
    requirements = [entry for name in extras for entry in project["optional-dependencies"][name]]
    builds = {match[0] for entry in requirements if (match := re.match(r"onnxruntime(-gpu)?(?==)", entry))}
    assert len(builds) <= 1


def test_exact_pins_of_the_extras_agree_with_the_lock(root: Path, project: dict[str, Any]) -> None:
    lock = dict(
        line.split("==") for line in (root / "requirements" / "lock.txt").read_text(encoding="utf-8").split()
    )
    for entries in project["optional-dependencies"].values():
        for name, _, version in (entry.partition("==") for entry in entries if "==" in entry):
            assert lock.get(name, version) == version, name


def test_images_run_as_an_unprivileged_user(instructions: list[Instruction]) -> None:
    last = named(instructions, "USER")[-1].text
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last), last
    after = instructions[instructions.index(named(instructions, "USER")[-1]) :]
    assert not named(after, "RUN")


def test_entry_points_are_in_exec_form_and_known(instructions: list[Instruction]) -> None:
    entry = named(instructions, "ENTRYPOINT")[-1]
    assert entry.text.startswith("["), "signals must reach the process itself"
    words = entry.words
    assert words[:3] == ["python3", "-m", "asr_cli"] or words[0] == "asr"
    subcommands = words[3:] if words[0] == "python3" else words[1:]
    assert set(subcommands[:1]) <= set(COMMANDS)


def test_the_servers_packages_are_found_without_pythonpath(root: Path) -> None:
    """Triton's embedded Python ignores the variable; it follows the python3 that comes first on PATH."""
    settings = {entry.name: entry.text for entry in read_dockerfile(root / "docker" / "server.Dockerfile")}
    assert "PYTHONPATH" not in settings["ENV"]
    assert settings["ENV"].startswith("PATH=/opt/asr/bin:")


def test_the_server_is_checked_by_a_real_inference(root: Path) -> None:
    check = named(read_dockerfile(root / "docker" / "server.Dockerfile"), "HEALTHCHECK")[-1].text
    assert 'CMD ["python3", "-m", "asr_cli", "health"' in check


def test_nothing_private_reaches_a_build(root: Path) -> None:
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    assert not [line for line in lines if fnmatch.fnmatch(line, "!*calls*")]


@pytest.mark.requires_tool("hadolint")
def test_hadolint_has_no_complaint(root: Path) -> None:
    files = sorted((root / "docker").glob("*.Dockerfile"))
    done = subprocess.run([str(find_tool("hadolint")), *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
