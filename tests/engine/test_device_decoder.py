"""A decoder that looks tokens up in its graph, on the CPU: the same answers as with a lookup on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_engine.errors import ArtifactError
from asr_engine.features import MelFrontEnd
from asr_engine.graphs.decoder import Decoder
from asr_engine.graphs.device_decoder import DeviceDecoder
from asr_engine.graphs.device_tensors import AudioEmbeds, DeviceRows
from asr_engine.manifest import EMBEDDINGS_NAME, load_manifest
from asr_engine.model import Model, load_model
from asr_engine.text.prompt import Prompt
from tests.engine.device_graphs import write_device_artifacts
from tests.engine.loop_bench import Bench
from tests.engine.test_demo_parity import CONFIG, Tokens, mixed_lengths, read_utterances, tokens_of


@pytest.fixture(scope="module")
def artifacts(demo_repository: Path) -> Path:
    return demo_repository / "qwen3_asr" / "1" / "artifacts"


@pytest.fixture(scope="module")
def host(artifacts: Path) -> Model:
    return load_model(artifacts, CONFIG, device_id=0)


@pytest.fixture(scope="module")
def device(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    target = tmp_path_factory.mktemp("device") / "fp32"
    return load_model(write_device_artifacts(artifacts, target), CONFIG, device_id=0)


@pytest.fixture(scope="module")
def clips() -> list[NDArray[np.float32]]:
    return mixed_lengths(list(read_utterances()), 12)


def staggered(model: Model, clips: Sequence[NDArray[np.float32]]) -> list[Tokens]:
    """Three windows to an encoder call: the windows of one request come from several calls."""
    bench = Bench(model, replace(CONFIG, max_encode_windows=3))
    tickets = []
    for number, pcm in enumerate(clips):
        tickets.append(bench.submit(pcm, f"r{number}"))
        bench.iterate(number % 5)
    bench.finish(*tickets)
    return [tokens_of(bench, ticket) for ticket in tickets]


def test_tokens_and_log_probabilities_equal_those_of_the_lookup_on_the_host(
    host: Model, device: Model, clips: list[NDArray[np.float32]]
) -> None:
    assert isinstance(device.decoder, DeviceDecoder)
    for ours, theirs in zip(staggered(device, clips), staggered(host, clips), strict=True):
        assert ours.ids == theirs.ids
        np.testing.assert_allclose(ours.logprobs, theirs.logprobs, atol=1e-5)


def test_half_precision_gives_the_same_tokens(
    artifacts: Path, host: Model, clips: list[NDArray[np.float32]], tmp_path: Path
) -> None:
    expected = [tokens.ids for tokens in staggered(host, clips)]
    for wide in (False, True):
        target = tmp_path / f"wide-{wide}"
        half = load_model(
            write_device_artifacts(artifacts, target, half=True, wide=wide), CONFIG, device_id=0
        )
        assert [tokens.ids for tokens in staggered(half, clips)] == expected


def test_tokens_that_the_device_did_not_choose_are_fed_all_the_same(host: Model, device: Model) -> None:
    def answers(decoder: Decoder) -> list[list[int]]:
        for slot in (0, 1):
            decoder.prefill(slot, Prompt(np.arange(10, 20 + slot), 0, 0), [])
        fed = ([5, 6], [7, 6], [300, 301])
        lengths = np.array([11, 12], np.int32)
        return [decoder.decode(np.array(ids), lengths + step).ids.tolist() for step, ids in enumerate(fed)]

    assert answers(device.decoder) == answers(host.decoder)


def test_a_slot_without_a_row_changes_nothing(device: Model) -> None:
    def second_row(first_length: int) -> list[int]:
        decoder, chosen = device.decoder, []
        decoder.prefill(0, Prompt(np.arange(30, 50), 0, 0), [])
        token = decoder.prefill(1, Prompt(np.arange(60, 75), 0, 0), []).ids
        for step in range(4):
            lengths = np.array([first_length + step if first_length > 1 else 1, 16 + step], np.int32)
            token = decoder.decode(np.array([0, token[-1]]), lengths).ids
            chosen.append(int(token[-1]))
        return chosen

    assert second_row(first_length=21) == second_row(first_length=1)


def test_windows_of_one_call_never_come_to_the_host(
    device: Model, host: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = MelFrontEnd(device.manifest.audio).cut(_mel_noise(device, seconds=19))
    assert len(windows) > 1
    pads = sum(window.num_tokens for window in windows)
    ids = np.full(pads + 8, device.manifest.tokens.audio_pad)
    prompt = Prompt(ids, 4, 4 + pads)
    expected = host.decoder.prefill(0, prompt, host.encoder.encode(windows))
    embeds = device.encoder.encode(windows)
    joined = device.decoder.prefill(1, prompt, [np.asarray(part) for part in embeds])
    monkeypatch.delattr(DeviceRows, "__array__")
    result = device.decoder.prefill(0, prompt, embeds)
    assert result.ids.tolist() == joined.ids.tolist() == expected.ids.tolist()
    np.testing.assert_allclose(result.logprobs, expected.logprobs, atol=1e-5)


def test_rows_in_the_middle_of_a_shared_tensor_are_found(device: Model) -> None:
    windows = MelFrontEnd(device.manifest.audio).cut(_mel_noise(device, seconds=10.5))
    together: list[AudioEmbeds] = device.encoder.encode([*windows, *windows])[len(windows) :]
    for alone, shared in zip(device.encoder.encode(windows), together, strict=True):
        np.testing.assert_allclose(np.asarray(shared), np.asarray(alone), atol=1e-5)


def test_a_decoder_that_takes_embeddings_is_refused_without_them(artifacts: Path, tmp_path: Path) -> None:
    target = write_device_artifacts(artifacts, tmp_path / "device")
    for name in ("decoder.onnx", "decoder.onnx.data"):
        (target / name).write_bytes((artifacts / name).read_bytes())
    _relist(target, artifacts)
    with pytest.raises(
        ArtifactError, match=r"decoder\.onnx: no input 'audio_embeds'; it has .*inputs_embeds"
    ):
        load_model(target, CONFIG, device_id=0)


def _relist(target: Path, source: Path) -> None:
    """The source's manifest without its embeddings."""
    manifest = load_manifest(source)
    files = {name: entry for name, entry in manifest.files.items() if name != EMBEDDINGS_NAME}
    replace(manifest, files=files).save(target)


def _mel_noise(model: Model, seconds: float) -> NDArray[np.float32]:
    frames = int(seconds * model.manifest.audio.sample_rate / model.manifest.audio.hop_length)
    random = np.random.default_rng(0)
    return random.uniform(-0.5, 1.0, (model.manifest.audio.num_mel_bins, frames)).astype(np.float32)
