"""Late answers: one for each request, sent by one thread that also notices callers who went away."""

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

log = logging.getLogger(__name__)

POLL_S = 0.1  # a cancelled request frees its slot at most this much later; about a decode step

Outcome = AsrResult | EngineError


class Reply:
    """The one answer still owed to a request. `wanted` names the outputs the caller asked for."""

    def __init__(self, request_id: str, wanted: Collection[str], sender: Any) -> None:
        self.request_id = request_id
        self.wanted = frozenset(wanted)
        self.job: Job | None = None  # set once the engine has accepted the request
        self._sender = sender

    def is_cancelled(self) -> bool:
        """Ask Triton whether the caller went away: a call to another process, ~0.1 ms."""
        return bool(self._sender.is_cancelled())

    def send(self, response: Any, final_flag: int) -> None:
        """Send the only and final response."""
        self._sender.send(response, flags=final_flag)


class Courier:
    """Sends answers and watches for cancellation, on a thread of its own.

    Both are calls into Triton's process, so neither may run on the engine's loop. The inbox needs no bound of
    its own: `execute`, where requests are accepted or refused, waits for a place before it takes the next.
    """

    def __init__(self, pb_utils: Any, model: str, on_result: Callable[[AsrResult], None]) -> None:
        self._pb_utils = pb_utils
        self._model = model
        self._on_result = on_result
        self._inbox: queue.SimpleQueue[tuple[Reply, Outcome | None] | None] = queue.SimpleQueue()
        self._owed: set[Reply] = set()
        self._thread = threading.Thread(target=self._run, name="asr-courier", daemon=True)
        self._thread.start()

    def expect(self, reply: Reply) -> None:
        """Watch for the caller's cancellation until `deliver`."""
        self._inbox.put((reply, None))

    def deliver(self, reply: Reply, outcome: Outcome) -> None:
        """Send the answer; never blocks."""
        self._inbox.put((reply, outcome))

    def close(self) -> None:
        """Send what was delivered before this call, then end the thread."""
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        next_poll = time.monotonic()
        while True:
            wait_s = max(0.0, next_poll - time.monotonic()) if self._owed else None
            try:
                item = self._inbox.get(timeout=wait_s)
            except queue.Empty:
                self._cancel_abandoned()
                next_poll = time.monotonic() + POLL_S
                continue
            if item is None:
                return
            self._handle(*item)
            del item  # what was refused must not stay while nothing comes
            if time.monotonic() >= next_poll:
                self._cancel_abandoned()
                next_poll = time.monotonic() + POLL_S

    def _handle(self, reply: Reply, outcome: Outcome | None) -> None:
        if outcome is None:
            self._owed.add(reply)
            return
        self._owed.discard(reply)
        _log_outcome(reply.request_id, outcome)
        if isinstance(outcome, AsrResult):
            self._on_result(outcome)
        try:
            self._send(reply, outcome)
        except Exception:  # what Triton refuses must not end the thread that all other answers need
            log.exception("[%s] the answer could not be sent", reply.request_id)
            with contextlib.suppress(Exception):
                self._send(
                    reply, EngineFailed("the answer could not be sent; the server's log has the cause")
                )

    def _send(self, reply: Reply, outcome: Outcome) -> None:
        reply.send(self._response(reply, outcome), self._pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def _cancel_abandoned(self) -> None:
        for reply in list(self._owed):
            if reply.job is None:
                continue
            try:
                if reply.is_cancelled():
                    reply.job.cancel()
                    self._owed.discard(reply)  # once is enough
            except Exception:  # nor may this end the thread; the answer itself is still sent
                log.exception("[%s] cannot be watched for cancellation", reply.request_id)
                self._owed.discard(reply)

    def _response(self, reply: Reply, outcome: Outcome) -> Any:
        pb_utils = self._pb_utils
        if isinstance(outcome, EngineError):
            error = pb_utils.TritonError(f"[{reply.request_id}] {outcome}", _code(outcome, pb_utils))
            return pb_utils.InferenceResponse(error=error)
        texts = {
            "TEXT": outcome.text,
            "LANGUAGE": outcome.language or "",
            "RESULT": result_json(outcome, self._model),
        }
        # Only what was asked for: Triton 2.51 takes the rest away again without holding Python's lock, and
        # under Python 3.12 that kills the process.
        return pb_utils.InferenceResponse(
            output_tensors=[
                pb_utils.Tensor(name, np.array([[text.encode()]], dtype=np.object_))  # [1, 1] bytes
                for name, text in texts.items()
                if name in reply.wanted
            ]
        )


def result_json(result: AsrResult, model: str) -> str:
    """The RESULT output: everything known about one transcription, as documented in docs/PROTOCOL.md."""
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


def _log_outcome(request_id: str, outcome: Outcome) -> None:
    """One line for each request. What was said is nobody's business in a log."""
    if isinstance(outcome, AsrResult):
        log.info(
            "[%s] %s: %d tokens from %.2f s of audio in %.3f s",
            request_id,
            outcome.finish_reason.value,
            outcome.num_tokens,
            outcome.audio_s,
            outcome.timings.total_s,
        )
    elif isinstance(outcome, RequestError | RequestCancelled):
        log.info("[%s] %s: %s", request_id, type(outcome).__name__, outcome)
    else:
        log.error("[%s] %s: %s", request_id, type(outcome).__name__, outcome)
