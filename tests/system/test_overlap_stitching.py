"""Speech without pauses is cut, also in the middle of words, and nothing is lost or doubled there."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from asr_client import AsrClient, ClientSettings
from asr_client.audio.energy import SAMPLE_RATE
from asr_client.segments import segmentation
from asr_client.segments.segmentation import MAX_SEGMENT_S
from asr_eval.normalization import score_units
from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import Transcript, join_texts

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"
NEAR_S = 2.0
ORDERS = 4
SEGMENT_S = (15.0, MAX_SEGMENT_S)
FEWEST_CUTS = {15.0: 30, MAX_SEGMENT_S: 10}  # in all orders: the sample calls in English are shorter
LOUD = 0.1  # of a sentence's peak: where its first and last sound are


@dataclass(frozen=True)
class Unit:
    """One character or word of the reference and when it is spoken, as near as its sentence tells."""

    text: str
    at_s: float


@dataclass
class Stretch:
    """A few seconds of the monologue: those around one cut, or as many without any."""

    is_cut: bool
    units: int = 0
    errors: float = 0.0


@pytest.fixture(scope="module")
def server(demo_repository: Path) -> Iterator[TritonServer]:
    with TritonServer(ServerOptions(repository=demo_repository)) as running:
        yield running


@pytest.mark.parametrize("segment_s", SEGMENT_S)
@pytest.mark.parametrize("place", ["quietest", "loudest"])
@pytest.mark.parametrize("language", ["Chinese", "English"])
def test_errors_near_cuts_are_no_more_than_elsewhere(
    server: TritonServer, language: str, place: str, segment_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "loudest":  # in the middle of a vowel
        quietest = segmentation._quietest
        monkeypatch.setattr(segmentation, "_quietest", lambda values, *ends: quietest(-values, *ends))
    with AsrClient(ClientSettings(address=server.grpc_address, max_segment_s=segment_s)) as client:
        heard = [hear(client, language, order) for order in range(ORDERS)]
    stretches = [stretch for each, _ in heard for stretch in each]
    num_cuts = sum(stretch.is_cut for stretch in stretches)
    assert num_cuts >= FEWEST_CUTS[segment_s]
    assert sum(unaligned for _, unaligned in heard) <= 0.1 * num_cuts
    difference, noise = rates_apart(stretches)
    assert difference <= 2 * noise, f"{difference:+.3f} near cuts; standard error {noise:.3f}"


def hear(client: AsrClient, language: str, order: int) -> tuple[list[Stretch], int]:
    """The monologue in one order around its cuts and between them; how many cuts were not aligned."""
    pcm, units = monologue(language, order)
    transcript = client.transcribe(pcm, sample_rate=SAMPLE_RATE, language=language)
    cuts = np.array(forced_cuts(transcript))
    heard = score_units(join_texts([segment.text for segment in transcript.segments]), language)
    errors = errors_by_unit([unit.text for unit in units], heard)
    stretches: dict[tuple[bool, int], Stretch] = {}
    for unit, count in zip(units, errors, strict=True):
        nearest = int(np.argmin(np.abs(cuts - unit.at_s)))
        is_cut = abs(cuts[nearest] - unit.at_s) < NEAR_S
        number = nearest if is_cut else int(unit.at_s / (2 * NEAR_S))
        stretch = stretches.setdefault((is_cut, number), Stretch(is_cut))
        stretch.units += 1
        stretch.errors += count
    unaligned = [warning for warning in transcript.warnings if warning.code == "unaligned_seam"]
    return list(stretches.values()), len(unaligned)


def rates_apart(stretches: list[Stretch]) -> tuple[float, float]:
    """Error rate around cuts less that elsewhere, and its standard error.

    Errors come in runs, a whole clause at a time, so the bootstrap draws stretches and not words.
    """
    sides = [
        np.array([(stretch.errors, stretch.units) for stretch in stretches if stretch.is_cut == is_cut])
        for is_cut in (True, False)
    ]

    def difference(near: NDArray[np.float64], far: NDArray[np.float64]) -> float:
        (near_errors, near_units), (far_errors, far_units) = near.sum(0), far.sum(0)
        return float(near_errors / near_units - far_errors / far_units)

    rng = np.random.default_rng(0)
    drawn = [
        difference(*(side[rng.integers(len(side), size=len(side))] for side in sides)) for _ in range(1000)
    ]
    return difference(*sides), float(np.std(drawn))


def monologue(language: str, order: int) -> tuple[NDArray[np.int16], list[Unit]]:
    """Every sentence of the sample calls without noise, one directly after the other in some order."""
    spoken = list(sentences(language))
    random.Random(order).shuffle(spoken)
    parts, units, at_s = [], [], 0.0
    for text, pcm in spoken:
        said = score_units(text, language)
        duration_s = len(pcm) / SAMPLE_RATE
        units += [
            Unit(unit, at_s + duration_s * (index + 0.5) / len(said)) for index, unit in enumerate(said)
        ]
        parts.append(pcm)
        at_s += duration_s
    return np.concatenate(parts), units


def forced_cuts(transcript: Transcript) -> list[float]:
    pairs = itertools.pairwise(transcript.segments)
    return [right.start_s for left, right in pairs if left.end_s == right.start_s]


def sentences(language: str) -> Iterator[tuple[str, NDArray[np.int16]]]:
    for call in json.loads((CALLS / "references.json").read_text(encoding="utf-8"))["calls"]:
        if call["language"] != language or call["condition"] == "noise":
            continue
        samples, rate = soundfile.read(CALLS / call["file"], dtype="float32", always_2d=True)
        for said in call["segments"]:
            sound = samples[int(said["start_s"] * rate) : int(said["end_s"] * rate), said["channel"]]
            loud = np.flatnonzero(np.abs(sound) > LOUD * np.abs(sound).max())
            at_rate = soxr.resample(sound[loud[0] : loud[-1]], rate, SAMPLE_RATE)
            yield said["text"], np.rint(np.clip(at_rate, -1, 1) * 32767).astype(np.int16)


def errors_by_unit(reference: list[str], heard: list[str]) -> NDArray[np.float64]:
    """Edits at each unit of the reference; what was inserted counts at the unit before it."""
    rows, columns = len(reference), len(heard)
    cost = np.zeros((rows + 1, columns + 1), np.int32)
    cost[:, 0], cost[0] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            differs = reference[i - 1] != heard[j - 1]
            cost[i, j] = min(cost[i - 1, j - 1] + differs, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    errors = np.zeros(rows)
    i, j = rows, columns
    while i > 0 or j > 0:
        differs = i > 0 and j > 0 and reference[i - 1] != heard[j - 1]
        if i > 0 and j > 0 and cost[i, j] == cost[i - 1, j - 1] + differs:
            errors[i - 1] += differs
            i, j = i - 1, j - 1
        elif i > 0 and cost[i, j] == cost[i - 1, j] + 1:
            errors[i - 1] += 1
            i -= 1
        else:
            errors[max(i - 1, 0)] += 1
            j -= 1
    return errors
