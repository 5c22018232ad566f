"""Bad requests are turned away at once, with a sentence, and without any effect on their neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from asr_engine.errors import UnknownLanguage
from asr_engine.triton.model import AsrModel
from asr_engine.triton.request import request_id_of
from tests.adapter.fake_triton import Request, TritonError, execute, request
from tests.adapter.scripted_engine import ScriptedEngine

PCM = np.array([[1, 2, 3]], np.int16)


def test_options_reach_the_engine(model: AsrModel, engine: ScriptedEngine) -> None:
    execute(model, [request("a", language="zh", context="Qwen", max_new_tokens=7)])
    got = engine.requests["a"]
    assert (got.language, got.context, got.max_new_tokens) == ("zh", "Qwen", 7)


def test_without_options_the_model_decides(model: AsrModel, engine: ScriptedEngine) -> None:
    execute(model, [request("a"), request("b", language="")])
    for got in engine.requests.values():
        assert (got.language, got.context, got.max_new_tokens) == (None, "", None)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (Request("bad", None), "the input AUDIO is missing"),
        (
            Request("bad", PCM.astype(np.float32)),
            "AUDIO is float32 [1, 3]; int16 [1, samples] is needed",
        ),
        (Request("bad", PCM[0]), "AUDIO is int16 [3]; int16 [1, samples] is needed"),
        (Request("bad", PCM.reshape(3, 1)), "AUDIO is int16 [3, 1]; int16 [1, samples] is needed"),
        (
            Request("bad", PCM, langauge="zh"),
            "unknown parameter 'langauge'; allowed: language, context, max_new_tokens",
        ),
        (Request("bad", PCM, language=7), "parameter language is 7; a value of type str is needed"),
        (
            Request("bad", PCM, max_new_tokens=True),
            "parameter max_new_tokens is True; a value of type int is needed",
        ),
    ],
)
def test_bad_request_is_refused_and_its_neighbours_are_not(
    model: AsrModel, engine: ScriptedEngine, bad: Request, sentence: str
) -> None:
    before, after = request("before"), request("after")
    execute(model, [before, bad, after])
    assert bad.wait().error == TritonError(f"[bad] {sentence}", TritonError.INVALID_ARG)
    assert engine.running() == {"before", "after"}


def test_what_the_engine_refuses_is_answered_at_once(pb_utils: object) -> None:
    model = AsrModel(ScriptedEngine(refusal=UnknownLanguage("language is 'xx'; allowed: …")), pb_utils)
    asked = request("a")
    execute(model, [asked])
    assert asked.wait().error == TritonError("[a] language is 'xx'; allowed: …", TritonError.INVALID_ARG)
    model.close()


def test_request_id_is_safe_in_a_log_line() -> None:
    assert request_id_of(Request("a\nERROR forged\x1b[2J", None)) == "a?ERROR forged?[2J"
    assert len(request_id_of(Request("x" * 5000, None))) == 128


def test_requests_without_an_id_get_different_ones() -> None:
    first, second = request_id_of(Request("", None)), request_id_of(Request("", None))
    assert first.startswith("unnamed-")
    assert first != second
