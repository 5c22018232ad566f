"""What a browser tab works on, and when it is thrown away."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import pytest

from asr_client import ClientSettings
from asr_web.call.call_run import CallOptions, Cancelled, Failed, Transcriber
from asr_web.desks import Desk, Desks, TabName
from asr_web.inbox import Inbox, Recording, UploadRefused
from call_analysis import load_rules

KEY = "0123456789abcdef" * 2


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transcriber() -> Iterator[Transcriber]:
    made = Transcriber(ClientSettings(address="127.0.0.1:9", retries=0), load_rules(), 1, 1)
    yield made
    made.close()


@pytest.fixture
def desks(transcriber: Transcriber, clock: Clock) -> Iterator[Desks]:
    made = Desks(transcriber, max_batch_files=3, keep_s=60, time_s=clock)
    yield made
    made.close()


@pytest.fixture
def upload(tmp_path: Path) -> Recording:
    return received(tmp_path, "call.wav", b"no audio at all")


def received(folder: Path, name: str, content: bytes) -> Recording:
    async def blocks() -> AsyncIterator[bytes]:
        yield content

    async def receive() -> Recording:
        return await Inbox(folder, 1 << 20).receive(name, blocks())

    return anyio.run(receive)


def settle(desk: Desk) -> None:
    over = threading.Event()
    while not desk.calls[TabName.UPLOAD].is_over:
        over.wait(0.01)


def test_a_reload_finds_the_same_desk_and_another_tab_does_not(desks: Desks) -> None:
    assert desks.get(KEY) is desks.get(KEY)
    assert desks.get("f" * 32) is not desks.get(KEY)


@pytest.mark.parametrize("key", ["", "short", "../" * 11, "G" * 32, KEY + "\n"])
def test_what_is_no_key_opens_no_desk(desks: Desks, key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        desks.get(key)


def test_a_desk_that_nobody_uses_is_cleared_with_its_files(
    desks: Desks, clock: Clock, upload: Recording
) -> None:
    desks.get(KEY).put(upload)
    clock.now_s = 59
    desks.sweep()
    assert upload.path.exists()
    assert desks.find(KEY) is not None  # counts as use
    clock.now_s = 118
    desks.sweep()
    assert desks.find(KEY) is not None
    clock.now_s = 180
    desks.sweep()
    assert desks.find(KEY) is None
    assert not upload.path.parent.exists()


def test_an_upload_is_taken_once_however_often_somebody_clicks(desks: Desks, upload: Recording) -> None:
    desk = desks.get(KEY)
    desk.put(upload)
    assert desk.take(upload.id) is upload
    assert desk.take(upload.id) is None


def test_what_is_no_audio_fails_with_a_reason_and_stays_to_be_tried_again(
    desks: Desks, upload: Recording
) -> None:
    desk = desks.get(KEY)
    desk.open(TabName.UPLOAD, upload, CallOptions())
    settle(desk)
    state = desk.calls[TabName.UPLOAD].state
    assert isinstance(state, Failed)
    assert state.failure.kind == "unsupported"
    desk.open_again(TabName.UPLOAD, CallOptions())
    settle(desk)
    assert upload.path.exists()


def test_the_next_call_takes_the_place_of_the_one_before(
    desks: Desks, upload: Recording, tmp_path: Path
) -> None:
    desk = desks.get(KEY)
    desk.open(TabName.UPLOAD, upload, CallOptions())
    desk.open(TabName.UPLOAD, received(tmp_path, "other.wav", b"other"), CallOptions())
    settle(desk)
    assert not upload.path.exists()
    assert desk.calls[TabName.UPLOAD].recording.name == "other.wav"


def test_a_call_that_waits_can_be_cancelled(
    transcriber: Transcriber, desks: Desks, upload: Recording
) -> None:
    free = threading.Event()
    occupied = transcriber._pools[next(iter(transcriber._pools))].submit(free.wait)
    desk = desks.get(KEY)
    desk.open(TabName.UPLOAD, upload, CallOptions())
    desk.cancel(TabName.UPLOAD)
    free.set()
    occupied.result()
    assert isinstance(desk.calls[TabName.UPLOAD].state, Cancelled)


def test_a_full_disk_refuses_an_upload_and_keeps_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UploadRefused, match="no_space"):
        received(tmp_path, "call.wav", b"RIFF")
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"RIFF"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        anyio.run(Inbox(tmp_path, 1 << 20).receive, "call.wav", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_place_has_one_watch_on_a_page_and_another_page_takes_over(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desks.get(KEY)
    first = desk.begin_watch("upload", "page 1")
    assert first is not None
    assert desk.begin_watch("upload", "page 1") is None
    reloaded = desk.begin_watch("upload", "page 2")
    assert reloaded is not None
    assert not desk.goes_on("upload", first)
    assert desk.goes_on("upload", reloaded)
    desk.end_watch("upload", first)  # no longer its own
    assert desk.begin_watch("upload", "page 2") is None
    monkeypatch.setattr("asr_web.desks._LOST_S", -1.0)
    assert desk.begin_watch("upload", "page 2") is not None
    assert not desk.goes_on("upload", reloaded)
