"""The metrics page follows the engine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType

import pytest

from asr_engine.stats import Outcome
from asr_engine.triton.model import AsrModel
from tests.adapter.fake_triton import PbUtils, execute, request, wait_until
from tests.adapter.scripted_engine import STATS, ScriptedEngine, result


def value(pb_utils: PbUtils, name: str, outcome: str = "") -> float:
    return pb_utils.page[name, outcome].value


def shows(pb_utils: PbUtils, name: str, expected: float) -> bool:
    return value(pb_utils, name) == expected


@pytest.mark.usefixtures("model")
def test_page_shows_the_engines_numbers(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    requests = MappingProxyType({**dict.fromkeys(Outcome, 0), "stop": 5, "repetition": 2})
    engine.snapshot = replace(
        STATS, heartbeat=9, requests=requests, audio_s=12.5, tokens=70, decode_steps=10, decode_rows=25,
        active=3, waiting=1, slots_in_use=3,
    )  # fmt: skip
    wait_until(lambda: value(pb_utils, "asr_loop_heartbeats_total") == 9)
    wait_until(lambda: value(pb_utils, "asr_kv_slots_in_use") == 3)
    assert value(pb_utils, "asr_requests_total", "stop") == 5
    assert value(pb_utils, "asr_repetition_stops_total") == 2
    assert value(pb_utils, "asr_audio_seconds_total") == 12.5
    assert value(pb_utils, "asr_tokens_total") == 70
    rows, steps = value(pb_utils, "asr_decode_rows_total"), value(pb_utils, "asr_decode_steps_total")
    assert rows / steps == 2.5
    assert value(pb_utils, "asr_active_sequences") == 3
    assert value(pb_utils, "asr_waiting_sequences") == 1
    assert value(pb_utils, "asr_kv_slots") == 4
    assert value(pb_utils, "asr_model_info") == 1


@pytest.mark.usefixtures("model")
def test_counters_grow_by_what_was_added(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    for tokens in (10, 25, 40):
        engine.snapshot = replace(STATS, tokens=tokens)
        wait_until(partial(shows, pb_utils, "asr_tokens_total", tokens))


@pytest.mark.usefixtures("model")
def test_what_has_not_changed_is_not_sent_again(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    engine.snapshot = replace(STATS, tokens=10, active=3)
    wait_until(lambda: value(pb_utils, "asr_active_sequences") == 3)
    untouched = pb_utils.page["asr_tokens_total", ""], pb_utils.page["asr_active_sequences", ""]
    before = [metric.updates for metric in untouched]
    for heartbeat in (1, 2):
        engine.snapshot = replace(STATS, tokens=10, active=3, heartbeat=heartbeat)
        wait_until(partial(shows, pb_utils, "asr_loop_heartbeats_total", heartbeat))
    assert [metric.updates for metric in untouched] == before


@pytest.mark.usefixtures("model")
def test_heartbeat_time_stands_still_with_the_loop(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    name = "asr_loop_heartbeat_timestamp_seconds"
    engine.snapshot = replace(STATS, heartbeat=1)
    wait_until(lambda: value(pb_utils, "asr_loop_heartbeats_total") == 1)
    wait_until(lambda: value(pb_utils, name) > 0)
    before = value(pb_utils, name)
    engine.snapshot = replace(STATS, heartbeat=1, tokens=1)
    wait_until(lambda: value(pb_utils, "asr_tokens_total") == 1)
    assert value(pb_utils, name) == before
    engine.snapshot = replace(STATS, heartbeat=2, tokens=1)
    wait_until(lambda: value(pb_utils, name) > before)


@pytest.mark.usefixtures("model")
def test_failed_loop_shows(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    wait_until(lambda: value(pb_utils, "asr_engine_healthy") == 1)
    engine.snapshot = replace(STATS, healthy=False)
    wait_until(lambda: value(pb_utils, "asr_engine_healthy") == 0)


def test_latencies_are_observed_one_by_one(
    model: AsrModel, engine: ScriptedEngine, pb_utils: PbUtils
) -> None:
    for name in ("a", "b"):
        execute(model, [request(name)])
        engine.answer(name, result(name))
    wait_until(lambda: len(pb_utils.page["asr_request_seconds", ""].observed) == 2)
    assert pb_utils.page["asr_first_token_seconds", ""].observed == [0.15, 0.15]


def test_no_metric_outlives_the_model(pb_utils: PbUtils) -> None:
    model = AsrModel(ScriptedEngine(), pb_utils)
    assert pb_utils.page
    model.close()
    assert not pb_utils.page


def test_server_without_metrics_serves_all_the_same() -> None:
    engine = ScriptedEngine()
    model = AsrModel(engine, PbUtils(metrics_allowed=False))
    asked = request("a")
    execute(model, [asked])
    engine.answer("a")
    assert asked.wait().error is None
    model.close()
