"""The batcher is woken after `execute`, and only then."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from asr_engine.triton.wakeup import Waker
from tests.adapter.fake_triton import wait_until


class Batcher:
    """Triton's HTTP endpoint as far as the waker sees it: throws out what has expired, or does not answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.answers = threading.Event()
        self.answers.set()
        batcher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                batcher.calls.append((self.path, json.loads(body)))
                batcher.answers.wait(5)
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the waker hangs up
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    batcher = Batcher()
    yield batcher
    batcher.close()


@pytest.fixture
def waker(batcher: Batcher) -> Iterator[Waker]:
    waker = Waker(batcher.address, "qwen3_asr")
    yield waker
    waker.close()


def test_call_has_expired_before_it_can_reach_the_model(batcher: Batcher, waker: Waker) -> None:
    waker.enter()
    waker.leave()
    wait_until(lambda: waker.num_calls == 1)
    wait_until(lambda: len(batcher.calls) == 1)
    path, body = batcher.calls[0]
    assert path == "/v2/models/qwen3_asr/infer"
    assert body["parameters"] == {"priority": 1, "timeout": 1}


def test_no_call_while_execute_runs(batcher: Batcher) -> None:
    paused = threading.Event()

    def begin_the_next_execute(_: float) -> None:
        held.enter()
        paused.set()

    held = Waker(batcher.address, "qwen3_asr", begin_the_next_execute)
    held.enter()
    held.leave()
    assert paused.wait(10)
    held.close()  # returns when the waker has looked
    assert held.num_calls == 0


def test_call_follows_when_that_execute_ends(batcher: Batcher) -> None:
    pauses: list[float] = []
    paused = threading.Event()

    def begin_the_next_execute_once(pause_s: float) -> None:
        if not pauses:
            held.enter()
        pauses.append(pause_s)
        paused.set()

    held = Waker(batcher.address, "qwen3_asr", begin_the_next_execute_once)
    held.enter()
    held.leave()
    assert paused.wait(10)
    held.leave()
    wait_until(lambda: len(batcher.calls) >= 1)
    held.close()


def test_call_that_came_too_early_is_made_again(batcher: Batcher, waker: Waker) -> None:
    batcher.answers.clear()
    waker.enter()
    waker.leave()
    wait_until(lambda: waker.num_calls >= 2)
    batcher.answers.set()


def test_without_an_address_nothing_is_called() -> None:
    waker = Waker(None)
    waker.enter()
    waker.leave()
    waker.close()
    assert waker.num_calls == 0


def test_absent_server_does_no_harm() -> None:
    waker = Waker("127.0.0.1:9", "qwen3_asr")
    waker.enter()
    waker.leave()
    wait_until(lambda: waker.num_calls == 3)
    waker.close()
