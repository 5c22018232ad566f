"""The engine's loop iterated by hand, so that a test decides what happens between two steps."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.intake import Intake
from asr_engine.loop import EngineLoop
from asr_engine.model import Model
from asr_engine.request import AsrRequest, AsrResult
from asr_engine.scheduling.admission import Admission, Cancelled, CloseDown, Prepared
from asr_engine.scheduling.scheduler import Scheduler
from asr_engine.scheduling.sequence import Answer, Sequence
from asr_engine.stats import EngineCounters, EngineStats
from asr_engine.text.output import OutputParser


@dataclass
class Ticket:
    """One submitted request and what was answered."""

    id: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def result(self) -> AsrResult:
        (answer,) = self.answers
        assert isinstance(answer, AsrResult), repr(answer)
        return answer


class Bench:
    """Features are computed on submission; everything else waits for `iterate`."""

    def __init__(self, model: Model, config: EngineConfig) -> None:
        ticks = count()
        self.admission = Admission(config.slots + config.lookahead)
        self.intake = Intake(
            model.manifest, config, model.tokenizer, model.languages, lambda: next(ticks) / 1000
        )
        self._counters = EngineCounters()
        self._scheduler = Scheduler(config.slots, config.max_encode_windows)
        self.loop = EngineLoop(
            self.admission,
            self._scheduler,
            model.encoder,
            model.decoder,
            OutputParser(model.tokenizer, model.languages, model.manifest.tokens.asr_text),
            self._counters,
            lambda: next(ticks) / 1000,
        )
        self._sequences: dict[int, Sequence] = {}
        self._has_posted = False  # a message since the last iteration

    def submit(self, pcm: NDArray[np.float32], id_: str = "r", **options: Any) -> Ticket:
        ticket = Ticket(id_)
        sequence = self.intake.accept(AsrRequest(id_, pcm, **options), ticket.answers.append)
        windows: Future = Future()
        windows.set_result(self.intake.prepare(sequence))
        self.admission.admit(sequence, lambda: None)
        self.admission.post(Prepared(sequence, windows))
        self._has_posted = True
        self._sequences[id(ticket)] = sequence
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        self.admission.post(Cancelled(self.sequence(ticket)))
        self._has_posted = True

    def sequence(self, ticket: Ticket) -> Sequence:
        return self._sequences[id(ticket)]

    @property
    def is_full(self) -> bool:
        return not self.admission.wait_for_permit(0)

    def iterate(self, times: int = 1) -> None:
        self._has_posted = False
        for _ in range(times):
            assert self.loop.iterate()

    def iterate_if_busy(self) -> None:
        """With nothing to do an iteration would wait for a message."""
        if self._scheduler.has_work or self._has_posted:
            self.iterate()

    def finish(self, *tickets: Ticket) -> list[AsrResult]:
        for _ in range(10_000):
            if all(ticket.answers for ticket in tickets):
                return [ticket.result for ticket in tickets]
            self.iterate()
        raise AssertionError("the loop does not come to an end")

    def close(self) -> None:
        self.admission.post(CloseDown())
        self.loop.run()

    def stats(self) -> EngineStats:
        return self._counters.snapshot()
