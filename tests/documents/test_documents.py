"""What the documents name exists: make targets, commands with their options, files, extras."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from asr_cli.main import COMMANDS, _parser

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", "docs", "demo", "docker", "loadtest", "loadtest/gpu")
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPERATORS = {"|", ">", ">>", "&&", ";", "&", "<"}


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="session")
def extras() -> dict[str, list[str]]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, list[str]] = project["optional-dependencies"]
    return found


def shell_commands(path: Path) -> list[list[str]]:
    """Words of every command in the shell blocks, comments and pipes cut off."""
    blocks = [
        text for kind, text in FENCE.findall(path.read_text(encoding="utf-8")) if kind in ("sh", "bash")
    ]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    commands = []
    for line in lines:
        words = shlex.split(line, comments=True)
        end = next((index for index, word in enumerate(words) if word in OPERATORS), len(words))
        if words[:end]:
            commands.append(words[:end])
    return commands


def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))
    named |= {words[1] for words in shell_commands(document) if words[0] == "make"}
    assert named <= targets


def test_asr_commands_are_accepted_with_their_options(document: Path) -> None:
    for words in shell_commands(document):
        if Path(words[0]).name == "asr":
            _parser(words[1]).parse_args(words[1:])


def test_scripts_that_are_run_exist(document: Path) -> None:
    for words in shell_commands(document):
        if Path(words[0]).name.startswith("python") and len(words) > 1 and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), words[1]


def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert "://" in target or (document.parent / target).exists(), target


def test_installed_extras_exist(document: Path, extras: dict[str, list[str]]) -> None:
    for group in re.findall(r"'\.\[([\w,-]+)\]'", document.read_text(encoding="utf-8")):
        assert set(group.split(",")) <= set(extras)


def test_the_readme_lists_every_command_and_every_extra(extras: dict[str, list[str]]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `asr (\w+)`", readme, re.MULTILINE) == list(COMMANDS)
    table = readme.partition("## Extras")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == set(extras)


def test_the_readme_shows_the_example_that_is_tested() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [text for kind, text in FENCE.findall(readme) if kind == "python"]
    assert shown == [(ROOT / "docs" / "examples" / "transcribe_call.py").read_text(encoding="utf-8")]


def test_the_notices_name_every_direct_dependency(extras: dict[str, list[str]]) -> None:
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    rows = {
        name: used.split(", ")
        for name, used in re.findall(r"^\| ([\w-]+) \| ([\w, -]+) \|", notices, re.MULTILINE)
    }
    for extra, requirements in extras.items():
        for requirement in requirements:
            name = re.split(r"[^\w-]", requirement)[0]
            assert name in rows, name
            assert extra in rows[name], f"{name}: {extra}"
