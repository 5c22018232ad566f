"""Response sender: the thread that sends each request its one response and notices callers who went away."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

import numpy as np

from asr_engine.engine import Job
from asr_engine.errors import (
    EngineClosed,
    EngineError,
    EngineFailed,
    EngineFull,
    RequestCancelled,
    RequestError,
)
from asr_engine.request import AsrResult
from asr_engine.scheduling.sequence import Answer

log = logging.getLogger(__name__)

POLL_S = 0.1  # a cancelled request frees its slot at most this much later; about a decode step


class PendingResponse:
    """The one response that a request has not got yet; `outputs` are those that the caller asked for."""

    def __init__(self, request_id: str, outputs: Collection[str], sender: Any) -> None:
        self.request_id = request_id
        self.outputs = frozenset(outputs)
        self.job: Job | None = None  # set once the engine has accepted the request
        self._sender = sender

    def is_cancelled(self) -> bool:
        """Ask Triton whether the caller went away: a call to another process, about 0.1 ms."""
        return bool(self._sender.is_cancelled())

    def send(self, response: Any, final_flag: int) -> None:
        """Send the only and final response."""
        self._sender.send(response, flags=final_flag)


class ResponseSender:
    """Sends responses and watches for cancellation, on a thread of its own.

    Both are calls into Triton's process, so neither may run on the engine's loop. Its queue needs no bound of
    its own: `execute` waits for an admission permit before it takes the next request.
    """

    def __init__(self, pb_utils: Any, model: str, on_result: Callable[[AsrResult], None]) -> None:
        self._pb_utils = pb_utils
        self._model = model
        self._on_result = on_result
        self._queue: queue.SimpleQueue[tuple[PendingResponse, Answer | None] | None] = queue.SimpleQueue()
        self._pending: set[PendingResponse] = set()
        self._thread = threading.Thread(target=self._run, name="asr-response-sender", daemon=True)
        self._thread.start()

    def watch(self, pending: PendingResponse) -> None:
        """Watch for the caller's cancellation until `send`."""
        self._queue.put((pending, None))

    def send(self, pending: PendingResponse, answer: Answer) -> None:
        """Queue the answer for sending; never blocks."""
        self._queue.put((pending, answer))

    def close(self) -> None:
        """Send what was queued before this call, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        next_poll = time.monotonic()
        while True:
            wait_s = max(0.0, next_poll - time.monotonic()) if self._pending else None
            try:
                item = self._queue.get(timeout=wait_s)
            except queue.Empty:
                self._cancel_abandoned()
                next_poll = time.monotonic() + POLL_S
                continue
            if item is None:
                return
            self._handle(*item)
            del item  # or the last request's audio would stay in memory until the next one comes
            if time.monotonic() >= next_poll:
                self._cancel_abandoned()
                next_poll = time.monotonic() + POLL_S

    def _handle(self, pending: PendingResponse, answer: Answer | None) -> None:
        if answer is None:
            self._pending.add(pending)
            return
        self._pending.discard(pending)
        _log_answer(pending.request_id, answer)
        if isinstance(answer, AsrResult):
            self._on_result(answer)
        try:
            self._send_now(pending, answer)
        except Exception:  # a response that Triton refuses must not end the thread that sends all others
            log.exception("[%s] the answer could not be sent", pending.request_id)
            failure = EngineFailed("the answer could not be sent; the server's log has the cause")
            with contextlib.suppress(Exception):
                self._send_now(pending, failure)

    def _send_now(self, pending: PendingResponse, answer: Answer) -> None:
        pending.send(self._response(pending, answer), self._pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def _cancel_abandoned(self) -> None:
        for pending in list(self._pending):
            if pending.job is None:
                continue
            try:
                if pending.is_cancelled():
                    pending.job.cancel()
                    self._pending.discard(pending)  # one cancellation is enough
            except Exception:  # must not end the thread either; the answer itself is still sent
                log.exception("[%s] cannot be watched for cancellation", pending.request_id)
                self._pending.discard(pending)

    def _response(self, pending: PendingResponse, answer: Answer) -> Any:
        pb_utils = self._pb_utils
        if isinstance(answer, EngineError):
            error = pb_utils.TritonError(f"[{pending.request_id}] {answer}", _code(answer, pb_utils))
            return pb_utils.InferenceResponse(error=error)
        texts = {
            "TEXT": answer.text,
            "LANGUAGE": answer.language or "",
            "RESULT": result_json(answer, self._model),
        }
        # Only the outputs that were asked for: Triton 2.51 removes the others without holding Python's global
        # interpreter lock, and under Python 3.12 that kills the process.
        return pb_utils.InferenceResponse(
            output_tensors=[
                pb_utils.Tensor(name, np.array([[text.encode()]], dtype=np.object_))  # [1, 1] bytes
                for name, text in texts.items()
                if name in pending.outputs
            ]
        )


def result_json(result: AsrResult, model: str) -> str:
    """The RESULT output: all that is known about one transcription; docs/PROTOCOL.md describes it."""
    mean = result.mean_logprob
    return json.dumps(
        {
            "id": result.id,
            "text": result.text,
            "language": result.language,
            "finish_reason": result.finish_reason.value,
            "num_tokens": result.num_tokens,
            "mean_logprob": None if mean is None else round(mean, 5),
            "token_logprobs": [round(value, 5) + 0.0 for value in result.token_logprobs],  # no -0.0
            "audio_s": round(result.audio_s, 4),
            "timings": {
                name: None if value is None else round(value, 5)
                for name, value in asdict(result.timings).items()
            },
            "model": model,
        },
        ensure_ascii=False,
    )


def _code(error: EngineError, pb_utils: Any) -> Any:
    codes = pb_utils.TritonError
    if isinstance(error, RequestError):
        return codes.INVALID_ARG
    if isinstance(error, RequestCancelled):
        return codes.CANCELLED
    if isinstance(error, EngineFull | EngineClosed):
        return codes.UNAVAILABLE
    return codes.INTERNAL


def _log_answer(request_id: str, answer: Answer) -> None:
    """One line for each request, without what was said, which is private."""
    if isinstance(answer, AsrResult):
        log.info(
            "[%s] %s: %d tokens from %.2f s of audio in %.3f s",
            request_id,
            answer.finish_reason.value,
            answer.num_tokens,
            answer.audio_s,
            answer.timings.total_s,
        )
    elif isinstance(answer, RequestError | RequestCancelled):
        log.info("[%s] %s: %s", request_id, type(answer).__name__, answer)
    else:
        log.error("[%s] %s: %s", request_id, type(answer).__name__, answer)
