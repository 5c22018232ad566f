"""Languages and sizes; a picture of every tab in each goes to build/screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from asr_web.page.texts import texts
from asr_web.settings import LANGUAGES
from tests.system.web.desk_calls import CALLS, REFERENCES, TWO_CHANNELS, Visit
from tests.web.chromium import DESKTOP, PHONE, DeskPage, launch

PICTURES = Path(__file__).resolve().parents[3] / "build" / "screenshots"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
LOCALES = {"zh": "zh-CN", "en": "en-US"}
BATCH = [CALLS / call["file"] for call in REFERENCES if call["duration_s"] < 60][:5]
BATCH.append(TWO_CHANNELS)


@pytest.fixture(scope="module")
def listening(playwright: Playwright, spoken: Path) -> Iterator[Browser]:
    with launch(playwright, microphone=spoken) as launched:
        yield launched


def take(page: DeskPage, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")


def fits(page: DeskPage) -> bool:
    """Nothing sticks out to the side."""
    return bool(page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))


def test_the_browsers_language_is_taken_and_a_choice_is_remembered(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    expect(page.page.get_by_role("tab").first).to_have_text(texts("zh")("tab.record"))
    page.page.get_by_role("button", name="English").click()
    expect(page.page.get_by_role("tab").first).to_have_text("Record")
    again = visit(context=page.context)
    expect(again.page.get_by_role("tab").first).to_have_text("Record")
    assert again.page.evaluate("() => document.documentElement.lang") == "en"


def test_switching_the_language_keeps_the_call_and_where_it_plays(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    call = page.finished_call()
    said = call.locator(".said").all_text_contents()
    call.locator(".turn button.when").nth(2).click()
    heard_s = page.wait_until_heard(float(call.locator(".turn").nth(2).get_attribute("data-start") or -1))
    page.page.get_by_role("button", name="中文").click()
    expect(page.page.get_by_role("heading", name=texts("zh")("call.quality"))).to_be_visible()
    assert call.locator(".said").all_text_contents() == said
    page.wait_until_heard(heard_s)


def test_a_dark_browser_gets_a_dark_page(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    page.finished_call()
    take(page, "upload-en-dark")
    page.open_tab("system")
    page.page.locator("#tab-system .chart").first.wait_for()
    take(page, "system-en-dark")
    colour = page.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in colour[4:-1].split(",")) < 60


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tab_fits_and_is_pictured(visit: Visit, listening: Browser, language: str, size: str) -> None:
    page = visit(browser=listening, size=SIZES[size], locale=LOCALES[language])
    for picture in (picture_record, picture_upload, picture_batch, picture_system):
        picture(page, f"{language}-{size}")
        assert fits(page), picture.__name__


def picture_record(page: DeskPage, name: str) -> None:
    take(page, f"record-empty-{name}")
    button = page.page.locator(".desk-record [data-record]")
    button.click()
    page.wait_until_recorded(5)
    take(page, f"record-recording-{name}")
    button.click()
    page.finished_call("record")
    take(page, f"record-{name}")


def picture_upload(page: DeskPage, name: str) -> None:
    page.open_tab("upload")
    take(page, f"upload-empty-{name}")
    options = page.page.locator("#tab-upload .desk-options button").first
    options.click()
    expect(page.page.locator("#tab-upload .desk-options textarea")).to_be_visible()
    take(page, f"upload-options-{name}")
    assert fits(page)
    options.click()
    page.upload({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + b"\0" * 5000})
    page.page.locator("#tab-upload .notice.bad").wait_for()
    take(page, f"upload-failed-{name}")
    page.upload(TWO_CHANNELS)
    page.finished_call()
    take(page, f"upload-{name}")


def picture_batch(page: DeskPage, name: str) -> None:
    page.open_tab("batch")
    take(page, f"batch-empty-{name}")
    corrupt = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40
    page.upload(*BATCH, place="batch")
    page.page.locator("#tab-batch tr").nth(1).wait_for()
    take(page, f"batch-working-{name}")
    page.upload({"name": "corrupt.wav", "mimeType": "audio/wav", "buffer": corrupt}, place="batch")
    page.page.locator("#tab-batch tr.failed").wait_for()
    page.page.locator("#tab-batch .batch[data-state=over]").wait_for()
    take(page, f"batch-{name}")


def picture_system(page: DeskPage, name: str) -> None:
    page.open_tab("system")
    page.page.locator("#tab-system .chart path").first.wait_for()
    take(page, f"system-{name}")
