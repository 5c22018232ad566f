"""Sample calls in every encoding are transcribed as well as from WAV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from asr_client import AsrClient, ClientSettings
from asr_eval.scoring import ErrorCount, error_rate, total_errors
from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import join_texts
from tests.client.encoded_variants import VARIANTS, Sndfile, Variant

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"
ALL_CALLS: list[dict[str, Any]] = json.loads((CALLS / "references.json").read_text(encoding="utf-8"))["calls"]
# What the phone sent and what was said close to a microphone, in both languages; one channel, so that
# encodings of two carry it twice.
CHOSEN = [
    call
    for call in ALL_CALLS
    if call["condition"] in ("clean", "telephone") and len(call["roles"]) == 1 and call["duration_s"] < 60
]
WAV = Sndfile("original.wav", "PCM_16")
ALLOWED_LOSS = 0.01


@pytest.fixture(scope="module")
def client(demo_repository: Path) -> Iterator[AsrClient]:
    with (
        TritonServer(ServerOptions(repository=demo_repository)) as server,
        AsrClient(ClientSettings(address=server.grpc_address)) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def from_wav(client: AsrClient, tmp_path_factory: pytest.TempPathFactory) -> ErrorCount:
    return errors(client, WAV, tmp_path_factory.mktemp("wav"))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_an_encoding_costs_less_than_a_point(
    client: AsrClient, from_wav: ErrorCount, variant: Variant, tmp_path: Path
) -> None:
    assert {call["language"] for call in CHOSEN} == {"Chinese", "English"}
    encoded = errors(client, variant, tmp_path)
    assert encoded.rate <= from_wav.rate + ALLOWED_LOSS, f"{encoded.rate:.4f}, from WAV {from_wav.rate:.4f}"


def errors(client: AsrClient, variant: Variant, folder: Path) -> ErrorCount:
    """Summed over the chosen calls."""
    counts = []
    for call in CHOSEN:
        samples, rate = soundfile.read(CALLS / call["file"], dtype="float32", always_2d=True)
        path = folder / f"{Path(call['file']).stem}-{variant.name}"
        variant.write(path, samples, rate)
        transcript = client.transcribe(path)
        assert len(transcript.channels) == 1  # two of one signal are one
        said = join_texts([segment["text"] for segment in call["segments"]])
        heard = join_texts([segment.text for segment in transcript.segments])
        counts.append(error_rate(said, heard, call["language"]))
    return total_errors(counts)
