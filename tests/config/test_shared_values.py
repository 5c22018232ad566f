"""Values that rooms must agree on without importing each other: finish reasons, model name, priorities."""

from __future__ import annotations

import re
from pathlib import Path

import asr_call
import asr_engine.request
import asr_export.assembly
import asr_server.options
import asr_types.finish_reason
import priority_mix
from asr_client.recognition_settings import DEFAULT_MODEL
from asr_client.settings import Priority
from asr_engine.triton.wakeup import HIGHEST_PRIORITY
from asr_server.health import PROBE_PRIORITY

REPOSITORY = Path(__file__).resolve().parents[2] / "model_repository"


def configured(key: str) -> int:
    """The only number of this key in the model's configuration."""
    text = (REPOSITORY / DEFAULT_MODEL / "config.pbtxt").read_text(encoding="utf-8")
    (value,) = re.findall(rf"^ *{key}: (\d+)$", text, re.MULTILINE)
    return int(value)


def test_the_engine_and_the_transcript_know_the_same_finish_reasons() -> None:
    engine, transcript = asr_engine.request.FinishReason, asr_types.finish_reason.FinishReason
    assert {reason.name: reason.value for reason in engine} == {
        reason.name: reason.value for reason in transcript
    }


def test_the_model_has_one_name() -> None:
    names = {DEFAULT_MODEL, asr_server.options.MODEL_NAME, asr_export.assembly.MODEL_NAME, asr_call.MODEL}
    assert names == {path.parent.name for path in REPOSITORY.glob("*/config.pbtxt")}


def test_priorities_are_the_levels_of_the_server() -> None:
    levels = configured("priority_levels")
    assert priority_mix.LOWEST_PRIORITY == levels == Priority.BULK.value
    assert configured("default_priority_level") == Priority.INTERACTIVE.value
    assert configured("key") == Priority.BULK.value  # the level whose requests may wait longer


def test_probes_and_wake_ups_come_before_all_requests_of_clients() -> None:
    assert PROBE_PRIORITY == HIGHEST_PRIORITY == 1
    assert min(priority.value for priority in Priority) == 2
