"""AsrModel: the engine as a Triton model; `model_repository/qwen3_asr/1/model.py` forwards to it.

Triton calls `execute` from one thread. `execute` hands each request to the engine and returns without
answers; the response sender's thread sends one for each request later. `execute` returns only when the engine
has a free admission permit, so requests that cannot run yet stay in Triton's own queue, where priorities,
time-outs and limits apply.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.errors import ArtifactError, EngineError, RequestCancelled
from asr_engine.triton.metrics import MetricsPublisher
from asr_engine.triton.parent_watchdog import SERVING_STUCK_S, ParentWatchdog
from asr_engine.triton.request import read_request, request_id_of
from asr_engine.triton.response_sender import PendingResponse, ResponseSender
from asr_engine.triton.wakeup import Waker

log = logging.getLogger(__name__)

HTTP_ADDRESS = "ASR_TRITON_HTTP"  # variable with HOST:PORT of this server's own HTTP endpoint
WAIT_S = 0.02  # how often a blocked `execute` checks whether the caller is still there


class AsrModel:
    """One loaded model instance. `pb_utils` is Triton's Python module, passed in by model.py."""

    def __init__(
        self, engine: AsrEngine, pb_utils: Any, waker: Waker | None = None, instance: str = ""
    ) -> None:
        self._engine = engine
        self._pb_utils = pb_utils
        self._waker = waker or Waker(None)
        self._metrics = MetricsPublisher(engine, self._waker, pb_utils, _model_info(engine), instance)
        self._responses = ResponseSender(
            pb_utils, model=_model_label(engine), on_result=self._metrics.observe
        )

    @classmethod
    def load(cls, args: dict[str, str], pb_utils: Any) -> AsrModel:
        """Build the engine from Triton's `initialize` arguments.

        Raises pb_utils.TritonModelException with one sentence when it cannot serve.
        """
        _log_to_stderr()
        watchdog = ParentWatchdog()
        model_dir = Path(args["model_repository"])
        try:
            check_strings_survive(pb_utils)
            config = EngineConfig.load(model_dir / "engine.json")
            artifacts = model_dir / args["model_version"] / "artifacts"
            engine = AsrEngine.load(artifacts, config, int(args["model_instance_device_id"]))
        except EngineError as error:
            raise pb_utils.TritonModelException(f"{args['model_name']} cannot load: {error}") from None
        watchdog.stuck_s = SERVING_STUCK_S
        waker = Waker(os.environ.get(HTTP_ADDRESS), args["model_name"])
        return cls(engine, pb_utils, waker, _instance_among_several(args))

    def execute(self, requests: list[Any]) -> None:
        """Hand every request to the engine; block until it can accept the next one."""
        self._waker.enter()
        try:
            for request in requests:
                self._submit(request)
            self._wait_for_permit(None)
        finally:
            self._waker.leave()  # after an error too, or the batcher would never be woken again

    def close(self) -> None:
        """Answer whatever is still pending and end all threads."""
        self._waker.close()
        self._engine.close()
        self._responses.close()
        self._metrics.close()

    def _submit(self, triton_request: Any) -> None:
        request_id = request_id_of(triton_request)
        outputs = triton_request.requested_output_names()
        pending = PendingResponse(request_id, outputs, triton_request.get_response_sender())
        try:
            request = read_request(triton_request, request_id, self._pb_utils)
            self._wait_for_permit(pending)
            self._responses.watch(pending)
            pending.job = self._engine.submit(request, lambda answer: self._responses.send(pending, answer))
        except EngineError as error:
            self._responses.send(pending, error.with_traceback(None))  # the traceback's frames hold the audio

    def _wait_for_permit(self, pending: PendingResponse | None) -> None:
        """Block until the engine has a free admission permit, or has ended and refuses at once.

        Raises RequestCancelled when the caller of `pending`, which needs the permit, goes away meanwhile.
        """
        if pending is None:
            self._engine.wait_for_permit(None)
            return
        while not self._engine.wait_for_permit(WAIT_S):
            if pending.is_cancelled():
                raise RequestCancelled("the caller went away while the request waited for a place")


def check_strings_survive(pb_utils: Any) -> None:
    """Refuse a numpy whose array layout this server misreads; raises ArtifactError.

    Triton before 24.12 knows only numpy 1: with numpy 2 every string output arrives empty, without an error.
    The same misreading garbles a DLPack round trip, and that the model can test.
    """
    sent = np.arange(1, 4, dtype=np.int16)
    tensor = pb_utils.Tensor("probe", sent)
    received = pb_utils.Tensor.from_dlpack("probe", tensor.to_dlpack()).as_numpy()
    if not np.array_equal(sent, received):
        raise ArtifactError(
            f"numpy {np.__version__} does not work with this Triton, text would arrive empty; "
            "install numpy<2 (the extra 'embedded' does)"
        )


def _instance_among_several(args: dict[str, str]) -> str:
    """This instance's name where the model has more than one, as on a host with several GPUs; else empty."""
    groups = json.loads(args.get("model_config", "{}")).get("instance_group", [])
    count = sum(int(group.get("count", 1)) * max(1, len(group.get("gpus", []))) for group in groups)
    return args["model_instance_name"] if count > 1 else ""


def _model_info(engine: AsrEngine) -> dict[str, str]:
    """What the metrics page says about the model."""
    target, device = engine.manifest.target, engine.device
    return {"model": _model_label(engine), "target": target, "device": device.kind.value}


def _model_label(engine: AsrEngine) -> str:
    """`source@revision+build`; the build changes with the artifacts, the settings and this package's version.

    Equal labels promise equal results; caches of transcripts rely on that.
    """
    manifest = engine.manifest
    revision = f"@{manifest.revision[:12]}" if manifest.revision else ""
    parts = {
        "files": {name: entry.sha256 for name, entry in manifest.files.items()},
        "knobs": {**asdict(engine.config), "slots": None},  # results do not depend on their number
        "version": _version(),
    }
    build = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=4).hexdigest()
    return f"{manifest.source}{revision}+{build}"


def _version() -> str:
    try:
        return version("qwen3-asr-triton")
    except PackageNotFoundError:  # run from a source tree
        return ""


def _log_to_stderr() -> None:
    """Engine logs go where Triton's own go; the server's embedded Python has no logging set up."""
    package = logging.getLogger("asr_engine")
    if package.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    package.addHandler(handler)
    package.setLevel(logging.INFO)
    package.propagate = False
