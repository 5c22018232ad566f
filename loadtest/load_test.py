"""Load test run: what its users share, namely clips, expected texts and the calls made so far."""

from __future__ import annotations

import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tritonclient.utils import InferenceServerException

from asr_call import AsrConnection
from load_clips import Clip, load_clips
from load_summary import OK, TEXT_DIFFERS, Call
from priority_mix import PriorityMix, parse_mix
from reference_texts import reference_texts

DEFAULT_CLIPS = Path(__file__).resolve().parents[1] / "demo" / "calls"
SEED = 20240607


class CallFailed(Exception):
    """The request did not return the expected text. The message starts with the outcome's name."""


@dataclass(slots=True)
class LoadTest:
    """One run against one server."""

    address: str
    deadline_s: float
    mix: PriorityMix
    clips: tuple[Clip, ...]
    references: dict[str, str]  # by clip name
    calls: list[Call] = field(default_factory=list)
    users_seen: int = 0

    @classmethod
    def prepare(cls, options: Namespace) -> LoadTest:
        """Load the clips and fetch their reference texts from the server while it has no other load.

        Raises ValueError for invalid options or files, InferenceServerException when the server does not
        answer.
        """
        mix = parse_mix(options.priority_mix)
        clips = load_clips(Path(options.clips))
        connection = AsrConnection(options.address, options.deadline)
        try:
            references = reference_texts(
                clips, connection, Path(options.references) if options.references else None
            )
        finally:
            connection.close()
        return cls(options.address, options.deadline, mix, clips, references)

    def workload(self) -> Iterator[tuple[Clip, int]]:
        """Endless random mix of clips and priorities: different for each user, the same in every run."""
        self.users_seen += 1
        chance = random.Random(SEED + self.users_seen)
        while True:
            for clip in chance.sample(self.clips, len(self.clips)):
                yield clip, self.mix.draw(chance)

    def call(self, connection: AsrConnection, clip: Clip, priority: int) -> tuple[Call, CallFailed | None]:
        """Send one clip, record the call, and compare the text."""
        started_s = time.perf_counter()
        error: CallFailed | None = None
        try:
            text = connection.transcribe(clip, priority)
            outcome = OK if text == self.references[clip.name] else TEXT_DIFFERS
            if outcome != OK:
                error = CallFailed(f"{TEXT_DIFFERS}: {clip.name}")
        except InferenceServerException as failure:
            outcome = (failure.status() or "UNKNOWN").removeprefix("StatusCode.")
            error = CallFailed(f"{outcome}: {_without_id(failure.message())}")
        call = Call(started_s, time.perf_counter() - started_s, clip.audio_s, priority, outcome)
        self.calls.append(call)
        return call, error


def add_options(parser: ArgumentParser) -> None:
    """Add the options of a run to Locust's own."""
    parser.add_argument("--address", default="127.0.0.1:8001", help="host:port of the server's gRPC endpoint")
    parser.add_argument("--clips", default=str(DEFAULT_CLIPS), help="folder of audio files to send")
    parser.add_argument(
        "--priority-mix", default="2", help="level:weight pairs, e.g. 2:0.8,3:0.2 (2 interactive, 3 bulk)"
    )
    parser.add_argument("--deadline", type=float, default=60.0, help="seconds a request may take")
    parser.add_argument(
        "--references", default="", help="JSON file of texts by clip: read if it exists, completed otherwise"
    )
    parser.add_argument("--summary", default="", help="file to write the figures to, as JSON")


def _without_id(message: str) -> str:
    """Strip the request id in brackets from a message, so that Locust counts equal failures as one."""
    return message.partition("] ")[2] if message.startswith("[") and "] " in message else message
