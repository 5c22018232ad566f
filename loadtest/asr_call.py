"""Plain gRPC call of the transcription service, as a program without our client makes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tritonclient.grpc as triton
from numpy.typing import NDArray

from load_clips import Clip

MODEL = "qwen3_asr"
# A connection for each user, as separate machines would have, instead of one that gRPC shares.
CHANNEL_OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


class AsrConnection:
    """A gRPC channel of its own to one server. Failures are tritonclient's InferenceServerException."""

    def __init__(self, address: str, deadline_s: float) -> None:
        self._client = triton.InferenceServerClient(address, channel_args=CHANNEL_OPTIONS)
        self._deadline_s = deadline_s

    def transcribe(self, clip: Clip, priority: int, request_id: str = "") -> str:
        """The text of one clip."""
        return self.infer(clip.pcm, "TEXT", priority, request_id).decode("utf-8")

    def infer(
        self,
        pcm: NDArray[np.int16],
        output: str,
        priority: int,
        request_id: str = "",
        parameters: Mapping[str, int] | None = None,
    ) -> bytes:
        """One output of the model for PCM, [samples]; `parameters` are those of the request."""
        audio = triton.InferInput("AUDIO", [1, len(pcm)], "INT16")
        audio.set_data_from_numpy(pcm[None, :])
        result = self._client.infer(
            MODEL,
            [audio],
            outputs=[triton.InferRequestedOutput(output)],
            request_id=request_id,
            priority=priority,
            client_timeout=self._deadline_s,
            parameters=dict(parameters) if parameters else None,
        )
        content: bytes = result.as_numpy(output).item()
        return content

    def close(self) -> None:
        self._client.close()
