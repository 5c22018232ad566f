"""The microphone: speaking, and not being allowed to listen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Playwright, expect

from asr_eval.scoring import error_rate
from asr_types.transcript import join_texts
from asr_web.page.texts import texts
from tests.system.web.desk_calls import CHINESE, REFERENCES, Visit
from tests.web.chromium import launch

EN = texts("en")


@pytest.fixture(scope="module")
def listening(playwright: Playwright, spoken: Path) -> Iterator[Browser]:
    """A browser whose microphone hears a sample call."""
    with launch(playwright, microphone=spoken) as launched:
        yield launched


def test_what_was_spoken_is_there_with_intent_and_advice(visit: Visit, listening: Browser) -> None:
    page = visit(browser=listening)
    page.page.get_by_role("button", name=EN("record.start")).click()
    page.page.wait_for_function("() => document.querySelector('meter.level').value > 0.5")
    page.wait_until_recorded(12)
    page.page.get_by_role("button", name=EN("record.stop")).click()
    call = page.finished_call("record")
    heard = "".join(call.locator(".said").all_text_contents())
    said = join_texts(
        [
            part["text"]
            for call in REFERENCES
            if call["file"] == CHINESE.name
            for part in call["segments"]
            if part["end_s"] <= 11.6
        ]
    )
    # The recording begins a moment late and its last words are cut.
    assert error_rate(said, heard, "zh").rate < 0.5
    expect(call.locator(".main-intent")).not_to_be_empty()
    expect(call.locator(".advice")).to_contain_text(EN("call.advice"))
    size = call.locator(".said").first.evaluate("said => parseFloat(getComputedStyle(said).fontSize)")
    assert size >= 20


def test_a_double_click_starts_it_and_ends_nothing(visit: Visit, listening: Browser) -> None:
    page = visit(browser=listening)
    page.page.get_by_role("button", name=EN("record.start")).dblclick()
    page.wait_until_recorded(2)
    expect(page.page.locator(".desk-record[data-state=recording]")).to_be_visible()
    page.page.get_by_role("button", name=EN("record.stop")).click()
    page.finished_call("record")


def test_a_denied_microphone_is_explained_and_the_page_stays_usable(visit: Visit) -> None:
    page = visit()
    page.page.get_by_role("button", name=EN("record.start")).click()
    problem = page.page.locator(".desk-record .problem.notice")
    expect(problem).to_have_text(EN("record.denied"))
    expect(page.page.get_by_role("button", name=EN("record.start"))).to_be_enabled()
    page.page.get_by_role("button", name="中文").click()
    expect(problem).to_have_text(texts("zh")("record.denied"))


def test_a_recording_that_cannot_be_sent_is_not_lost(
    visit: Visit, listening: Browser, tmp_path: Path
) -> None:
    page = visit(browser=listening)
    page.page.route("**/desk/*/files", lambda route: route.abort())
    page.page.get_by_role("button", name=EN("record.start")).click()
    page.wait_until_recorded(2)
    page.page.get_by_role("button", name=EN("record.stop")).click()
    problem = page.page.locator(".desk-record .problem.notice")
    expect(problem).to_have_text(EN("record.not_sent"))
    page.page.get_by_role("button", name="中文").click()
    expect(problem).to_have_text(texts("zh")("record.not_sent"))
    with page.page.expect_download() as download:
        page.page.locator(".desk-record .unsent a").click()
    saved = tmp_path / "saved.wav"
    download.value.save_as(saved)
    assert soundfile.info(saved).duration >= 2


def test_a_missing_microphone_is_explained(visit: Visit) -> None:
    page = visit()
    page.page.evaluate(
        """() => {
            const none = () => Promise.reject(new DOMException("", "NotFoundError"));
            navigator.mediaDevices.getUserMedia = none;
        }"""
    )
    page.page.get_by_role("button", name=EN("record.start")).click()
    expect(page.page.locator(".desk-record .problem.notice")).to_have_text(EN("record.missing"))
