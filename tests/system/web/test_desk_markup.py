"""Names and transcripts full of markup: a scripted server says them, the desk shows them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect

from tests.client.scripted_server import Reply, ScriptedServer
from tests.system.web.desk_calls import ENGLISH, Visit
from tests.web.chromium import DeskPage
from tests.web.desk_process import DeskProcess
from tests.web.finished_calls import HOSTILE

# Playwright hands the browser the last part of what it takes for a path.
NAME = f"{HOSTILE.replace('/', '')}.ogg"


@pytest.fixture
def page(visit: Visit, tmp_path: Path) -> Iterator[DeskPage]:
    """The desk of a server that has heard nothing but markup."""
    with (
        ScriptedServer(lambda _: Reply(HOSTILE, "English")) as server,
        DeskProcess(tmp_path, "--address", server.address, "--metrics", "127.0.0.1:9") as desk,
    ):
        opened = visit(url=desk.url)
        yield opened
        opened.context.close()  # before its desk goes


@pytest.mark.parametrize("place", ["upload", "batch"])
def test_markup_in_names_and_transcripts_is_shown_and_never_run(page: DeskPage, place: str) -> None:
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.page.on("dialog", note)
    page.open_tab(place)
    page.upload({"name": NAME, "mimeType": "audio/ogg", "buffer": ENGLISH.read_bytes()}, place=place)
    shown = page.page.locator({"upload": "#tab-upload .call", "batch": "#tab-batch tr.finished"}[place])
    shown.wait_for()
    expect(shown.locator("bdi").first).to_have_text(NAME)
    said = shown.locator({"upload": ".said", "batch": ".col-transcript"}[place]).first
    expect(said).to_contain_text(HOSTILE[:60])
    assert shown.locator("img, script").count() == 0
    assert ran == []
