"""The tabs Record and Upload: a way in for one recording, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from asr_web.call_view import call_fragment
from asr_web.desks import Desk, Place
from asr_web.fragments import render
from asr_web.localized import Localized
from asr_web.services import Services
from asr_web.spoken_options import options_from, spoken_options
from asr_web.texts import Texts, texts

_LOOK_EVERY_S = 0.25
MAX_RECORDING_MINUTES = 15

_WAY_IN = {
    "record": "desk.recorder(element, (file) => trigger('upload', file))",
    "upload": "desk.picker(element, (file) => trigger('upload', file), false)",
}


class CallTab:
    """One of the two; `who` are the components with the tab's key and language."""

    def __init__(self, place: Place, services: Services, localized: Localized, who: list[Any]) -> None:
        self._place = place
        self._services = services
        t = services.default_texts
        with localized.add(
            gr.Tab(t(f"tab.{place}"), id=place, elem_id=f"tab-{place}", elem_classes="desk-tab"),
            lambda t: {"label": t(f"tab.{place}")},
        ):
            self._way_in = localized.add(
                gr.HTML(
                    self._way_in_markup(t),
                    js_on_load=_WAY_IN[place],
                    apply_default_css=False,
                    elem_classes=f"desk-{place}",
                ),
                lambda t: {"value": self._way_in_markup(t)},
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
        """The tab's call in the desk's language."""
        return call_fragment(
            desk.calls.get(self._place),
            texts(desk.language),
            self._place,
            f"desk/{key}",
            server_down=self._services.server_is_down,
        )

    async def watch(self, key: str, language: str) -> AsyncIterator[str]:
        """Show every change until the call is over. Of several watches of one tab the latest goes on."""
        desk = self._services.desk(key, language)
        turn = desk.begin_watch(self._place)
        shown = None
        while desk.is_watched_by(self._place, turn):
            run = desk.calls.get(self._place)
            is_over = run is None or run.is_over
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
            (self._way_in.upload, self._open, "multiple"),  # the next file may come while one is opened
            (self.view.action, self._act, "once"),
        ):
            event(handler, [*who, *options], self.view, trigger_mode=mode, **quick).then(
                self.watch, who, self.view, **quick
            )

    def _open(self, sent: gr.EventData, key: str, language: str, *options: str | None) -> str:
        desk = self._services.desk(key, language)
        recording = desk.take(str(sent.id))
        if recording is not None:
            desk.open(self._place, recording, options_from(*options))
        return self.render(desk, key)

    def _act(self, clicked: gr.EventData, key: str, language: str, *options: str | None) -> str:
        desk = self._services.desk(key, language)
        if clicked.action == "cancel":
            desk.cancel(self._place)
        elif clicked.action == "again":
            desk.open_again(self._place, options_from(*options))
        return self.render(desk, key)

    def _way_in_markup(self, t: Texts) -> str:
        limit_mb = self._services.settings.max_upload_mb
        if self._place == "record":
            return render("recorder", t, limit_mb=limit_mb, max_minutes=MAX_RECORDING_MINUTES)
        return render(
            "picker",
            t,
            place="upload",
            many=False,
            limit_mb=limit_mb,
            formats=t("upload.formats", limit=limit_mb),
        )
