"""The tab System: what the server is, what it does now, how programs call it."""

from __future__ import annotations

from playwright.sync_api import expect

from asr_web.page.texts import texts
from tests.system.web.desk_calls import ENGLISH, Visit

EN = texts("en")


def test_the_server_is_described_and_its_figures_move(visit: Visit) -> None:
    page = visit()
    page.open_tab("system")
    facts = page.page.locator("#tab-system .facts.big > div")
    expect(facts.filter(has_text=EN("system.target"))).to_contain_text("cpu-fp32")
    expect(facts.filter(has_text=EN("system.device"))).to_contain_text("cpu")
    answered = facts.filter(has_text=EN("system.requests")).locator("dd")
    before = answered.text_content() or ""
    page.open_tab("upload")
    page.upload(ENGLISH)
    page.finished_call()
    page.open_tab("system")
    expect(answered).not_to_have_text(before)
    latency = page.page.locator("#tab-system .chart", has_text=EN("chart.latency"))
    latency.locator("path.line2").first.wait_for(state="attached")
    expect(latency.locator(".top")).to_contain_text(EN("chart.latency_unit"))


def test_an_example_is_copied_whole(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.open_tab("system")
    example = page.page.locator("#tab-system .example", has_text=EN("system.api_python"))
    example.get_by_role("button", name=EN("system.copy")).click()
    expect(example.get_by_role("button")).to_have_text(EN("system.copied"))
    copied = page.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == example.locator("code").text_content()
    assert "from asr_client import" in copied
