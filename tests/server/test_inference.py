"""What a caller sees of one server in good health."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc as grpc
from numpy.typing import NDArray

from asr_server.server import TritonServer
from tests.server.metrics import settled
from tests.server.triton_calls import BULK, PROBE, Caller, audio_input, wait_for
from tests.server.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
FIRST_SENTENCE = "这个电脑现在有优惠吗？能不能便宜一点？"


def test_speech_comes_back_as_text_with_everything_known(caller: Caller, speech: NDArray[np.int16]) -> None:
    answer = caller.client.infer("qwen3_asr", [audio_input(speech)], request_id="call-1/0")
    text = answer.as_numpy("TEXT").item().decode()
    assert text.startswith(FIRST_SENTENCE)
    assert answer.as_numpy("LANGUAGE").item() == b"Chinese"
    told = json.loads(answer.as_numpy("RESULT").item())
    assert (told["id"], told["text"], told["language"]) == ("call-1/0", text, "Chinese")
    assert told["finish_reason"] == "stop"
    assert told["num_tokens"] == len(told["token_logprobs"])
    assert told["audio_s"] == pytest.approx(len(speech) / 16000, abs=1e-3)
    assert told["timings"]["total_s"] > told["timings"]["first_token_s"] > 0


def test_only_the_outputs_asked_for_are_sent(caller: Caller, speech: NDArray[np.int16]) -> None:
    wanted = [grpc.InferRequestedOutput("TEXT")]
    answer = caller.client.infer("qwen3_asr", [audio_input(speech[:32000])], outputs=wanted)
    assert answer.as_numpy("TEXT") is not None
    assert answer.as_numpy("RESULT") is None


def test_requests_of_all_lengths_at_once_are_answered_as_if_alone(
    caller: Caller, clips: list[NDArray[np.int16]]
) -> None:
    alone = [caller.ask(f"alone-{number}", clip) for number, clip in enumerate(clips)]
    assert {call.status for call in alone} == {"OK"}
    together = wait_for(
        [
            caller.send(f"{turn}-{number}", clip, priority=PROBE + (turn + number) % BULK)
            for turn in range(3)
            for number, clip in enumerate(clips)
        ]
    )
    assert [call.texts for call in together] == [call.texts for call in alone] * 3


def test_forced_language_is_taken(caller: Caller, speech: NDArray[np.int16]) -> None:
    answer = caller.client.infer("qwen3_asr", [audio_input(speech[:48000])], parameters={"language": "zh"})
    assert answer.as_numpy("LANGUAGE").item() == b"Chinese"


def test_silence_is_answered_without_text(caller: Caller) -> None:
    answer = caller.client.infer("qwen3_asr", [audio_input(np.zeros(16000, np.int16))])
    told = json.loads(answer.as_numpy("RESULT").item())
    assert (told["text"], told["language"], told["finish_reason"]) == ("", None, "silence")
    assert answer.as_numpy("LANGUAGE").item() == b""


BAD_OPTIONS: list[tuple[dict[str, str | int], str]] = [
    ({"language": "xx"}, "'xx'"),
    ({"language": 3}, "parameter language is 3"),
    ({"langauge": "zh"}, "unknown parameter 'langauge'"),
    ({"context": "word " * 2000}, "context"),
    ({"max_new_tokens": 0}, "max_new_tokens"),
]


@pytest.mark.parametrize(("options", "complaint"), BAD_OPTIONS)
def test_bad_option_is_an_invalid_argument_that_names_the_request(
    caller: Caller, speech: NDArray[np.int16], options: dict[str, str | int], complaint: str
) -> None:
    call = caller.ask("call-1/7", speech[:16000], **options)
    assert call.status == "INVALID_ARGUMENT"
    assert call.message.startswith("[call-1/7] ")
    assert complaint in call.message


def test_empty_and_overlong_audio_are_invalid_arguments(caller: Caller, speech: NDArray[np.int16]) -> None:
    empty = caller.ask("empty", speech[:0])
    assert (empty.status, "empty" in empty.message) == ("INVALID_ARGUMENT", True)
    overlong = caller.ask("overlong", np.tile(speech, 2))
    assert overlong.status == "INVALID_ARGUMENT"
    assert f"{2 * len(speech) / 16000:.2f} s" in overlong.message
    assert "30.5" in overlong.message


@pytest.mark.parametrize(
    ("shape", "dtype", "wire_type"),
    [
        ((1, 16000), np.float32, "FP32"),
        ((1, 16000), np.int32, "INT32"),
        ((16000,), np.int16, "INT16"),
        ((2, 16000), np.int16, "INT16"),
        ((1, 1, 16000), np.int16, "INT16"),
    ],
)
def test_wrong_type_or_shape_is_an_invalid_argument(
    caller: Caller, shape: tuple[int, ...], dtype: type, wire_type: str
) -> None:
    audio = grpc.InferInput("AUDIO", list(shape), wire_type).set_data_from_numpy(np.ones(shape, dtype))
    with pytest.raises(grpc.InferenceServerException) as caught:
        caller.client.infer("qwen3_asr", [audio], client_timeout=10)
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"


def test_bad_requests_leave_their_neighbours_alone(caller: Caller, clips: list[NDArray[np.int16]]) -> None:
    expected = [caller.ask("alone", clip).texts for clip in clips]
    good, bad = [], []
    for number, clip in enumerate(clips):
        bad.append(caller.send(f"bad-{number}", clip, language="xx"))
        good.append(caller.send(f"good-{number}", clip))
        bad.append(caller.send(f"empty-{number}", clip[:0]))
    assert {call.status for call in wait_for(bad)} == {"INVALID_ARGUMENT"}
    assert [call.texts for call in wait_for(good)] == expected


def test_caller_who_cancels_gives_the_slot_back(
    caller: Caller, speech: NDArray[np.int16], metrics: Callable[[], dict[str, float]]
) -> None:
    cancelled = 'asr_requests_total{outcome="cancelled"}'
    before = metrics()[cancelled]
    calls = [caller.send(f"leaving-{number}", speech) for number in range(100)]  # seconds of work
    wait_until(lambda: metrics()["asr_kv_slots_in_use"] > 0)
    for call in calls:
        call.context.cancel()
    wait_until(lambda: metrics()["asr_kv_slots_in_use"] == 0)
    assert wait_for(calls)[-1].status == "CANCELLED"
    assert all(call.num_answers == 1 for call in calls)
    wait_until(lambda: metrics()[cancelled] > before)
    assert caller.ask("next", speech[:16000]).status == "OK"


def test_deadline_of_the_caller_is_kept(caller: Caller, speech: NDArray[np.int16]) -> None:
    patient = wait_for([caller.send(f"patient-{number}", speech) for number in range(10)])
    hurried = wait_for([caller.send(f"hurried-{number}", speech, deadline_s=0.03) for number in range(10)])
    assert hurried[-1].status == "DEADLINE_EXCEEDED"
    assert max(call.took_s for call in hurried) < min(call.took_s for call in patient)
    assert caller.ask("next", speech[:16000]).status == "OK"


def test_metrics_count_audio_tokens_and_requests(
    caller: Caller, speech: NDArray[np.int16], metrics: Callable[[], dict[str, float]]
) -> None:
    stop = 'asr_requests_total{outcome="stop"}'
    before = settled(metrics, stop)
    caller.ask("counted", speech[:80000])
    wait_until(lambda: metrics()[stop] == before[stop] + 1)
    after = settled(metrics, "asr_request_seconds_count")
    assert after["asr_request_seconds_count"] == before["asr_request_seconds_count"] + 1
    assert after["asr_audio_seconds_total"] - before["asr_audio_seconds_total"] == pytest.approx(5.0)
    assert after["asr_tokens_total"] > before["asr_tokens_total"]
    assert after["asr_kv_slots"] == 8


def test_loop_turns_while_nobody_calls(metrics: Callable[[], dict[str, float]]) -> None:
    before = metrics()["asr_loop_heartbeats_total"]
    wait_until(lambda: metrics()["asr_loop_heartbeats_total"] > before, timeout_s=3)


def test_plain_client_of_the_documentation_works(
    triton: TritonServer, speech: NDArray[np.int16], tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16000)
        wav.writeframes(speech.tobytes())
    command = [sys.executable, "docs/examples/plain_client.py", triton.grpc_address, str(path)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.startswith(FIRST_SENTENCE)


CONTROL = ["repository/models/qwen3_asr/unload", "repository/models/qwen3_asr/load", "repository/index"]


@pytest.mark.parametrize(
    "path", [*CONTROL, "logging", "trace/setting", "systemsharedmemory/region/r/register"]
)
def test_nobody_controls_the_server_over_http(triton: TritonServer, path: str) -> None:
    connection = http.client.HTTPConnection(triton.http_address, timeout=5)
    connection.request("POST", f"/v2/{path}", body="{}")
    answer = connection.getresponse()
    assert answer.status >= 400
    assert "restricted" in answer.read().decode()
    connection.close()


def test_nobody_controls_the_server_over_grpc(caller: Caller) -> None:
    client = caller.client
    for call in (
        lambda: client.unload_model("qwen3_asr"),
        lambda: client.load_model("qwen3_asr"),
        lambda: client.update_log_settings({"log_file": "/tmp/elsewhere"}),
        lambda: client.register_system_shared_memory("r", "/r", 8),
    ):
        with pytest.raises(grpc.InferenceServerException, match="restricted"):
            call()
    assert client.is_model_ready("qwen3_asr")
