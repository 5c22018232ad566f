"""Every request that Triton hands over gets exactly one answer, late or at once."""

from __future__ import annotations

import json
import logging
import random
import re
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from asr_engine.errors import (
    ContextTooLong,
    EngineClosed,
    EngineError,
    EngineFailed,
    InvalidAudio,
    RequestCancelled,
    UnknownLanguage,
)
from asr_engine.triton.model import AsrModel
from asr_engine.triton.wakeup import Waker
from tests.adapter.fake_triton import (
    ErrorCode,
    InferenceResponse,
    PbUtils,
    TritonError,
    TritonModelException,
    execute,
    request,
    wait_until,
)
from tests.adapter.scripted_engine import ScriptedEngine, result


def text_of(response: InferenceResponse, name: str) -> str:
    tensor = next(tensor for tensor in response.output_tensors if tensor.name() == name)
    assert tensor.as_numpy().shape == (1, 1)
    return tensor.as_numpy().item().decode()


def test_execute_returns_before_the_answer_is_known(model: AsrModel, engine: ScriptedEngine) -> None:
    waiting = request("a")
    execute(model, [waiting])
    assert waiting.sender.answer is None
    engine.answer("a")
    assert text_of(waiting.wait(), "TEXT") == "hello"


def test_answer_carries_text_language_and_everything_known(model: AsrModel, engine: ScriptedEngine) -> None:
    asked = request("call-7/3")
    execute(model, [asked])
    engine.answer("call-7/3", result("call-7/3", "你好 ¡hola!", language="Chinese"))
    response = asked.wait()
    assert text_of(response, "TEXT") == "你好 ¡hola!"
    assert text_of(response, "LANGUAGE") == "Chinese"
    document = json.loads(text_of(response, "RESULT"))
    assert re.fullmatch(r"model@0123456789ab\+[0-9a-f]{8}", document.pop("model"))
    assert document == {
        "id": "call-7/3",
        "text": "你好 ¡hola!",
        "language": "Chinese",
        "finish_reason": "stop",
        "num_tokens": 3,
        "mean_logprob": -0.2,
        "token_logprobs": [-0.1, -0.2, -0.3],
        "audio_s": 1.0,
        "timings": {
            "queue_s": 0.0,
            "encode_s": 0.1,
            "prefill_s": 0.05,
            "decode_s": 0.2,
            "first_token_s": 0.15,
            "total_s": 0.35,
        },
    }


@pytest.mark.parametrize(
    ("knob", "labels_wanted"), [({"base_tokens": 5}, 2), ({"slots": 3}, 1)], ids=["answers", "beside others"]
)
def test_the_build_in_the_models_name_follows_what_changes_answers(
    pb_utils: PbUtils, knob: dict[str, Any], labels_wanted: int
) -> None:
    labels = set()
    for changed in ({}, knob):
        engine = ScriptedEngine()
        engine.config = replace(engine.config, **changed)
        model = AsrModel(engine, pb_utils)
        asked = request("a")
        execute(model, [asked])
        engine.answer("a")
        labels.add(json.loads(text_of(asked.wait(), "RESULT"))["model"])
        model.close()
    assert len(labels) == labels_wanted


def test_no_speech_is_an_empty_language(model: AsrModel, engine: ScriptedEngine) -> None:
    asked = request("a")
    execute(model, [asked])
    engine.answer("a", result("a", "", language=None, token_logprobs=(), num_tokens=0))
    assert text_of(asked.wait(), "LANGUAGE") == ""
    told = json.loads(text_of(asked.wait(), "RESULT"))
    assert (told["language"], told["mean_logprob"]) == (None, None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidAudio("audio is 72.0 s; the limit is 30 s"), TritonError.INVALID_ARG),
        (UnknownLanguage("language is 'xx'"), TritonError.INVALID_ARG),
        (ContextTooLong("context is 900 tokens"), TritonError.INVALID_ARG),
        (RequestCancelled("the caller cancelled"), TritonError.CANCELLED),
        (EngineClosed("the engine was shut down"), TritonError.UNAVAILABLE),
        (EngineFailed("the engine failed"), TritonError.INTERNAL),
    ],
)
def test_late_error_names_the_request_and_has_a_fitting_code(
    model: AsrModel, engine: ScriptedEngine, error: EngineError, code: ErrorCode
) -> None:
    asked = request("a")
    execute(model, [asked])
    engine.answer("a", error)
    assert asked.wait().error == TritonError(f"[a] {error}", code)


def test_execute_blocks_until_the_engine_has_a_permit_again(pb_utils: PbUtils) -> None:
    engine = ScriptedEngine(permits=2)
    model = AsrModel(engine, pb_utils)
    execute(model, [request("a")])
    second = threading.Thread(target=execute, args=(model, [request("b")]))
    second.start()
    wait_until(lambda: engine.running() == {"a", "b"})
    second.join(0.1)
    assert second.is_alive()
    engine.answer("a")
    second.join(10)
    assert not second.is_alive()
    model.close()


def test_caller_who_goes_away_gives_the_place_back(model: AsrModel, engine: ScriptedEngine) -> None:
    leaving, staying = request("leaving"), request("staying")
    execute(model, [leaving, staying])
    leaving.sender.cancelled = True
    error = leaving.wait().error
    assert error is not None
    assert error.code == TritonError.CANCELLED
    assert engine.cancelled == ["leaving"]
    assert engine.running() == {"staying"}


def test_caller_who_goes_away_while_waiting_never_reaches_the_engine(pb_utils: PbUtils) -> None:
    engine = ScriptedEngine(permits=1)
    model = AsrModel(engine, pb_utils)
    first, gone = request("first"), request("gone")
    gone.sender.cancelled = True
    batch = threading.Thread(target=execute, args=(model, [first, gone]))
    batch.start()
    error = gone.wait().error
    assert error is not None
    assert error.code == TritonError.CANCELLED
    assert list(engine.requests) == ["first"]
    engine.answer("first")
    batch.join(10)
    model.close()


def test_close_answers_what_is_pending(model: AsrModel) -> None:
    pending = [request("a"), request("b")]
    execute(model, pending)
    model.close()
    for asked in pending:
        error = asked.wait().error
        assert error is not None
        assert error.code == TritonError.UNAVAILABLE


def test_answer_that_triton_refuses_becomes_an_error_and_holds_nobody_up(
    model: AsrModel, engine: ScriptedEngine
) -> None:
    broken, whole = request("broken"), request("whole")
    broken.sender.refusals = 1
    execute(model, [broken, whole])
    engine.answer("broken")
    engine.answer("whole")
    assert text_of(whole.wait(), "TEXT") == "hello"
    error = broken.wait().error
    assert error is not None
    assert error.code == TritonError.INTERNAL


def test_request_that_cannot_be_watched_is_answered_and_holds_nobody_up(
    model: AsrModel, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [threading.Event() for _ in range(2)]

    def refuse() -> bool:
        asked[asked[0].is_set()].set()
        raise TritonModelException("shared memory is gone")

    unwatchable = request("unwatchable")
    monkeypatch.setattr(unwatchable.sender, "is_cancelled", refuse)
    execute(model, [unwatchable])
    assert asked[0].wait(10)
    execute(model, [request("other")])
    engine.answer("unwatchable")
    assert text_of(unwatchable.wait(), "TEXT") == "hello"
    assert not asked[1].is_set()


def test_error_inside_execute_leaves_the_batcher_awake(engine: ScriptedEngine, pb_utils: PbUtils) -> None:
    class Recorder(Waker):
        left = 0

        def leave(self) -> None:
            self.left += 1

    waker = Recorder(None)
    model = AsrModel(engine, pb_utils, waker)
    pb_utils.get_input_tensor_by_name = _broken  # type: ignore[assignment]
    with pytest.raises(TritonModelException):
        model.execute([request("a")])
    assert waker.left == 1
    model.close()


def _broken(*_: object) -> None:
    raise TritonModelException("shared memory is gone")


def test_every_request_is_answered_exactly_once_whatever_happens(pb_utils: PbUtils) -> None:
    rng = random.Random(5)
    engine = ScriptedEngine(permits=5)
    model = AsrModel(engine, pb_utils)
    asked = [request(f"r{number}") for number in range(200)]
    ended = threading.Event()

    def finish_some() -> None:
        while not ended.is_set():
            for request_id in sorted(engine.running()):
                if rng.random() < 0.5:
                    try:
                        engine.answer(request_id)
                    except KeyError:  # the adapter cancelled it first
                        continue

    finisher = threading.Thread(target=finish_some)
    finisher.start()
    try:
        for entry in asked:
            entry.sender.cancelled = rng.random() < 0.2
            execute(model, [entry])
        responses = [entry.wait() for entry in asked]
    finally:
        ended.set()
        finisher.join()
        model.close()
    assert all(entry.error is None or entry.error.code == TritonError.CANCELLED for entry in responses)
    assert sum(entry.error is None for entry in responses) >= 100
    assert [entry.sender.num_sent for entry in asked] == [1] * len(asked)


def test_log_line_names_the_request_and_keeps_the_text_out(
    model: AsrModel, engine: ScriptedEngine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("asr_engine"), "propagate", True)
    caplog.set_level(logging.INFO, "asr_engine")
    asked = request("call-7/3")
    execute(model, [asked])
    engine.answer("call-7/3", result("call-7/3", "my card number is 42"))
    asked.wait()
    lines = [record.getMessage() for record in caplog.records if "[call-7/3]" in record.getMessage()]
    assert lines == ["[call-7/3] stop: 3 tokens from 1.00 s of audio in 0.350 s"]
    assert "42" not in caplog.text


def test_samples_outlive_tritons_memory(model: AsrModel, engine: ScriptedEngine) -> None:
    execute(model, [request("a")])
    assert np.array_equal(engine.requests["a"].pcm, np.array([1, 2, 3], np.int16))
