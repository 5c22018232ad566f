"""Tab System of the page: the server's figures, charts of the last minutes, and example programs."""

from __future__ import annotations

import time
from importlib import resources

import gradio as gr

from asr_web.call.spoken_options import SPOKEN
from asr_web.page.fragments import render
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts
from asr_web.services import Services
from asr_web.system.line_chart import line_chart

_EXAMPLES = {"python": "transcribe_call.txt", "plain": "plain_client.txt"}


class SystemTab:
    """Builds the tab. `view` changes with every metrics sample, the rest with the language only."""

    def __init__(self, services: Services, localized: Localized) -> None:
        self._services = services
        with localized.tab("system") as self.tab:
            self.view = gr.HTML("", apply_default_css=False, elem_classes="desk-view")
            localized.markup(self._program, "desk.copying(element)", "desk-view")

    def render(self, t: Texts) -> str:
        """Markup of the figures and charts."""
        history, settings = self._services.history, self._services.settings
        now_s = time.monotonic()
        model = {} if history.latest is None else history.latest.model
        charts = [
            line_chart("throughput", history.throughput(), now_s=now_s),
            line_chart("latency", history.latency(0.5), history.latency(0.95), now_s=now_s),
            line_chart("queued", history.queued(), now_s=now_s, least_top=5),
            line_chart("slots", history.slots_in_use(), now_s=now_s, least_top=5),
        ]
        return render(
            "system",
            t,
            condition=history.condition,
            now=history.latest,
            address=settings.client.address,
            metrics_address=settings.metrics_address,
            model=[(key, model.get(key, "")) for key in ("model", "target", "device")],
            charts=charts,
        )

    def _program(self, t: Texts) -> str:
        address = self._services.settings.client.address
        folder = resources.files("asr_web").joinpath("examples")
        examples = [("shell", f"asr transcribe --address {address} call.wav")]
        for key, file in _EXAMPLES.items():
            examples.append((key, folder.joinpath(file).read_text(encoding="utf-8")))
        return render("program", t, languages=SPOKEN.items(), examples=examples)
