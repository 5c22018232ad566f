"""Every configuration file in the repository is read by the parser that will read it in earnest."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from google.protobuf import text_format
from packaging.requirements import Requirement
from tritonclient.grpc import model_config_pb2

from asr_engine.config import EngineConfig
from call_analysis.rules_file.rules_file import load_rules

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model_repository" / "qwen3_asr"
SCHEMAS = [("asr_types", "transcript.schema.json"), ("call_analysis", "call_report.schema.json")]


def test_the_model_configuration_is_what_the_protocol_promises() -> None:
    config = text_format.Parse((MODEL / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    assert (config.name, config.backend) == ("qwen3_asr", "python")
    assert [(entry.name, entry.data_type) for entry in config.input] == [
        ("AUDIO", model_config_pb2.DataType.TYPE_INT16)
    ]
    assert config.input[0].allow_ragged_batch
    assert [entry.name for entry in config.output] == ["TEXT", "LANGUAGE", "RESULT"]
    batching = config.dynamic_batching
    assert (batching.priority_levels, batching.default_priority_level) == (3, 2)
    assert batching.default_queue_policy.max_queue_size > 0
    assert not config.model_transaction_policy.decoupled


def test_the_engine_knobs_load() -> None:
    EngineConfig.load(MODEL / "engine.json")


def test_the_default_rules_load() -> None:
    load_rules()


@pytest.mark.parametrize(("package", "name"), SCHEMAS)
def test_the_published_schemas_are_valid_json_schemas(package: str, name: str) -> None:
    schema = json.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_lock_file_satisfies_every_extra_of_the_python_environment() -> None:
    pinned = dict(line.split("==") for line in _lock_lines())
    pinned = {_canonical(name): version for name, version in pinned.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, lines in project["optional-dependencies"].items():
        if extra in ("serve-gpu", "s3"):  # never beside the others; a driver of the deployer's choice
            continue
        for requirement in map(Requirement, [*project["dependencies"], *lines]):
            version = pinned.get(_canonical(requirement.name))
            assert version is not None, f"{extra} needs {requirement}, which is not pinned"
            assert requirement.specifier.contains(version), f"{extra}: {requirement}, pinned {version}"


def test_both_onnxruntime_packages_have_the_same_version() -> None:
    extras: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    versions = {
        str(requirement.specifier)
        for lines in extras.values()
        for requirement in map(Requirement, lines)
        if requirement.name in ("onnxruntime", "onnxruntime-gpu")
    }
    assert len(versions) == 1
    assert versions.pop().startswith("==")


def _lock_lines() -> list[str]:
    lines = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
