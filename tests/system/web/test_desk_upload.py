"""One call on the desk: turns, hits, playing, downloads, and everything that can be wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from asr_web.batch.downloads import KINDS
from asr_web.page.texts import texts
from tests.system.web.desk_calls import ENGLISH, LIMIT_MB, LONG, REFERENCES, TWO_CHANNELS, Visit

EN = texts("en")
PLANTED = [
    event
    for call in REFERENCES
    if call["file"] == TWO_CHANNELS.name
    for event in call.get("events", [])
    if event["kind"] in ("banned-words", "long-silence", "interruption")
]


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
    for place in (
        call.locator(".turn button.when").nth(3),
        call.locator(".picture rect.speech").nth(2),
        call.locator(".turn").nth(5),
    ):
        wanted_s = float(place.get_attribute("data-play") or -1)
        place.click()
        assert wanted_s < page.wait_until_heard(wanted_s) < wanted_s + 3
        call.locator("audio").evaluate("audio => audio.pause()")
    expect(call.locator(".turn.heard")).to_have_count(1)


def test_the_call_can_be_taken_home_in_every_format(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(TWO_CHANNELS)
    words = page.finished_call().locator(".said").first.text_content() or ""
    assert words
    for kind in KINDS:
        with page.page.expect_download() as download:
            page.page.locator(f"#tab-upload a[href$='/{kind}']").click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        assert saved.name.startswith(TWO_CHANNELS.stem)
        content = saved.read_text(encoding="utf-8")
        assert words[:5] in content, kind
        if saved.suffix == ".json":
            assert json.loads(content)["metadata"]["source"] == TWO_CHANNELS.name


@pytest.mark.parametrize(
    ("name", "content", "failure"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 5000, "unsupported"),
        ("cut.flac", TWO_CHANNELS.with_name("silence.flac").read_bytes()[:60], "corrupt"),
    ],
    ids=["photo", "cut"],
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


def test_a_duplicated_tab_gets_a_desk_of_its_own(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(ENGLISH)
    page.finished_call()
    key = page.page.evaluate("() => sessionStorage.getItem('asr-desk-key')")
    with page.context.expect_page() as opened:
        page.page.evaluate("() => { window.open(location.href); }")  # copies what the tab keeps
    twin = opened.value
    twin.wait_for_function("key => ![null, key].includes(sessionStorage.getItem('asr-desk-key'))", arg=key)
    twin.wait_for_selector("html.desk-ready")
    assert twin.locator("#tab-upload .call").count() == 0
    assert page.page.evaluate("() => sessionStorage.getItem('asr-desk-key')") == key


def test_a_call_that_is_cancelled_in_the_middle_stays_and_can_be_tried_again(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.upload(LONG)
    page.page.get_by_role("button", name=EN("run.cancel"), exact=True).click()
    expect(page.page.locator("#tab-upload .status")).to_contain_text(EN("run.cancelled"))
    again = page.page.get_by_role("button", name=EN("run.again"))
    # A double click on "Cancel" ends on this button.
    is_taken = """button => {
        let taken = false;
        document.addEventListener("desk-again", () => { taken = true; }, { once: true });
        button.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
        return taken;
    }"""
    assert not again.evaluate(is_taken)
    again.click()
    expect(page.finished_call(timeout_ms=240_000).locator("h2")).to_have_text(LONG.name)


def test_sending_can_be_stopped_and_a_broken_connection_is_explained(visit: Visit) -> None:
    page = visit()
    page.open_tab("upload")
    page.page.route("**/desk/*/files", lambda _: None)  # neither taken nor refused
    page.upload(ENGLISH)
    page.page.get_by_role("button", name=EN("send.cancel")).click()
    expect(page.page.locator(".desk-upload[data-state=idle]")).to_be_visible()
    complaint = page.page.locator(".desk-upload .complaints li")
    expect(complaint).to_have_count(0)
    page.page.unroute("**/desk/*/files")
    page.page.route("**/desk/*/files", lambda route: route.abort())
    page.upload(ENGLISH)
    expect(complaint).to_have_text(EN("send.lost", name=ENGLISH.name))
    page.page.get_by_role("button", name="中文").click()
    expect(complaint).to_have_text(texts("zh")("send.lost", name=ENGLISH.name))
    page.page.unroute("**/desk/*/files")
    page.upload(ENGLISH)
    expect(page.finished_call().locator("h2")).to_have_text(ENGLISH.name)
    expect(complaint).to_have_count(0)


def test_everything_is_reached_with_the_keyboard(visit: Visit) -> None:
    page = visit()
    page.page.get_by_role("tab").first.focus()
    page.page.keyboard.press("Tab")
    assert EN("tab.upload") in page.page.evaluate("() => document.activeElement.textContent")
    page.page.keyboard.press("Enter")
    page.upload(TWO_CHANNELS)
    call = page.finished_call()
    missing = {
        ".desk-upload input[type=file]", ".desk-options button", "#tab-upload audio", ".item summary",
        ".evidence button", ".turn button.when", ".downloads a", "[data-action=language]",
    }  # fmt: skip
    for _ in range(200):
        page.page.keyboard.press("Tab")
        missing -= set(
            page.page.evaluate(
                "all => all.filter(one => document.activeElement.matches(one))", sorted(missing)
            )
        )
    assert missing == set()
    second = call.locator(".turn button.when").nth(1)
    second.focus()
    page.page.keyboard.press("Enter")
    page.wait_until_heard(float(second.get_attribute("data-play") or -1))
