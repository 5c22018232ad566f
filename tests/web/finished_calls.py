"""Finished calls made by hand, as the page gets them from the client and the analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from asr_types.transcript import CallMetadata, Channel, Segment, SpeechSpan, Transcript
from asr_web.call.call_run import CallOptions, CallRun, Finished, RunState
from asr_web.inbox import Recording
from call_analysis import analyze

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>${alert(3)}{{alert(4)}}"

# role, start, end, text
DIALOGUE = (
    ("agent", 0.5, 2.5, "您好，欢迎致电客户服务中心。"),
    ("customer", 3.0, 6.0, "你好，空调坏了，可以维修吗？"),
    ("agent", 16.0, 18.0, "不归我管，你自己看说明书。"),
    ("customer", 18.5, 21.0, "那我要投诉。"),
)


def transcript(
    lines: tuple[tuple[str, float, float, str], ...] = DIALOGUE, source: str = "call.wav"
) -> Transcript:
    """A call of two channels with one segment a line."""
    channels = tuple(
        Channel(index, role, -20.0, -3.0, tuple(SpeechSpan(s, e) for who, s, e, _ in lines if who == role))
        for index, role in enumerate(("agent", "customer"))
    )
    segments = tuple(
        Segment(start, end, ("agent", "customer").index(role), text, "Chinese", "stop", 0.9, 10)
        for role, start, end, text in lines
    )
    duration_s = max((end for _, _, end, _ in lines), default=4.0) + 1
    return Transcript(
        CallMetadata(call_id="call", source=source),
        duration_s,
        16000,
        channels,
        segments,
        "Chinese",
        "demo@1",
    )


def finished(call: Transcript | None = None) -> Finished:
    """The call with its report."""
    call = call or transcript()
    return Finished(call, analyze(call), 1.25)


@dataclass
class SettledRun(CallRun):
    """A run that stands where the test wants it."""

    def __init__(
        self, state: RunState, name: str = "call.wav", path: Path = Path("nowhere/call.wav")
    ) -> None:
        super().__init__(Recording("0" * 32, name, path), CallOptions(), _no_client)
        self.settled = state

    @property
    def state(self) -> RunState:
        return self.settled

    def when_over(self, act: Callable[[CallRun], None]) -> None:
        if self.is_over:
            act(self)


def _no_client() -> NoReturn:
    raise AssertionError("nothing is sent")
