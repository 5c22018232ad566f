"""The tab Batch: many recordings at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from asr_web.batch_table import batch_rows
from asr_web.desks import Desk
from asr_web.fragments import render
from asr_web.localized import Localized
from asr_web.services import Services
from asr_web.spoken_options import options_from, spoken_options
from asr_web.texts import Texts, texts

_LOOK_EVERY_S = 0.7


class BatchTab:
    """`who` are the components with the tab's key and language."""

    def __init__(self, services: Services, localized: Localized, who: list[Any]) -> None:
        self._services = services
        t = services.default_texts
        with localized.add(
            gr.Tab(t("tab.batch"), id="batch", elem_id="tab-batch", elem_classes="desk-tab"),
            lambda t: {"label": t("tab.batch")},
        ):
            self._picker = localized.add(
                gr.HTML(
                    self._picker_markup(t),
                    js_on_load="desk.picker(element, (file) => trigger('upload', file), true)",
                    apply_default_css=False,
                    elem_classes="desk-batch",
                ),
                lambda t: {"value": self._picker_markup(t)},
            )
            options = spoken_options(localized, t)
            self.view = gr.HTML(
                "",
                js_on_load="desk.view(element, (data) => trigger('action', data))",
                apply_default_css=False,
                elem_classes="desk-view",
            )
        self._connect(who, options)

    def render(self, desk: Desk, key: str) -> str:
        """The table in the desk's language."""
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

    async def watch(self, key: str, language: str) -> AsyncIterator[str]:
        """Show every change until all files are done. Of several watches the latest goes on."""
        desk = self._services.desk(key, language)
        turn = desk.begin_watch("batch")
        shown = None
        while desk.is_watched_by("batch", turn):
            is_over = desk.batch.is_over
            desk.batch.tidy()
            fragment = self.render(desk, key)
            if fragment != shown:
                yield fragment
                shown = fragment
            if is_over:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    def _connect(self, who: list[Any], options: list[Any]) -> None:
        quick = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
        for event, handler, mode in (
            (self._picker.upload, self._add, "multiple"),
            (self.view.action, self._act, "once"),
        ):
            event(handler, [*who, *options], None, trigger_mode=mode, **quick).then(
                self.watch, who, self.view, **quick
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

    def _picker_markup(self, t: Texts) -> str:
        settings = self._services.settings
        formats = t("batch.formats", files=settings.max_batch_files, limit=settings.max_upload_mb)
        return render("picker", t, place="batch", many=True, limit_mb=settings.max_upload_mb, formats=formats)
