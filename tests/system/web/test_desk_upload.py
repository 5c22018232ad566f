"""One call on the desk: turns, hits, playing, downloads, and everything that can be wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk_calls import ENGLISH, LIMIT_MB, REFERENCES, TWO_CHANNELS, Visit
from playwright.sync_api import expect

from asr_web.texts import texts

EN = texts("en")
PLANTED = [
    event
    for call in REFERENCES
    if call["file"] == TWO_CHANNELS.name
    for event in call.get("events", [])
    if event["kind"] in ("banned-words", "long-silence", "interruption")
]
HOSTILE_NAME = "<img src=x onerror=alert(1)><script>alert(2)</script>.ogg"


def test_the_two_channel_call_shows_turns_hits_picture_and_scorecard(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    call = page.finished_call()
    turns = call.locator(".turn")
    starts = [float(turns.nth(index).get_attribute("data-start") or -1) for index in range(turns.count())]
    assert starts == sorted(starts)
    assert len(starts) > 4
    assert call.locator(".turn.role-agent mark").count() > 0
    assert call.locator(".turn.role-customer mark.intent").count() > 0
    assert call.locator(".picture rect.speech.role-agent").count() > 2
    assert call.locator(".picture rect.speech.role-customer").count() > 2
    assert call.locator(".picture path.mark").count() > 2
    assert PLANTED
    for event in PLANTED:
        item = call.locator(".item.fail", has_text=EN(f"rule.{event['kind']}"))
        places = item.locator("[data-play]")
        found_s = [float(places.nth(n).get_attribute("data-play") or -1) for n in range(places.count())]
        # A turn begins before the words in it.
        assert any(event["start_s"] - 10 < at_s < event["end_s"] + 1 for at_s in found_s), event


def test_a_click_on_a_turn_or_on_the_picture_plays_from_there(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    call = page.finished_call()
    audio = call.locator("audio")
    for place in (call.locator(".turn button.when").nth(3), call.locator(".picture rect.speech").nth(2)):
        wanted_s = float(place.get_attribute("data-play") or -1)
        place.click()
        page.page.wait_for_function("() => !document.querySelector('#tab-upload audio').paused")
        heard_s = audio.evaluate("audio => audio.currentTime")
        assert wanted_s <= heard_s < wanted_s + 3
        audio.evaluate("audio => audio.pause()")
    expect(call.locator(".turn.heard")).to_have_count(1)


@pytest.mark.parametrize("kind", ["text", "json", "srt", "vtt", "markdown", "report"])
def test_the_call_can_be_taken_home(visit: Visit, kind: str, tmp_path: Path) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    page.finished_call()
    with page.page.expect_download() as download:
        page.page.locator(f"#tab-upload a[href$='/{kind}']").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name.startswith(TWO_CHANNELS.stem)
    content = saved.read_text(encoding="utf-8")
    if kind in ("json", "report"):
        assert json.loads(content)["metadata"]["source"] == TWO_CHANNELS.name
    else:
        assert len(content) > 100


def test_a_name_full_of_markup_is_shown_as_it_is(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.upload({"name": HOSTILE_NAME, "mimeType": "audio/ogg", "buffer": ENGLISH.read_bytes()})
    call = page.finished_call()
    # Playwright hands the browser the last part of what it takes for a path.
    expect(call.locator("h2")).to_have_text(HOSTILE_NAME.rpartition("/")[2])
    assert page.page.locator("#tab-upload img").count() == 0


@pytest.mark.parametrize(
    ("name", "content", "failure"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 5000, "unsupported"),
        ("cut.flac", TWO_CHANNELS.with_name("silence.flac").read_bytes()[:60], "corrupt"),
    ],
)
def test_what_is_no_recording_gets_a_sentence_and_the_next_file_works(
    visit: Visit, name: str, content: bytes, failure: str
) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload({"name": name, "mimeType": "audio/x", "buffer": content})
    alert = page.page.locator("#tab-upload .notice.bad")
    expect(alert).to_contain_text(EN(f"failure.{failure}"))
    expect(alert).to_contain_text(name)
    page.upload(ENGLISH)
    page.finished_call()


def test_a_huge_or_empty_file_is_refused_before_it_is_sent(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    huge = b"\0" * ((LIMIT_MB << 20) + 1)
    page.upload({"name": "huge.wav", "mimeType": "audio/wav", "buffer": huge})
    complaint = page.page.locator(".desk-upload .complaints")
    expect(complaint).to_have_text(EN("send.too_large", name="huge.wav", limit=LIMIT_MB))
    page.upload({"name": "empty.wav", "mimeType": "audio/wav", "buffer": b""})
    expect(complaint).to_have_text(EN("send.empty", name="empty.wav"))


def test_a_reload_loses_nothing_and_two_tabs_do_not_mix(visit: Visit) -> None:
    first = visit()
    first.open_tab("upload")
    first.upload(TWO_CHANNELS)
    first.finished_call()
    second = visit(context=first.context)
    second.open_tab("upload")
    assert second.page.locator("#tab-upload .call").count() == 0
    second.upload(ENGLISH)
    expect(second.finished_call().locator("h2")).to_have_text(ENGLISH.name)
    first.page.reload()
    first.wait_until_ready()
    first.open_tab("upload")
    expect(first.finished_call().locator("h2")).to_have_text(TWO_CHANNELS.name)


def test_the_next_file_takes_the_place_of_the_one_that_runs(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    page.upload(ENGLISH)
    expect(page.finished_call().locator("h2")).to_have_text(ENGLISH.name)


def test_everything_is_reached_with_the_keyboard(visit: Visit) -> None:
    page = visit()
    page.page.get_by_role("tab").first.focus()
    page.page.keyboard.press("Tab")
    reached = page.page.evaluate("() => document.activeElement.textContent")
    assert EN("tab.upload") in reached
    page.page.keyboard.press("Enter")
    page.upload(TWO_CHANNELS)
    call = page.finished_call()
    call.locator(".turn button.when").nth(1).focus()
    page.page.keyboard.press("Enter")
    page.page.wait_for_function("() => !document.querySelector('#tab-upload audio').paused")
