"""Engine as its callers see it: load, submit, cancel, stats, close."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from asr_engine.config import EngineConfig
from asr_engine.device import Device
from asr_engine.errors import EngineError, EngineFull
from asr_engine.features import Window
from asr_engine.intake import Intake
from asr_engine.loop import EngineLoop
from asr_engine.manifest import Manifest
from asr_engine.model import Model, load_model
from asr_engine.request import AsrRequest, AsrResult
from asr_engine.scheduling.admission import Admission, Cancelled, CloseDown, Prepared
from asr_engine.scheduling.scheduler import Scheduler
from asr_engine.scheduling.sequence import OnDone, Sequence
from asr_engine.stats import EngineCounters, EngineStats
from asr_engine.text.output import OutputParser

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A handle on a request that the engine accepted and will answer exactly once."""

    id: str
    _sequence: Sequence
    _admission: Admission

    def cancel(self) -> None:
        """Have the request answered with RequestCancelled at the next step, unless it is answered by then."""
        self._admission.post(Cancelled(self._sequence))


class AsrEngine:
    """Continuous batching over one model on one device. Every method may be called from any thread."""

    def __init__(
        self, model: Model, config: EngineConfig, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Start the loop thread over a loaded model; `load` does this and loads the model first."""
        self.manifest: Manifest = model.manifest
        self.device: Device = model.device
        self.config = config
        self._admission = Admission(config.slots + config.lookahead)
        self._intake = Intake(model.manifest, config, model.tokenizer, model.languages, clock)
        self._counters = EngineCounters()
        self._feature_pool = ThreadPoolExecutor(config.feature_threads, "asr-features")
        loop = EngineLoop(
            self._admission,
            Scheduler(config.slots, config.max_encode_windows),
            model.encoder,
            model.decoder,
            OutputParser(model.tokenizer, model.languages, model.manifest.tokens.asr_text),
            self._counters,
            clock,
        )
        self._thread = threading.Thread(target=self._run_loop, args=(loop,), name="asr-engine", daemon=True)
        self._thread.start()

    @classmethod
    def load(cls, artifacts: Path, config: EngineConfig, device_id: int = 0) -> AsrEngine:
        """Check the files, open the graphs, warm up, start the loop. `device_id` counts GPUs.

        Raises ArtifactError for files that are missing, changed or do not fit together, and ConfigError
        for settings that do not fit the artifacts or this machine.
        """
        started_at = time.perf_counter()
        model = load_model(artifacts, config, device_id)
        engine = cls(model, model.config)
        _log.info(
            "%s (%s) is ready after %.1f s: %d slots of %d positions",
            engine.manifest.source,
            engine.manifest.target,
            time.perf_counter() - started_at,
            engine.config.slots,
            config.max_positions,
        )
        return engine

    def submit(self, request: AsrRequest, on_done: OnDone) -> Job:
        """Hand in a request; never blocks.

        Raises a RequestError when the request cannot be served, EngineFull when no admission permit is free,
        and EngineClosed or EngineFailed when the engine is no longer running. Once this returns, `on_done` is
        called exactly once, on the engine's thread: it must be quick, it may submit, and it must not wait
        for the engine. An exception from it is logged. The samples must not change before that call.
        """
        self._admission.check_open()
        sequence = self._intake.accept(request, on_done)
        self._admission.admit(sequence, lambda: self._prepare(sequence))
        return Job(request.id, sequence, self._admission)

    def wait_for_permit(self, timeout_s: float | None) -> bool:
        """Block until `submit` would not raise EngineFull; False when `timeout_s` passed first.

        Nothing is reserved: another thread may take the permit, and `submit` then raises EngineFull after
        all. Returns True once the engine has ended, because `submit` then raises at once.
        """
        return self._admission.wait_for_permit(timeout_s)

    def transcribe(self, request: AsrRequest) -> AsrResult:
        """Submit and wait for the answer; raises what `submit` raises, or the error that is the answer."""
        answer: Future[AsrResult | EngineError] = Future()
        while True:
            self.wait_for_permit(None)
            try:
                self.submit(request, answer.set_result)
                break
            except EngineFull:
                continue
        result = answer.result()
        if isinstance(result, EngineError):
            raise result
        return result

    def stats(self) -> EngineStats:
        """Counters and gauges as they are now; gauges change once in each iteration of the loop."""
        return self._counters.snapshot()

    def close(self) -> None:
        """Answer everything pending with EngineClosed and end; returns when the loop has ended."""
        self._admission.post(CloseDown())
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> AsrEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run_loop(self, loop: EngineLoop) -> None:
        loop.run()
        self._feature_pool.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, sequence: Sequence) -> None:
        future = self._feature_pool.submit(self._intake.prepare, sequence)
        future.add_done_callback(lambda done: self._post_windows(sequence, done))

    def _post_windows(self, sequence: Sequence, windows: Future[tuple[Window, ...]]) -> None:
        self._admission.post(Prepared(sequence, windows))
