"""The engine as its callers see it: from several threads, with its own loop thread."""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest

from asr_engine.engine import AsrEngine, Job
from asr_engine.errors import EngineClosed, EngineFailed, EngineFull, InvalidAudio, RequestCancelled
from asr_engine.request import AsrRequest, AsrResult
from asr_engine.scheduling.sequence import Sequence
from asr_engine.stats import Outcome
from tests.engine.scripted_model import (
    CHINESE,
    CHINESE_TEXT,
    CONFIG,
    CRASHING,
    ENDLESS,
    ENGLISH,
    ENGLISH_TEXT,
    clip,
)

PERMITS = CONFIG.slots + CONFIG.lookahead


class HeldEngine:
    """Holds the engine's thread inside a callback until released, so that nothing moves meanwhile."""

    def __init__(self, engine: AsrEngine) -> None:
        held = threading.Event()
        self._go_on = threading.Event()

        def hold(_: object) -> None:
            held.set()
            self._go_on.wait()

        engine.submit(AsrRequest("holder", np.zeros(800, np.int16)), hold)
        held.wait()

    def release(self) -> None:
        self._go_on.set()


class Caller:
    """Keeps the job it may want to cancel, as the Triton adapter does."""

    job: Job | None = None

    def __init__(self) -> None:
        self.answered = threading.Event()

    def take(self, _: object) -> None:
        self.answered.set()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Memory comes back by itself or not at all."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def held(engine: AsrEngine) -> Iterator[HeldEngine]:
    held = HeldEngine(engine)
    yield held
    held.release()


def test_transcribe_gives_the_text(engine: AsrEngine) -> None:
    assert engine.transcribe(AsrRequest("a", clip(ENGLISH))).text == ENGLISH_TEXT


def test_int16_and_float32_give_the_same_answer(engine: AsrEngine) -> None:
    results = [
        engine.transcribe(AsrRequest("a", clip(ENGLISH, 1.5, dtype))) for dtype in (np.int16, np.float32)
    ]
    assert results[0].text == results[1].text


def test_many_threads_get_their_own_answers(engine: AsrEngine) -> None:
    expected = {ENGLISH: ENGLISH_TEXT, CHINESE: CHINESE_TEXT}
    wrong: Queue[AsrResult] = Queue()

    def call(script: int) -> None:
        for turn in range(5):
            result = engine.transcribe(AsrRequest(f"{script}-{turn}", clip(script, 0.3 + turn)))
            if (result.id, result.text) != (f"{script}-{turn}", expected[script]):
                wrong.put(result)

    threads = [threading.Thread(target=call, args=(script,)) for script in (ENGLISH, CHINESE) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong.empty()
    assert engine.stats().requests[Outcome.STOP] == 40


def test_a_full_engine_says_so_and_takes_requests_again(engine: AsrEngine, held: HeldEngine) -> None:
    answers: Queue[Any] = Queue()
    for index in range(PERMITS):
        engine.submit(AsrRequest(str(index), clip(ENGLISH)), answers.put)
    with pytest.raises(EngineFull):
        engine.submit(AsrRequest("one too many", clip(ENGLISH)), answers.put)
    assert not engine.wait_for_permit(0.01)
    held.release()
    assert engine.wait_for_permit(None)
    assert engine.transcribe(AsrRequest("later", clip(ENGLISH))).text == ENGLISH_TEXT
    assert [answers.get().text for _ in range(PERMITS)] == [ENGLISH_TEXT] * PERMITS


def test_waiting_ends_as_soon_as_one_permit_is_free(engine: AsrEngine, held: HeldEngine) -> None:
    """The engine's thread stands still in the callback of the request whose permit was freed."""
    other_answers: Queue[object] = Queue()
    for index in range(PERMITS - 1):
        engine.submit(AsrRequest(str(index), clip(ENDLESS)), other_answers.put)
    go_on = threading.Event()

    def stand_still(_: object) -> None:
        go_on.wait()

    last = engine.submit(AsrRequest("last", clip(ENDLESS)), stand_still)
    waited: Queue[bool] = Queue()
    waiter = threading.Thread(target=lambda: waited.put(engine.wait_for_permit(None)))
    waiter.start()
    assert not engine.wait_for_permit(0.05)
    assert waited.empty()
    last.cancel()
    held.release()
    try:
        assert waited.get(timeout=10)
        assert other_answers.empty()
    finally:
        go_on.set()
        waiter.join()


def test_a_cancelled_request_is_answered_as_cancelled(engine: AsrEngine, held: HeldEngine) -> None:
    answers: Queue[Any] = Queue()
    engine.submit(AsrRequest("a", clip(ENDLESS)), answers.put).cancel()
    held.release()
    assert isinstance(answers.get(), RequestCancelled)


def test_closing_answers_what_is_pending_and_refuses_the_rest(engine: AsrEngine, held: HeldEngine) -> None:
    answers: Queue[Any] = Queue()
    for index in range(PERMITS):
        engine.submit(AsrRequest(str(index), clip(ENDLESS)), answers.put)
    closer = threading.Thread(target=engine.close)
    closer.start()
    held.release()
    closer.join()
    assert [type(answers.get_nowait()) for _ in range(PERMITS)] == [EngineClosed] * PERMITS
    assert engine.wait_for_permit(None)
    with pytest.raises(EngineClosed):
        engine.submit(AsrRequest("late", clip(ENGLISH)), answers.put)
    assert answers.empty()


def test_closing_wakes_a_caller_who_waits_for_a_permit(engine: AsrEngine, held: HeldEngine) -> None:
    for index in range(PERMITS):
        engine.submit(AsrRequest(str(index), clip(ENDLESS)), lambda _: None)
    outcome: Queue[object] = Queue()

    def call() -> None:
        try:
            engine.transcribe(AsrRequest("waiting", clip(ENGLISH)))
        except EngineClosed as error:
            outcome.put(error)

    waiter = threading.Thread(target=call)
    waiter.start()
    closer = threading.Thread(target=engine.close)
    closer.start()
    held.release()
    for thread in (closer, waiter):
        thread.join()
    assert isinstance(outcome.get_nowait(), EngineClosed)


def test_closing_twice_and_from_a_callback_is_harmless(engine: AsrEngine) -> None:
    done = threading.Event()

    def close(_: object) -> None:
        engine.close()
        done.set()

    engine.submit(AsrRequest("a", clip(ENGLISH)), close)
    assert done.wait(10)
    engine.close()
    engine.close()
    assert not engine.stats().healthy


def test_a_failure_stops_the_heartbeat_and_refuses_later_requests(engine: AsrEngine) -> None:
    with pytest.raises(EngineFailed):
        engine.transcribe(AsrRequest("culprit", clip(CRASHING)))
    with pytest.raises(EngineFailed):
        engine.submit(AsrRequest("later", clip(ENGLISH)), lambda _: None)
    engine.close()
    stats = engine.stats()
    assert not stats.healthy
    assert stats.requests[Outcome.FAILED] == 1
    assert engine.stats().heartbeat == stats.heartbeat


@pytest.mark.parametrize("error", [ValueError("mistake"), SystemExit(1)])
def test_a_raising_callback_is_logged_and_harms_nobody(
    engine: AsrEngine, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    calls: list[object] = []

    def raise_error(answer: object) -> None:
        calls.append(answer)
        raise error

    with caplog.at_level(logging.ERROR):
        engine.submit(AsrRequest("faulty", clip(ENGLISH)), raise_error)
        assert engine.transcribe(AsrRequest("next", clip(ENGLISH))).text == ENGLISH_TEXT
        engine.close()
    assert len(calls) == 1
    assert "request faulty" in caplog.text


def test_a_callback_may_submit_the_next_request(engine: AsrEngine, held: HeldEngine) -> None:
    answers: Queue[Any] = Queue()

    def submit_next(request: AsrRequest, _: object) -> None:
        engine.submit(request, answers.put)

    for index in range(PERMITS):
        next_request = AsrRequest(f"next {index}", clip(CHINESE))
        engine.submit(
            AsrRequest(str(index), clip(ENGLISH)),
            partial(submit_next, next_request),
        )
    held.release()
    assert [answers.get().text for _ in range(PERMITS)] == [CHINESE_TEXT] * PERMITS


def test_a_request_whose_features_cannot_be_started_was_never_accepted(
    engine: AsrEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    answers: Queue[Any] = Queue()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_prepare", no_thread)
        for _ in range(2 * PERMITS):
            with pytest.raises(RuntimeError):
                engine.submit(AsrRequest("unlucky", clip(ENGLISH)), answers.put)
    assert engine.transcribe(AsrRequest("lucky", clip(ENGLISH))).text == ENGLISH_TEXT
    assert answers.empty()


@pytest.mark.usefixtures("no_collector")
def test_nothing_of_an_answered_request_waits_for_the_garbage_collector(engine: AsrEngine) -> None:
    caller = Caller()
    pcm = clip(ENGLISH)
    caller.job = engine.submit(AsrRequest("a", pcm), caller.take)
    caller.answered.wait()
    kept = weakref.ref(caller), weakref.ref(pcm)
    del caller, pcm
    engine.transcribe(AsrRequest("b", clip(ENGLISH)))  # the loop has left the first one behind by then
    assert [ref() for ref in kept] == [None, None]


def test_a_bad_request_takes_no_permit(engine: AsrEngine) -> None:
    for _ in range(2 * PERMITS):
        with pytest.raises(InvalidAudio):
            engine.submit(AsrRequest("bad", np.zeros(0, np.int16)), lambda _: None)
    assert engine.transcribe(AsrRequest("good", clip(ENGLISH))).text == ENGLISH_TEXT


def test_the_heart_beats_when_there_is_nothing_to_do(engine: AsrEngine) -> None:
    before = engine.stats().heartbeat
    for _ in range(200):
        if engine.stats().heartbeat > before:
            return
        threading.Event().wait(0.01)
    pytest.fail("no heartbeat in two seconds")


def test_a_failure_of_the_features_fails_one_request(
    scripted_artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asr_engine.intake import Intake

    prepare = Intake.prepare

    def fail_once(self: Intake, sequence: Sequence) -> object:
        if sequence.request_id == "unlucky":
            raise MemoryError("no room")
        return prepare(self, sequence)

    monkeypatch.setattr(Intake, "prepare", fail_once)
    with AsrEngine.load(scripted_artifacts, CONFIG) as engine:
        with pytest.raises(EngineFailed, match="MemoryError"):
            engine.transcribe(AsrRequest("unlucky", clip(ENGLISH)))
        assert engine.transcribe(AsrRequest("lucky", clip(ENGLISH))).text == ENGLISH_TEXT
