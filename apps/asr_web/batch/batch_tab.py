"""Tab Batch of the page: many recordings at once."""

from __future__ import annotations

from typing import Any

import gradio as gr

from asr_web.batch.batch_table import batch_rows
from asr_web.call.spoken_options import options_from, spoken_options
from asr_web.desks import Desk
from asr_web.page.fragments import render
from asr_web.page.live_view import LiveView
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts, texts
from asr_web.services import Services

_POLL_EVERY_S = 0.7
_PICKER_SCRIPT = "desk.picker(element, (file) => trigger('upload', file), true)"


class BatchTab:
    """Builds the tab. `session` are the components with the browser tab's key and language."""

    def __init__(self, services: Services, localized: Localized, session: list[Any]) -> None:
        self._services = services
        with localized.tab("batch") as self.tab:
            picker = localized.markup(self._picker, _PICKER_SCRIPT, "desk-batch")
            inputs = [*session, *spoken_options(localized)]
            self.view = LiveView(
                "batch", services, self.render, lambda desk: desk.batch.is_over, _POLL_EVERY_S
            )
        # The table may be long, so it is drawn by the watch at its own pace and not once for every file.
        self.view.follow(picker.upload, self._add, inputs, "multiple", renders=False)
        self.view.follow(self.view.html.action, self._act, inputs, "once", renders=False)

    def render(self, desk: Desk, key: str) -> str:
        """Markup of the table in the desk's language."""
        t = texts(desk.language)
        limit = self._services.settings.max_batch_files
        return render(
            "batch",
            t,
            rows=batch_rows(desk.batch.runs),
            counts=desk.batch.counts,
            base=f"desk/{key}",
            notice=t("send.full", limit=limit) if desk.batch.was_full else "",
        )

    def _add(self, sent: gr.EventData, key: str, language: str, *options: str | None) -> None:
        desk = self._services.desk(key, language)
        recording = desk.take(str(sent.id))
        if recording is not None:
            desk.batch.add(recording, options_from(*options))

    def _act(self, clicked: gr.EventData, key: str, language: str, *options: str | None) -> None:
        batch = self._services.desk(key, language).batch
        if clicked.action == "cancel":
            batch.cancel()
        elif clicked.action == "retry":
            batch.retry()
        elif clicked.action == "clear":
            batch.clear()

    def _picker(self, t: Texts) -> str:
        limit_mb, files = self._services.settings.max_upload_mb, self._services.settings.max_batch_files
        formats = t("batch.formats", files=files, limit=limit_mb)
        return render("picker", t, place="batch", many=True, limit_mb=limit_mb, formats=formats)
