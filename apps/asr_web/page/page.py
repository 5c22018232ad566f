"""Page with a header and four tabs: builds the components and wires their events to the other modules."""

from __future__ import annotations

from importlib import resources
from typing import Any

import gradio as gr

from asr_web.batch.batch_tab import BatchTab
from asr_web.call.call_tab import CallTab
from asr_web.desks import KEY, TabName
from asr_web.page.fragments import render
from asr_web.page.live_view import QUICK
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts, texts
from asr_web.services import Services
from asr_web.settings import LANGUAGES
from asr_web.system.system_tab import SystemTab

_POLL_EVERY_S = 3.0
_FONTS = ["system-ui", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
_SCRIPTS = ("desk.js", "picker.js", "recorder.js")
_MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]


class Page:
    """Builds the components; `blocks` is what Gradio serves."""

    def __init__(self, services: Services) -> None:
        self._services = services
        t = services.default_texts
        self._localized = Localized(t)
        with gr.Blocks(title=t("page.title"), analytics_enabled=False, fill_width=True) as self.blocks:
            self._key, self._language = gr.Textbox(visible=False), gr.Textbox(visible=False)
            session = [self._key, self._language]
            self._head = gr.HTML(
                self._head_markup(t),
                js_on_load="desk.view(element, (data) => trigger('action', data))",
                apply_default_css=False,
            )
            with gr.Tabs(elem_classes="desk-tabs"):
                self._record = CallTab(TabName.RECORD, services, self._localized, session)
                self._upload = CallTab(TabName.UPLOAD, services, self._localized, session)
                self._batch = BatchTab(services, self._localized, session)
                self._system = SystemTab(services, self._localized)
            # No gr.State: with one, every browser tab keeps a connection open, and a browser allows only six.
            self._is_system_shown = gr.Checkbox(False, visible=False)
            self._connect(session)

    def _connect(self, session: list[Any]) -> None:
        everything = [*session, *self._localized.components, *self._views]
        loaded = self.blocks.load(self._whole, session, everything, js="() => desk.hello()", **QUICK)
        loaded.success(None, js="() => desk.ready()")
        for tab in (self._record, self._upload, self._batch):
            loaded.then(tab.view.watch, session, tab.view.html, **QUICK)
            tab.tab.select(lambda: False, None, self._is_system_shown, **QUICK)
        self._head.action(self._switch_language, session, everything, **QUICK)
        timer = gr.Timer(_POLL_EVERY_S)
        state = [self._head, self._system.view]
        timer.tick(self._refresh, [*session, self._is_system_shown], state, **QUICK)
        self._system.tab.select(self._show_system, session, [*state, self._is_system_shown], **QUICK)

    @property
    def _views(self) -> list[gr.HTML]:
        lives = (self._record, self._upload, self._batch)
        return [self._head, *(tab.view.html for tab in lives), self._system.view]

    def _switch_language(self, key: str, language: str, clicked: gr.EventData) -> list[Any]:
        chosen = str(clicked.language) if clicked.action == "language" else language
        return self._whole(key, chosen)

    def _whole(self, key: str, language: str) -> list[Any]:
        """Values of all components, for a browser tab that opens or reloads the page."""
        if not KEY.fullmatch(key or ""):
            raise gr.Error("?", visible=False)
        desk = self._services.desk(key, language)
        desk.language = language if language in LANGUAGES else self._services.settings.language
        t = texts(desk.language)
        views = [
            self._head_markup(t),
            self._record.render(desk, key),
            self._upload.render(desk, key),
            self._batch.render(desk, key),
            self._system.render(t),
        ]
        return [key, t.language, *self._localized.updates(t), *views]

    def _refresh(self, key: str, language: str, is_system_shown: bool) -> tuple[Any, Any]:
        if not KEY.fullmatch(key or ""):
            return gr.skip(), gr.skip()
        t = texts(self._services.desk(key, language).language)
        return self._head_markup(t), self._system.render(t) if is_system_shown else gr.skip()

    def _show_system(self, key: str, language: str) -> tuple[Any, Any, bool]:
        return *self._refresh(key, language, True), True

    def _head_markup(self, t: Texts) -> str:
        settings = self._services.settings
        return render("head", t, condition=self._services.history.condition, address=settings.client.address)


def page_look() -> dict[str, Any]:
    """Theme, style and scripts, for `gr.mount_gradio_app`. Nothing is loaded from other hosts."""
    folder = resources.files("asr_web").joinpath("static")
    # Scripts are inlined: Gradio runs linked ones in any order and uses the page before they are loaded.
    script = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS)
    # The style is linked: Gradio rewrites the selectors of a style that is passed to it.
    style = '<link rel="stylesheet" href="desk/static/desk.css">'
    return {
        "theme": gr.themes.Base(font=_FONTS, font_mono=_MONO),
        "head": f"{style}<script>{script}</script>",
    }
