"""One plain gRPC call, as any program without our client would make it."""

from __future__ import annotations

import tritonclient.grpc as triton

from load_clips import Clip

MODEL = "qwen3_asr"
# A connection for each user, as separate machines would have, instead of gRPC's shared one.
CHANNEL_OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


class AsrConnection:
    """A channel of its own to one server. Failures leave as tritonclient's InferenceServerException."""

    def __init__(self, address: str, deadline_s: float) -> None:
        self._client = triton.InferenceServerClient(address, channel_args=CHANNEL_OPTIONS)
        self._deadline_s = deadline_s

    def transcribe(self, clip: Clip, priority: int, request_id: str = "") -> str:
        """The text of one clip."""
        audio = triton.InferInput("AUDIO", [1, len(clip.pcm)], "INT16")
        audio.set_data_from_numpy(clip.pcm[None, :])
        result = self._client.infer(
            MODEL,
            [audio],
            outputs=[triton.InferRequestedOutput("TEXT")],
            request_id=request_id,
            priority=priority,
            client_timeout=self._deadline_s,
        )
        text: bytes = result.as_numpy("TEXT").item()
        return text.decode("utf-8")

    def close(self) -> None:
        """Close the channel."""
        self._client.close()
