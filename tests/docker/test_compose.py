"""The compose files, read as YAML; `docker compose config` where it is installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from asr_cli.main import _parser
from asr_engine.config import EngineConfig
from tests.required_tools import find_tool

LISTS: tuple[list[str], ...] = ([], ["-f", "docker/compose.cpu.yaml"])


class ComposeLoader(yaml.SafeLoader):
    """Knows compose's merge tags `!override` and `!reset`; the value is taken as it stands."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None


ComposeLoader.add_multi_constructor("!", _plain)


def services(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), ComposeLoader)["services"]
    return found


@pytest.fixture
def compose(root: Path) -> dict[str, Any]:
    return services(root / "docker" / "compose.yaml")


def with_defaults(words: list[str]) -> list[str]:
    return [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in words]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cpu.yaml"])
def test_export_commands_are_accepted_by_the_exporter(root: Path, name: str) -> None:
    words = with_defaults(services(root / "docker" / name)["export"]["command"])
    args = _parser("export").parse_args(["export", *words])
    assert args.target == ("cuda-fp16" if name == "compose.yaml" else "cpu-int8")
    assert args.if_stale


def test_images_are_built_from_existing_files_and_carry_this_version(
    root: Path, compose: dict[str, Any], project: dict[str, Any]
) -> None:
    for service in compose.values():
        assert (root / service["build"]["dockerfile"]).is_file()
        assert service["image"].endswith(f":{project['version']}")


def test_the_server_starts_after_a_complete_export_and_comes_back_after_a_failure(
    compose: dict[str, Any],
) -> None:
    assert compose["server"]["depends_on"]["export"] == {"condition": "service_completed_successfully"}
    assert compose["server"]["restart"] == "unless-stopped"
    assert compose["export"]["restart"] == "no"


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose.values() for port in service.get("ports", ())]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_server_asks_for_a_gpu_and_only_reads_the_models(compose: dict[str, Any]) -> None:
    device = compose["server"]["deploy"]["resources"]["reservations"]["devices"][0]
    assert device["capabilities"] == ["gpu"]
    assert all(volume.endswith(":ro") for volume in compose["server"]["volumes"])


def test_no_container_keeps_privileges(compose: dict[str, Any]) -> None:
    for service in compose.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_mounted_knobs_are_valid_and_for_the_gpu(root: Path) -> None:
    assert EngineConfig.load(root / "docker" / "engine.gpu.json").device == "cuda"


@pytest.mark.requires_tool("docker-compose")
@pytest.mark.parametrize("more", LISTS)
def test_compose_itself_accepts_the_files(root: Path, more: list[str]) -> None:
    command = [
        str(find_tool("docker-compose")),
        "-f",
        "docker/compose.yaml",
        *more,
        "--profile",
        "client",
        "config",
        "-q",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
