"""The loop thread: the only owner of the scheduler, the runners and every sequence on its way."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

from asr_engine.errors import EngineClosed, EngineFailed, RequestCancelled
from asr_engine.features import Window
from asr_engine.graphs.decoder import Decoder, NextTokens
from asr_engine.graphs.encoder import EncoderRunner
from asr_engine.request import AsrResult, FinishReason
from asr_engine.scheduling.admission import Admission, Arrived, Cancelled, CloseDown, Mail, Prepared
from asr_engine.scheduling.scheduler import Decode, Encode, Prefill, Scheduler, Step
from asr_engine.scheduling.sequence import Answer, Sequence
from asr_engine.stats import EngineCounters
from asr_engine.text.output import Hypothesis, OutputParser

IDLE_WAIT_S = 0.5  # the heartbeat moves at least this often

_NO_SPEECH = Hypothesis(None, "")
_log = logging.getLogger(__name__)


class EngineLoop:
    """One turn: take mail, plan, run, commit, answer who is done."""

    def __init__(
        self,
        admission: Admission,
        scheduler: Scheduler,
        encoder: EncoderRunner,
        decoder: Decoder,
        parser: OutputParser,
        counters: EngineCounters,
        clock: Callable[[], float],
    ) -> None:
        self._admission = admission
        self._scheduler = scheduler
        self._encoder = encoder
        self._decoder = decoder
        self._parser = parser
        self._counters = counters
        self._clock = clock
        self._mail: deque[Mail] = deque()  # collected and not yet taken
        self._pending: set[Sequence] = set()  # accepted and not answered

    def run(self) -> None:
        """Until told to close, or until something unexpected happens; then everything pending is answered."""
        try:
            while self.turn():
                pass
        except Exception as error:  # noqa: BLE001 - the one place that must survive anything
            _log.exception("engine loop failed; %d requests fail with it", len(self._pending))
            reason = f"the engine failed ({type(error).__name__}; its log has the cause)"
            self._end(lambda: EngineFailed(reason))
        else:
            self._end(lambda: EngineClosed("the engine was shut down"))

    def turn(self) -> bool:
        """One step at most; waits for mail when there is nothing to do. False once told to close."""
        self._mail += self._admission.collect(0 if self._scheduler.has_work else IDLE_WAIT_S)
        started_at = self._clock()
        while self._mail:
            mail = self._mail.popleft()
            if isinstance(mail, CloseDown):
                return False
            self._take(mail)
        step = self._scheduler.plan()
        if step is not None:
            self._run(step)
        self._beat(self._clock() - started_at)
        return True

    def _take(self, mail: Arrived | Prepared | Cancelled) -> None:
        sequence = mail.sequence
        if isinstance(mail, Arrived):
            self._pending.add(sequence)
        elif sequence not in self._pending:
            return  # answered meanwhile
        elif isinstance(mail, Cancelled):
            self._answer(sequence, "cancelled", RequestCancelled("the caller cancelled the request"))
        else:
            self._take_windows(sequence, mail.windows)

    def _take_windows(self, sequence: Sequence, windows: Future[tuple[Window, ...]]) -> None:
        error = windows.exception()
        if error is not None:
            _log.error("request %s: features failed", sequence.request_id, exc_info=error)
            self._answer(
                sequence, "failed", EngineFailed(f"features failed: {type(error).__name__}: {error}")
            )
            return
        sequence.drop_samples()
        sequence.windows = windows.result()
        if sequence.windows:
            self._scheduler.add(sequence)
        else:
            self._answer_result(sequence, FinishReason.SILENCE, _NO_SPEECH)

    def _run(self, step: Step) -> None:
        started_at = self._clock()
        if isinstance(step, Encode):
            self._encode(step, started_at)
        elif isinstance(step, Prefill):
            self._prefill(step, started_at)
        else:
            self._decode(step, started_at)

    def _encode(self, step: Encode, started_at: float) -> None:
        windows = [w for share in step.shares for w in share.sequence.windows[share.first : share.end]]
        embeds = iter(self._encoder.encode(windows))
        self._scheduler.commit(step)
        seconds = self._clock() - started_at
        for share in step.shares:
            sequence = share.sequence
            sequence.audio_embeds += [next(embeds) for _ in range(share.end - share.first)]
            sequence.encode_s += seconds
        with self._counters.lock:
            self._counters.encode_steps += 1
            self._counters.encode_windows += len(windows)
            self._counters.encode_s += seconds

    def _prefill(self, step: Prefill, started_at: float) -> None:
        sequence = step.sequence
        result = self._decoder.prefill(step.slot, sequence.prompt, sequence.audio_embeds)
        self._scheduler.commit(step)
        sequence.audio_embeds, sequence.windows = [], ()
        sequence.first_token_at = self._clock()
        sequence.prefill_s = sequence.first_token_at - started_at
        sequence.decode_clock_start = self._counters.decode_s
        with self._counters.lock:
            self._counters.prefill_steps += 1
            self._counters.prefill_s += sequence.prefill_s
            self._counters.ttft_sum_s += sequence.first_token_at - sequence.submitted_at
            self._counters.ttft_count += 1
        self._add_tokens((sequence,), result)

    def _decode(self, step: Decode, started_at: float) -> None:
        rows = step.rows
        token_ids = np.array([row.token_ids[-1] if row else 0 for row in rows], np.int64)
        lengths = np.array([row.length if row else 1 for row in rows], np.int32)
        result = self._decoder.decode(token_ids, lengths)
        self._scheduler.commit(step)
        with self._counters.lock:
            self._counters.decode_steps += 1
            self._counters.decode_rows += len(rows) - rows.count(None)
            self._counters.decode_s += self._clock() - started_at
            self._counters.decode_graph_s += result.graph_s
        self._add_tokens(rows, result)

    def _add_tokens(self, rows: tuple[Sequence | None, ...], result: NextTokens) -> None:
        ended: list[tuple[Sequence, FinishReason | None]] = []  # None: broken
        num_tokens = 0
        for row, token_id, logprob in zip(rows, result.ids.tolist(), result.logprobs.tolist(), strict=True):
            if row is None:
                continue
            if math.isnan(logprob):
                ended.append((row, None))
                continue
            reason = row.add_token(token_id, logprob)
            num_tokens += reason is not FinishReason.STOP
            if reason is not None:
                ended.append((row, reason))
        with self._counters.lock:  # before the callbacks, which may read them
            self._counters.tokens += num_tokens
        for row, reason in ended:
            if reason is None:
                self._answer(row, "failed", EngineFailed("the model's output is not a number"))
            else:
                self._answer_result(row, reason, self._parser.parse(row.token_ids, row.language))

    def _answer_result(self, sequence: Sequence, reason: FinishReason, heard: Hypothesis) -> None:
        result = AsrResult(
            id=sequence.request_id,
            text=heard.text,
            language=heard.language,
            finish_reason=reason,
            num_tokens=len(sequence.token_ids),
            token_logprobs=tuple(sequence.logprobs),
            audio_s=sequence.audio_s,
            timings=sequence.timings(self._clock(), self._counters.decode_s),
        )
        with self._counters.lock:
            self._counters.audio_s += sequence.audio_s
        self._answer(sequence, reason.value, result)

    def _answer(self, sequence: Sequence, outcome: str, answer: Answer) -> None:
        """The one way out: leaves the engine first, so that the callback may submit again."""
        self._pending.remove(sequence)
        self._scheduler.remove(sequence)
        with self._counters.lock:
            self._counters.requests[outcome] += 1
        self._admission.release_place()
        on_done = sequence.leave()
        try:
            on_done(answer)
        except BaseException:  # noqa: BLE001 - not even SystemExit may end the loop
            _log.exception("request %s: its callback raised", sequence.request_id)

    def _beat(self, busy_s: float = 0.0) -> None:
        scheduler = self._scheduler
        with self._counters.lock:
            self._counters.heartbeat += 1
            self._counters.busy_s += busy_s
            self._counters.active = scheduler.num_active
            self._counters.slots_in_use = scheduler.slots_in_use
            self._counters.waiting = len(self._pending) - scheduler.slots_in_use

    def _end(self, reason: Callable[[], EngineClosed | EngineFailed]) -> None:
        with self._counters.lock:
            self._counters.healthy = False
        for mail in (*self._mail, *self._admission.shut(reason)):
            if isinstance(mail, Arrived):
                self._pending.add(mail.sequence)
        error = reason()
        outcome = "failed" if isinstance(error, EngineFailed) else "closed"
        for sequence in list(self._pending):
            self._answer(sequence, outcome, reason())
        self._beat()
