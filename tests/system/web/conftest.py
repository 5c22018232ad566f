"""The desk as people start it on the shared Triton, and Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Browser, Playwright, sync_playwright

from asr_server.server import TritonServer
from tests.system.web.desk_calls import CHINESE, LIMIT_MB, Visit
from tests.web import chromium
from tests.web.chromium import DeskPage, launch
from tests.web.desk_process import DeskProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(chromium.needed)


@pytest.fixture(scope="session")
def desk(triton: TritonServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """One desk for all tests."""
    addresses = ("--address", triton.grpc_address, "--metrics", triton.metrics_address)
    folder = tmp_path_factory.mktemp("desk")
    with DeskProcess(folder, *addresses, "--max-upload-mb", str(LIMIT_MB)) as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that may not use a microphone."""
    with launch(playwright) as launched:
        yield launched


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample call as a WAV file for the fake microphone, which takes no other."""
    samples, rate = soundfile.read(CHINESE, dtype="int16")
    path: Path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(path, samples[: 12 * rate], rate)
    return path


@pytest.fixture
def visit(browser: Browser, desk: DeskProcess) -> Iterator[Visit]:
    """Open the desk in a browser tab; every script error and every request to another host fails the test."""
    pages: list[DeskPage] = []

    def open_page(**options: Any) -> DeskPage:
        pages.append(DeskPage(options.pop("browser", browser), options.pop("url", desk.url), **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
    assert [error for page in pages for error in page.errors] == []
    assert [request for page in pages for request in page.foreign_requests] == []
