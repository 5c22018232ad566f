"""The checked-in template, read with Triton's own definition of its configuration."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from asr_engine.config import EngineConfig

TEMPLATE = Path(__file__).resolve().parents[2] / "model_repository" / "qwen3_asr"


@pytest.fixture(scope="module")
def config() -> model_config_pb2.ModelConfig:
    return text_format.Parse((TEMPLATE / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


def test_tensors_are_those_of_the_wire_contract(config: model_config_pb2.ModelConfig) -> None:
    (audio,) = config.input
    assert (audio.name, audio.data_type, list(audio.dims)) == ("AUDIO", model_config_pb2.TYPE_INT16, [-1])
    assert audio.allow_ragged_batch
    assert [(out.name, out.data_type, list(out.dims)) for out in config.output] == [
        (name, model_config_pb2.TYPE_STRING, [1]) for name in ("TEXT", "LANGUAGE", "RESULT")
    ]
    assert (config.name, config.backend) == ("qwen3_asr", "python")
    assert not config.model_transaction_policy.decoupled


def test_every_priority_has_a_bounded_queue_and_a_time_limit(config: model_config_pb2.ModelConfig) -> None:
    batching = config.dynamic_batching
    assert (batching.priority_levels, batching.default_priority_level) == (3, 2)
    policies = [batching.default_queue_policy, *batching.priority_queue_policy.values()]
    assert all(policy.allow_timeout_override for policy in policies)
    assert {policy.max_queue_size for policy in policies} == {128}
    assert all(
        policy.default_timeout_microseconds > 0 and policy.allow_timeout_override for policy in policies
    )
    assert all(policy.timeout_action == model_config_pb2.ModelQueuePolicy.REJECT for policy in policies)


def test_one_request_leaves_the_queue_at_a_time(config: model_config_pb2.ModelConfig) -> None:
    assert config.max_batch_size == 1
    assert [(group.count, group.kind) for group in config.instance_group] == [
        (1, model_config_pb2.ModelInstanceGroup.KIND_CPU)
    ]


def test_engine_json_spells_out_the_defaults() -> None:
    assert json.loads((TEMPLATE / "engine.json").read_text()) == asdict(EngineConfig())


def test_model_py_only_forwards() -> None:
    assert len((TEMPLATE / "1" / "model.py").read_text().splitlines()) < 20
