"""The Chromium that is installed on this machine, and pages of the desk in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.required_tools import find_tool

NAMES = ("chromium", "chromium-browser", "google-chrome")
needed = pytest.mark.requires_tool(*NAMES)
DESKTOP, PHONE = (1280, 900), (390, 844)
PATIENCE_MS = 60_000  # for a machine that is busy otherwise
expect.set_options(timeout=PATIENCE_MS)


def launch(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """Headless; `microphone` is a WAV file that the fake microphone hears."""
    flags = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if microphone is not None:
        flags += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    return playwright.chromium.launch(executable_path=find_tool(*NAMES), args=flags)


class DeskPage:
    """One browser tab with the desk, and what went wrong in it."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        size: tuple[int, int] = DESKTOP,
        locale: str = "en-US",
        context: BrowserContext | None = None,
        **options: Any,
    ) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = context or browser.new_context(viewport=viewport, locale=locale, **options)  # type: ignore[arg-type]
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.foreign_requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url, url))
        self.page.goto(url)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until the desk's state is shown."""
        self.page.wait_for_selector("html.desk-ready")
        self.page.wait_for_selector("header.desk-head")

    def open_tab(self, place: str) -> None:
        """Show record, upload, batch or system."""
        index = ("record", "upload", "batch", "system").index(place)
        tab = self.page.get_by_role("tab").nth(index)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")

    def upload(self, *files: Path | dict[str, Any], place: str = "upload") -> None:
        """Choose files on the tab that is shown."""
        self.page.set_input_files(f".desk-{place} input[type=file]", list(files))  # type: ignore[arg-type]

    def finished_call(self, place: str = "upload", timeout_ms: int = PATIENCE_MS) -> Any:
        """The result on a tab, once it is there."""
        call = self.page.locator(f"#tab-{place} .call")
        call.wait_for(timeout=timeout_ms)
        return call

    def wait_until_heard(self, start_s: float, place: str = "upload") -> float:
        """Until the recording really plays, past `start_s`; returns where it is then, in seconds."""
        audio = f"document.querySelector('#tab-{place} audio')"
        self.page.wait_for_function(
            f"from_s => !{audio}.paused && {audio}.currentTime > from_s", arg=start_s + 0.1
        )
        return float(self.page.evaluate(f"() => {audio}.currentTime"))

    def wait_until_recorded(self, duration_s: int) -> None:
        """Until the recorder's clock shows that many seconds."""
        clock = "document.querySelector('.recorder .timer').textContent.split(':')"
        self.page.wait_for_function(
            f"wanted_s => 60 * {clock}[0] + 1 * {clock}[1] >= wanted_s", arg=duration_s
        )

    def _note(self, request: str, url: str) -> None:
        if not request.startswith((url, "data:", "blob:")):
            self.foreign_requests.append(request)
