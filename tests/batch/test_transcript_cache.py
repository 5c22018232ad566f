"""The cache gives what a fresh call gives, byte for byte, and nothing else."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr_client import AsrClient, ClientSettings
from asr_client.cache.client import CachedClient, CacheMode
from asr_client.cache.digest import digest_of_samples
from asr_client.cache.entries import Entries
from asr_client.errors import CorruptAudio, ServerUnavailable
from asr_client.formats import to_json
from asr_types.transcript import CallMetadata
from tests.batch.batch_calls import RATE, speech
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
ASKED_FOR_MODEL = 1600  # samples


def answer(received: Received) -> Step:
    """A text that tells the samples, and digits that JSON has to keep."""
    return Reply(text=f"{len(received.pcm)} {int(np.abs(received.pcm).sum())}", mean_logprob=-0.1234567890123)


def calls_sent(server: ScriptedServer) -> int:
    return sum(len(received.pcm) > ASKED_FOR_MODEL for received in server.received)


@pytest.fixture
def server(serve: Serve) -> ScriptedServer:
    return serve(answer)


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[AsrClient]:
    with AsrClient(ClientSettings(address=server.address, retries=0)) as made:
        yield made


@pytest.fixture
def cached(client: AsrClient, tmp_path: Path) -> CachedClient:
    return CachedClient(client, Entries(tmp_path / "cache"))


@pytest.fixture
def call(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    soundfile.write(path, np.stack([speech(2), speech(2, 0.5)[::-1]], axis=1), RATE)
    return path


def test_a_hit_is_byte_for_byte_what_a_fresh_call_gives(
    client: AsrClient, cached: CachedClient, server: ScriptedServer, call: Path
) -> None:
    metadata = CallMetadata(agent_id="a7", attributes={"queue": "售后"})
    options: dict[str, Any] = {"metadata": metadata, "roles": ("customer", "agent"), "language": "zh"}
    fresh = client.transcribe(call, **options)
    first, second = (cached.fetch(call, **options) for _ in range(2))
    assert (first.is_hit, second.is_hit) == (False, True)
    assert to_json(fresh) == to_json(first.transcript) == to_json(second.transcript)
    assert fresh.segments[0].confidence is not None
    assert calls_sent(server) == 2 * len(fresh.segments)


def test_ids_and_names_belong_to_the_call_and_not_to_the_entry(cached: CachedClient, call: Path) -> None:
    cached.transcribe(call, metadata=CallMetadata("first", agent_id="a1"))
    copy = call.with_name("copy.wav")
    copy.write_bytes(call.read_bytes())
    found = cached.fetch(copy)
    assert found.is_hit
    assert found.transcript.metadata == CallMetadata("copy", "copy.wav")


def test_the_same_samples_in_another_container_are_found(cached: CachedClient, call: Path) -> None:
    cached.transcribe(call)
    samples, rate = soundfile.read(call, dtype="int16")
    soundfile.write(call.with_suffix(".flac"), samples, rate)
    assert cached.fetch(call.with_suffix(".flac")).is_hit


def statistics(samples: NDArray[np.float32]) -> tuple[float, float, float]:
    """What is often taken as a key."""
    return float(np.mean(samples)), float(np.std(samples)), float(np.max(np.abs(samples)))


def test_clips_of_equal_mean_deviation_and_peak_have_entries_of_their_own(cached: CachedClient) -> None:
    """Sorting the blocks of a clip anew changes what is said and none of the statistics."""
    clip = np.round(speech(2) * 2**12).astype(np.float32) / 2**12  # sums are exact in any order
    blocks = clip.reshape(4, -1)
    other = np.concatenate([blocks[2], blocks[0], blocks[3], blocks[1]])
    assert statistics(clip.astype(np.float64)) == statistics(other.astype(np.float64))
    assert digest_of_samples(clip, RATE) != digest_of_samples(other, RATE)
    first = cached.fetch(clip, sample_rate=RATE)
    second = cached.fetch(other, sample_rate=RATE)
    assert not second.is_hit
    assert first.transcript.text != second.transcript.text


def test_rate_and_channels_are_part_of_the_key() -> None:
    clip = speech(1)
    digests = [
        digest_of_samples(clip, 16000),
        digest_of_samples(clip, 8000),
        digest_of_samples(clip.reshape(-1, 2), 16000),
        digest_of_samples(clip.reshape(-1, 1), 16000),
    ]
    assert len(set(digests)) == len(digests)


def test_a_file_that_breaks_off_is_not_the_whole_one_of_equal_samples(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.wav", tmp_path / "broken.wav"
    soundfile.write(whole, speech(1), RATE)
    soundfile.write(broken, speech(2), RATE)
    broken.write_bytes(broken.read_bytes()[: whole.stat().st_size])
    assert digest_of_samples(whole) != digest_of_samples(broken)


@pytest.mark.parametrize(
    "options", [{"language": "zh"}, {"context": "保修"}, {"max_new_tokens": 5}, {"roles": ("agent", "agent")}]
)  # fmt: skip
def test_every_option_that_changes_the_result_has_entries_of_its_own(
    cached: CachedClient, call: Path, options: dict[str, Any]
) -> None:
    cached.transcribe(call)
    assert not cached.fetch(call, **options).is_hit
    assert cached.fetch(call, **options).is_hit
    assert cached.fetch(call).is_hit


def test_how_the_server_is_reached_is_no_part_of_the_key(
    cached: CachedClient, server: ScriptedServer, call: Path, tmp_path: Path
) -> None:
    cached.transcribe(call)
    settings = ClientSettings(address=server.address, deadline_s=7, concurrency=1, retries=3)
    with AsrClient(settings) as other:
        assert CachedClient(other, Entries(tmp_path / "cache")).fetch(call).is_hit


def test_another_model_has_entries_of_its_own_also_when_it_comes_in_the_middle(
    serve: Serve, tmp_path: Path, call: Path
) -> None:
    served = ["r1"]

    def script(received: Received) -> Step:
        document = Reply().document(received).replace(b'"r1"', f'"{served[0]}"'.encode())
        return Reply(raw=document)

    now = [0.0]
    with AsrClient(ClientSettings(address=serve(script).address)) as client:
        cached = CachedClient(client, Entries(tmp_path / "cache"), clock=lambda: now[0])
        cached.transcribe(call)
        served[0] = "r2"
        assert cached.fetch(call).is_hit  # the server is asked again after half a minute
        now[0] = 31.0
        assert not cached.fetch(call).is_hit
        assert cached.fetch(call).is_hit
        served[0] = "r3"
        assert not cached.fetch(call, language="zh").is_hit  # answered by r3, so not kept as r2's
        served[0] = "r2"
        assert not cached.fetch(call, language="zh").is_hit


def test_a_server_that_does_not_name_its_model_is_not_cached(
    serve: Serve, tmp_path: Path, call: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def script(received: Received) -> Step:
        return Reply(raw=Reply().document(received).replace(b'{"name": "scripted", "revision": "r1"}', b'""'))

    with AsrClient(ClientSettings(address=serve(script).address)) as client:
        cached = CachedClient(client, Entries(tmp_path / "cache"))
        assert [cached.fetch(call).is_hit for _ in range(2)] == [False, False]
    assert caplog.text.count("does not say which model it runs") == 1


def test_without_a_server_there_is_no_hit(
    cached: CachedClient, client: AsrClient, server: ScriptedServer, call: Path, tmp_path: Path
) -> None:
    cached.transcribe(call)
    server.stop()
    with pytest.raises(ServerUnavailable, match="the question for the model's name"):
        CachedClient(client, Entries(tmp_path / "cache")).transcribe(call)


def test_refreshing_transcribes_anew_and_replaces(
    cached: CachedClient, client: AsrClient, server: ScriptedServer, call: Path, tmp_path: Path
) -> None:
    cached.transcribe(call)
    sent = calls_sent(server)
    refreshing = CachedClient(client, Entries(tmp_path / "cache"), CacheMode.REFRESH)
    assert not refreshing.fetch(call).is_hit
    assert calls_sent(server) == 2 * sent
    assert cached.fetch(call).is_hit


def test_damaged_entries_are_misses(cached: CachedClient, call: Path, tmp_path: Path) -> None:
    fresh = to_json(cached.transcribe(call))
    for damage in (lambda _: b"", lambda old: old[:-1], lambda old: old[:40] + b"x" + old[41:]):
        for path in (tmp_path / "cache").glob("??/*"):
            path.write_bytes(damage(path.read_bytes()))
        again = cached.fetch(call)
        assert not again.is_hit
        assert to_json(again.transcript) == fresh
        assert cached.fetch(call).is_hit


def test_a_file_that_cannot_be_used_fails_as_without_a_cache(cached: CachedClient, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for _ in range(2):
        with pytest.raises(CorruptAudio, match=r"empty.wav is empty \(0 bytes\)"):
            cached.transcribe(tmp_path / "empty.wav")


def test_a_folder_that_cannot_be_written_costs_one_warning(
    client: AsrClient, call: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    cached = CachedClient(client, Entries(taken))
    assert cached.transcribe(call).text == cached.transcribe(call).text
    assert caplog.text.count("cannot be written") == 1


def test_timings_are_in_the_log_and_not_in_the_transcript(
    cached: CachedClient, call: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cached.transcribe(call)
    with caplog.at_level(logging.INFO):
        cached.transcribe(call)
    assert "call.wav: found in the cache in 0." in caplog.text


def test_entries_used_longest_ago_go_first(tmp_path: Path) -> None:
    entries = Entries(tmp_path / "cache", max_bytes=1000)
    keys = [f"{n:02}key" for n in range(20)]
    for age, key in enumerate(keys[:9]):
        entries.put(key, bytes(84))
        os.utime(tmp_path / "cache" / key[:2] / key, (1000 + age, 1000 + age))
    assert entries.get(keys[0]) == bytes(84)  # used again
    for key in keys[9:12]:
        entries.put(key, bytes(84))
    kept = [key for key in keys if entries.get(key) is not None]
    assert keys[0] in kept
    assert keys[1] not in kept
    assert keys[9:12] == kept[-3:]
    assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("??/*")) <= 1000


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    Entries(tmp_path / "cache").put("abcd", b"what was said")
    for folder in (tmp_path / "cache", tmp_path / "cache" / "ab"):
        assert folder.stat().st_mode & 0o077 == 0


def _hammer(folder: Path, seed: int, bad: Any) -> None:
    entries = Entries(folder, max_bytes=20_000)
    rng = np.random.default_rng(seed)
    for _ in range(150):
        number = int(rng.integers(40))
        content = bytes([number]) * (300 + number)
        found = entries.get(f"{number:02}")
        if found is not None and found != content:
            bad.value += 1
        entries.put(f"{number:02}", content)


def test_processes_that_write_and_clean_up_at_once_never_read_half_an_entry(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    bad = context.Value("i", 0)
    processes = [context.Process(target=_hammer, args=(tmp_path / "cache", n, bad)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert bad.value == 0
    assert not list((tmp_path / "cache").glob("??/.*"))


def test_metadata_in_entries_is_empty(cached: CachedClient, call: Path, tmp_path: Path) -> None:
    """Names of people have no business in a cache."""
    metadata = replace(CallMetadata(), agent_id="agent-secret", call_id="call-secret")
    cached.transcribe(call, metadata=metadata)
    assert not [path for path in (tmp_path / "cache").glob("??/*") if b"secret" in path.read_bytes()]
