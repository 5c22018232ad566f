"""Tabs Record and Upload of the page: input for one recording, and its call below."""

from __future__ import annotations

from typing import Any

import gradio as gr

from asr_web.call.call_view import call_fragment
from asr_web.call.spoken_options import options_from, spoken_options
from asr_web.desks import Desk, TabName
from asr_web.page.fragments import render
from asr_web.page.live_view import LiveView
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts, texts
from asr_web.services import Services

_POLL_EVERY_S = 0.25
_INPUT_SCRIPTS = {
    TabName.RECORD: "desk.recorder(element, (file) => trigger('upload', file))",
    TabName.UPLOAD: "desk.picker(element, (file) => trigger('upload', file), false)",
}
_MAX_RECORDING_MINUTES = 15
_RECORDING_MB_A_MINUTE = 6  # 48 kHz mono in 16 bits is 5.8 MB


class CallTab:
    """Builds one of the two tabs. `session` are the components with the browser tab's key and language."""

    def __init__(
        self, tab_name: TabName, services: Services, localized: Localized, session: list[Any]
    ) -> None:
        self._tab_name = tab_name
        self._services = services
        with localized.tab(tab_name) as self.tab:
            source = localized.markup(self._input, _INPUT_SCRIPTS[tab_name], f"desk-{tab_name}")
            inputs = [*session, *spoken_options(localized)]
            self.view = LiveView(tab_name, services, self.render, self._is_over, _POLL_EVERY_S)
        # The next file may arrive while one is being opened, but a second click on a button is ignored.
        self.view.follow(source.upload, self._open, inputs, "multiple", renders=True)
        self.view.follow(self.view.html.action, self._act, inputs, "once", renders=True)

    def render(self, desk: Desk, key: str) -> str:
        """Markup of the tab's call in the desk's language."""
        return call_fragment(
            desk.calls.get(self._tab_name),
            texts(desk.language),
            self._tab_name,
            f"desk/{key}",
            server_down=self._services.server_is_down,
        )

    def _is_over(self, desk: Desk) -> bool:
        run = desk.calls.get(self._tab_name)
        return run is None or run.is_over

    def _open(self, sent: gr.EventData, key: str, language: str, *options: str | None) -> str:
        desk = self._services.desk(key, language)
        recording = desk.take(str(sent.id))
        if recording is not None:
            desk.open(self._tab_name, recording, options_from(*options))
        return self.render(desk, key)

    def _act(self, clicked: gr.EventData, key: str, language: str, *options: str | None) -> str:
        desk = self._services.desk(key, language)
        if clicked.action == "cancel":
            desk.cancel(self._tab_name)
        elif clicked.action == "again":
            desk.open_again(self._tab_name, options_from(*options))
        return self.render(desk, key)

    def _input(self, t: Texts) -> str:
        limit_mb = self._services.settings.max_upload_mb
        if self._tab_name is TabName.UPLOAD:
            formats = t("upload.formats", limit=limit_mb)
            return render("picker", t, place="upload", many=False, limit_mb=limit_mb, formats=formats)
        minutes = max(1, min(_MAX_RECORDING_MINUTES, limit_mb // _RECORDING_MB_A_MINUTE))
        return render("recorder", t, limit_mb=limit_mb, max_minutes=minutes)
