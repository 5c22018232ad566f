"""A test of code that uses AsrClient, without a server. Run it with pytest."""

import json
from pathlib import Path

from asr_client import AsrClient
from asr_client.transport import OnDone, Query

CALL = Path(__file__).parents[2] / "demo" / "calls" / "zh_price.flac"


class SameAnswer:
    """A transport that answers every request at once, so the request it returns is already over."""

    def start(self, query: Query, timeout_s: float, on_done: OnDone) -> "SameAnswer":
        on_done(json.dumps({"text": "你好", "finish_reason": "stop", "num_tokens": 2}).encode())
        return self

    def cancel(self) -> None: ...

    def check_reachable(self, timeout_s: float) -> None: ...

    def close(self) -> None: ...


def test_every_segment_gets_the_answer() -> None:
    with AsrClient(transport=SameAnswer()) as client:
        call = client.transcribe(CALL)
    assert {segment.text for segment in call.segments} == {"你好"}
