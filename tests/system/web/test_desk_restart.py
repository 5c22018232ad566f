"""The transcription server goes away and comes back while the page is open."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, expect

from asr_server.server import ServerOptions, TritonServer
from asr_web.page.texts import texts
from tests.system.web.desk_calls import CHINESE, ENGLISH, LONG
from tests.web.chromium import DeskPage
from tests.web.desk_process import DeskProcess

EN = texts("en")


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.fixture
def options(demo_repository: Path) -> ServerOptions:
    """Ports that stay the same from one server to the next."""
    with TritonServer(ServerOptions(repository=demo_repository)) as server:
        ports = [
            port_of(address) for address in (server.grpc_address, server.http_address, server.metrics_address)
        ]
    return ServerOptions(
        repository=demo_repository, grpc_port=ports[0], http_port=ports[1], metrics_port=ports[2]
    )


@pytest.fixture
def page(options: ServerOptions, browser: Browser, tmp_path: Path) -> Iterator[DeskPage]:
    """The desk of a server that is not running."""
    addresses = (f"127.0.0.1:{options.grpc_port}", f"127.0.0.1:{options.metrics_port}")
    with DeskProcess(tmp_path, "--address", addresses[0], "--metrics", addresses[1]) as desk:
        opened = DeskPage(browser, desk.url)
        yield opened
        opened.context.close()
        assert opened.errors == []


def condition(page: DeskPage, wanted: str) -> None:
    expect(page.page.locator(f".desk-head .pill[data-condition={wanted}]")).to_be_visible()


@pytest.mark.timeout(400)
def test_a_call_outlives_a_restart_and_a_longer_absence_is_explained(
    page: DeskPage, options: ServerOptions
) -> None:
    condition(page, "down")
    page.open_tab("upload")
    with TritonServer(options):
        condition(page, "ready")
        page.upload(ENGLISH)
        expect(page.finished_call().locator("h2")).to_have_text(ENGLISH.name)

    condition(page, "down")
    page.upload(CHINESE)
    expect(page.page.locator("#tab-upload .status")).to_contain_text(EN("run.waiting_server"))
    with TritonServer(options):  # the call is still being tried
        expect(page.finished_call().locator("h2")).to_have_text(CHINESE.name)

    page.upload(ENGLISH)
    failed = page.page.locator("#tab-upload .notice.bad")
    expect(failed).to_contain_text(EN("failure.unavailable"))
    with TritonServer(options):
        condition(page, "ready")
        page.page.get_by_role("button", name=EN("run.again")).click()
        expect(page.finished_call().locator("h2")).to_have_text(ENGLISH.name)


@pytest.mark.timeout(400)
def test_a_page_whose_own_program_went_away_says_so_and_goes_on_by_itself(
    browser: Browser, tmp_path: Path
) -> None:
    nowhere = ("--address", "127.0.0.1:9", "--metrics", "127.0.0.1:9")
    with DeskProcess(tmp_path, *nowhere) as desk:
        page = DeskPage(browser, desk.url)
        port = str(urlsplit(desk.url).port)
    away = page.page.locator(".notice.away")
    expect(away).to_have_text(EN("page.away"))
    expect(away).to_be_visible()
    page.page.evaluate("() => { window.isOld = true; }")
    with DeskProcess(tmp_path, *nowhere, "--port", port):
        page.page.wait_for_function("() => !window.isOld")
        page.wait_until_ready()
        expect(away).to_be_hidden()
        page.open_tab("upload")
        page.upload({"name": "note.txt", "mimeType": "text/plain", "buffer": b"no audio"})
        expect(page.page.locator("#tab-upload .notice.bad")).to_contain_text(EN("failure.unsupported"))
        page.context.close()


@pytest.mark.timeout(400)
def test_a_server_that_is_killed_in_the_middle_of_a_call_loses_nothing(
    page: DeskPage, options: ServerOptions, tmp_path: Path
) -> None:
    hour = tmp_path / "hour.flac"  # so long that it is still at work when it is killed
    samples, rate = soundfile.read(LONG, dtype="int16")
    soundfile.write(hour, np.tile(samples, 19), rate)
    page.open_tab("upload")
    with TritonServer(options) as server:
        condition(page, "ready")
        page.upload(hour)
        working = re.compile(r"[1-9]\d* of \d+ parts")
        expect(page.page.locator("#tab-upload .status")).to_contain_text(working)
        os.kill(server.pid, signal.SIGKILL)
        expect(page.finished_call(timeout_ms=240_000).locator("h2")).to_have_text(hour.name)
        assert server.restarts == 1
