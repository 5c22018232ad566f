"""Loop thread of the engine: the only owner of the scheduler, the graphs and every accepted sequence."""

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
from asr_engine.graphs.encoder import Encoder
from asr_engine.request import AsrResult, FinishReason
from asr_engine.scheduling.admission import Admission, Arrived, Cancelled, CloseDown, Message, Prepared
from asr_engine.scheduling.scheduler import Decode, Encode, Prefill, Scheduler, Step
from asr_engine.scheduling.sequence import Answer, Sequence
from asr_engine.stats import EngineCounters, Outcome
from asr_engine.text.output import Hypothesis, OutputParser

IDLE_WAIT_S = 0.5  # the heartbeat grows at least this often

_NO_SPEECH = Hypothesis(None, "")
_log = logging.getLogger(__name__)


class EngineLoop:
    """Each iteration takes the inbox, plans a step, runs it, commits it and answers what has ended."""

    def __init__(
        self,
        admission: Admission,
        scheduler: Scheduler,
        encoder: Encoder,
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
        self._inbox: deque[Message] = deque()  # collected from the admission, not yet handled
        self._pending: set[Sequence] = set()  # accepted and not answered

    def run(self) -> None:
        """Iterate until told to close or until an unexpected error; then answer everything pending."""
        try:
            while self.iterate():
                pass
        except Exception as error:  # noqa: BLE001 - the one place that must survive anything
            _log.exception("engine loop failed; %d requests fail with it", len(self._pending))
            reason = f"the engine failed ({type(error).__name__}; its log has the cause)"
            self._shut_down(Outcome.FAILED, lambda: EngineFailed(reason))
        else:
            self._shut_down(Outcome.CLOSED, lambda: EngineClosed("the engine was shut down"))

    def iterate(self) -> bool:
        """Run one step at most; wait for a message when there is nothing to do. False once told to close."""
        self._inbox += self._admission.collect(0 if self._scheduler.has_work else IDLE_WAIT_S)
        started_at = self._clock()
        if not self._take_inbox():
            return False
        step = self._scheduler.plan()
        if step is not None:
            next_tokens = self._run(step)
            self._scheduler.commit(step)
            if next_tokens is not None:
                self._answer_ended(self._add_tokens(step.rows, next_tokens))
        self._count_iteration(self._clock() - started_at)
        return True

    def _take_inbox(self) -> bool:
        """Handle all messages; False as soon as one says to close, with the rest left in the inbox."""
        while self._inbox:
            message = self._inbox.popleft()
            if isinstance(message, CloseDown):
                return False
            self._handle(message)
        return True

    def _handle(self, message: Arrived | Prepared | Cancelled) -> None:
        sequence = message.sequence
        if isinstance(message, Arrived):
            self._pending.add(sequence)
        elif sequence not in self._pending:
            return  # answered meanwhile
        elif isinstance(message, Cancelled):
            error = RequestCancelled("the caller cancelled the request")
            self._answer(sequence, Outcome.CANCELLED, error)
        else:
            self._take_windows(sequence, message.windows)

    def _take_windows(self, sequence: Sequence, windows: Future[tuple[Window, ...]]) -> None:
        error = windows.exception()
        if error is not None:
            _log.error("request %s: features failed", sequence.request_id, exc_info=error)
            failure = EngineFailed(f"features failed: {type(error).__name__}: {error}")
            self._answer(sequence, Outcome.FAILED, failure)
            return
        sequence.drop_samples()
        sequence.windows = windows.result()
        if sequence.windows:
            self._scheduler.add(sequence)
        else:
            self._answer_transcript(sequence, FinishReason.SILENCE, _NO_SPEECH)

    def _run(self, step: Step) -> NextTokens | None:
        """Call the graph and note its results; an encoder step gives no tokens."""
        started_at = self._clock()
        if isinstance(step, Prefill):
            return self._prefill(step, started_at)
        if isinstance(step, Decode):
            return self._decode(step, started_at)
        self._encode(step, started_at)
        return None

    def _encode(self, step: Encode, started_at: float) -> None:
        windows = [w for share in step.shares for w in share.sequence.windows[share.first : share.end]]
        embeds = iter(self._encoder.encode(windows))
        seconds = self._clock() - started_at
        for share in step.shares:
            sequence = share.sequence
            sequence.audio_embeds += [next(embeds) for _ in range(share.end - share.first)]
            sequence.encode_s += seconds
        self._counters.encoded(len(windows), seconds)

    def _prefill(self, step: Prefill, started_at: float) -> NextTokens:
        sequence = step.sequence
        next_tokens = self._decoder.prefill(step.slot, sequence.prompt, sequence.audio_embeds)
        ended_at = self._clock()
        sequence.prefilled(started_at, ended_at, self._counters.decode_s)
        self._counters.prefilled(ended_at - started_at, ended_at - sequence.submitted_at)
        return next_tokens

    def _decode(self, step: Decode, started_at: float) -> NextTokens:
        rows = step.rows
        token_ids = np.array([row.token_ids[-1] if row else 0 for row in rows], np.int64)
        lengths = np.array([row.length if row else 1 for row in rows], np.int32)
        next_tokens = self._decoder.decode(token_ids, lengths)
        seconds = self._clock() - started_at
        self._counters.decoded(len(rows) - rows.count(None), seconds, next_tokens.graph_s)
        return next_tokens

    def _add_tokens(
        self, rows: tuple[Sequence | None, ...], next_tokens: NextTokens
    ) -> list[tuple[Sequence, FinishReason | None]]:
        """Give each row its token. Returns the rows that end with it and why; None stands for NaN."""
        ended: list[tuple[Sequence, FinishReason | None]] = []
        num_tokens = 0
        ids, logprobs = next_tokens.ids.tolist(), next_tokens.logprobs.tolist()
        for row, token_id, logprob in zip(rows, ids, logprobs, strict=True):
            if row is None:
                continue
            if math.isnan(logprob):
                ended.append((row, None))
                continue
            reason = row.add_token(token_id, logprob)
            num_tokens += reason is not FinishReason.STOP
            if reason is not None:
                ended.append((row, reason))
        self._counters.generated(num_tokens)  # before the callbacks, which may read the counters
        return ended

    def _answer_ended(self, ended: list[tuple[Sequence, FinishReason | None]]) -> None:
        for row, reason in ended:
            if reason is None:
                self._answer(row, Outcome.FAILED, EngineFailed("the model's output is not a number"))
            else:
                self._answer_transcript(row, reason, self._parser.parse(row.token_ids, row.language))

    def _answer_transcript(self, sequence: Sequence, reason: FinishReason, heard: Hypothesis) -> None:
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
        self._answer(sequence, Outcome(reason), result)

    def _answer(self, sequence: Sequence, outcome: Outcome, answer: Answer) -> None:
        """The only way out. The sequence leaves the engine first, so that its callback may submit again."""
        self._pending.remove(sequence)
        self._scheduler.remove(sequence)
        self._counters.answered(outcome, answer.audio_s if isinstance(answer, AsrResult) else 0.0)
        self._admission.release_permit()
        on_done = sequence.leave()
        try:
            on_done(answer)
        except BaseException:  # noqa: BLE001 - not even SystemExit may end the loop
            _log.exception("request %s: its callback raised", sequence.request_id)

    def _count_iteration(self, busy_s: float) -> None:
        scheduler = self._scheduler
        self._counters.iterated(busy_s, scheduler.num_active, scheduler.slots_in_use, len(self._pending))

    def _shut_down(self, outcome: Outcome, error: Callable[[], EngineClosed | EngineFailed]) -> None:
        """Refuse new requests, then answer everything pending; each request gets an error of its own."""
        self._counters.stopped()
        for message in (*self._inbox, *self._admission.shut(error)):
            if isinstance(message, Arrived):
                self._pending.add(message.sequence)
        for sequence in list(self._pending):
            self._answer(sequence, outcome, error())
        self._count_iteration(0.0)
