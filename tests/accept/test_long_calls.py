"""A call of two hours: what the client needs in memory, and whether every sentence comes out once, in time.

The call is made of the sentences of the sample calls, in an order of chance, with pauses between them; agent
and customer sometimes speak at once. Its reference is what they say.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import Transcript, transcript_from_dict

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"
RATE = 16_000
HOURS = 2.0
MEMORY_MB = 400
TIMES_S = 0.3
PAUSE_S = (1.2, 9.0)
OVERLAP_S = 0.8  # every fifth sentence begins this long before the other speaker has finished
# A sentence that was misheard has about as many words as the one that was said; a lost one has fewer.
LOST_BELOW, DOUBLED_ABOVE = 0.5, 1.5
WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")

Figure = Callable[[str, object, str], None]


@dataclass(frozen=True)
class Said:
    """One sentence of the call."""

    channel: int
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of the sample calls and its sound, [samples] at 16 kHz."""

    text: str
    pcm: NDArray[np.int16]


# Runs in a process of its own, so that its memory is the client's alone. ru_maxrss would start from the peak
# of the process that started it; VmHWM does not.
CLIENT = """
import json, pathlib, re, sys
from asr_client import AsrClient, ClientSettings
with AsrClient(ClientSettings(address=sys.argv[1])) as client:
    transcript = client.transcribe(sys.argv[2])
status = pathlib.Path("/proc/self/status").read_text()
peak_mb = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024
print(json.dumps({"peak_mb": peak_mb, "transcript": transcript.to_dict()}))
"""


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Said]]:
    path = tmp_path_factory.mktemp("long") / "two_hours.flac"
    return path, write_call(path, sentences(), HOURS * 3600)


@pytest.fixture(scope="module")
def result(demo_repository: Path, call: tuple[Path, list[Said]]) -> Iterator[dict[str, Any]]:
    with TritonServer(ServerOptions(repository=demo_repository)) as server:
        command = [sys.executable, "-c", CLIENT, server.grpc_address, str(call[0])]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=3000)
        yield json.loads(shown.stdout)


@pytest.mark.timeout(3600)
def test_two_hours_need_little_memory(result: dict[str, Any], figure: Figure) -> None:
    figure("two hours, two channels: client's peak memory, MB", result["peak_mb"], f"< {MEMORY_MB}")
    assert result["peak_mb"] < MEMORY_MB


@pytest.mark.timeout(3600)
def test_no_sentence_of_two_hours_is_lost_or_doubled(
    result: dict[str, Any], call: tuple[Path, list[Said]], figure: Figure
) -> None:
    transcript = transcript_from_dict(result["transcript"])
    lost, doubled, worst_s, late = 0, 0, 0.0, 0
    for group, heard, start_s, end_s in segments_with_their_sentences(transcript, call[1]):
        num_said = sum(len(WORD.findall(sentence.text)) for sentence in group)
        num_heard = len(WORD.findall(heard))
        lost += num_heard < LOST_BELOW * num_said
        doubled += num_heard > DOUBLED_ABOVE * num_said
        if group:
            off_s = max(abs(start_s - group[0].start_s), abs(end_s - group[-1].end_s))
            worst_s = max(worst_s, off_s)
            late += off_s > TIMES_S
    unheard = sentences_outside_segments(transcript, call[1])
    figure("two hours: sentences", len(call[1]), "> 500")
    figure("two hours: sentences lost, doubled, outside all segments", f"{lost}, {doubled}, {unheard}", "0")
    figure("two hours: segment edge farthest from its sentence, s", worst_s, f"<= {TIMES_S}")
    assert len(call[1]) > 500
    assert (lost, doubled, unheard, late) == (0, 0, 0, 0)


def segments_with_their_sentences(
    transcript: Transcript, call: list[Said]
) -> Iterator[tuple[list[Said], str, float, float]]:
    for segment in transcript.segments:
        group = [
            said
            for said in call
            if said.channel == segment.channel
            and segment.start_s < (said.start_s + said.end_s) / 2 < segment.end_s
        ]
        yield group, segment.text, segment.start_s, segment.end_s


def sentences_outside_segments(transcript: Transcript, call: list[Said]) -> int:
    return sum(
        not any(
            segment.channel == said.channel
            and segment.start_s <= said.start_s + TIMES_S
            and segment.end_s >= said.end_s - TIMES_S
            for segment in transcript.segments
        )
        for said in call
    )


def sentences() -> list[Sentence]:
    """All of the clean and telephone sample calls, cut out by their references."""
    found = []
    for call in json.loads((CALLS / "references.json").read_text(encoding="utf-8"))["calls"]:
        if call["condition"] not in ("clean", "telephone"):
            continue
        samples, rate = soundfile.read(CALLS / call["file"], dtype="float32", always_2d=True)
        for said in call["segments"]:
            sound = samples[int(said["start_s"] * rate) : int(said["end_s"] * rate), said["channel"]]
            pcm = np.rint(np.clip(soxr.resample(sound, rate, RATE), -1, 1) * 32767).astype(np.int16)
            found.append(Sentence(said["text"], pcm))
    return found


def write_call(path: Path, sentences: list[Sentence], duration_s: float) -> list[Said]:
    """Sentences one after the other, each by the other speaker; writes as it goes."""
    rng = np.random.default_rng(20)
    call: list[Said] = []
    parts = np.zeros((int(duration_s * RATE), 2), np.int16)
    at_s = 1.0
    while at_s < duration_s - 60:
        sentence = sentences[rng.integers(len(sentences))]
        channel = len(call) % 2
        start = int(at_s * RATE)
        parts[start : start + len(sentence.pcm), channel] = sentence.pcm
        end_s = at_s + len(sentence.pcm) / RATE
        call.append(Said(channel, at_s, end_s, sentence.text))
        at_s = end_s - OVERLAP_S if len(call) % 5 == 0 else end_s + rng.uniform(*PAUSE_S)
    soundfile.write(path, parts, RATE)
    return call
