"""A short visit with a real browser and a real server: one upload, turns, playing, the other language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from asr_server.server import TritonServer
from tests.web import chromium
from tests.web.desk_process import DeskProcess

pytestmark = chromium.needed

CALLS = Path(__file__).resolve().parents[2] / "demo" / "calls"
TWO_CHANNELS = next(
    CALLS / call["file"]
    for call in json.loads((CALLS / "references.json").read_text(encoding="utf-8"))["calls"]
    if call["roles"] == ["agent", "customer"] and call["language"] == "Chinese"
)


@pytest.fixture(scope="module")
def desk(triton: TritonServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    addresses = ("--address", triton.grpc_address, "--metrics", triton.metrics_address)
    with DeskProcess(tmp_path_factory.mktemp("desk"), *addresses) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium.launch(playwright) as launched:
        yield launched


def test_a_call_is_uploaded_read_heard_and_shown_in_the_other_language(
    desk: DeskProcess, browser: Browser
) -> None:
    visit = chromium.DeskPage(browser, desk.url)
    visit.open_tab("upload")
    visit.upload(TWO_CHANNELS)
    call = visit.finished_call()
    assert call.locator(".turn.role-agent").count() > 1
    assert call.locator(".turn.role-customer").count() > 1
    third = call.locator(".turn").nth(2)
    third.locator("button.when").click()
    visit.wait_until_heard(float(third.get_attribute("data-start") or 0))
    expect(third).to_have_class(re.compile(r"\bheard\b"))
    visit.page.get_by_role("button", name="中文").click()
    expect(visit.page.get_by_role("heading", name="质检评分")).to_be_visible()
    assert visit.errors == []
    assert visit.foreign_requests == []
    visit.context.close()
