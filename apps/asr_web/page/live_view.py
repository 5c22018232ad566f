"""The part of a tab that shows what its desk holds there, for as long as that changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from asr_web.desks import Desk
from asr_web.services import Services

# For events that answer at once and wait for no other.
QUICK: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}


class LiveView:
    """`render` gives the markup for a desk and its key; `is_over` says that it will change no more."""

    def __init__(
        self,
        place: str,
        services: Services,
        render: Callable[[Desk, str], str],
        is_over: Callable[[Desk], bool],
        look_every_s: float,
    ) -> None:
        self._place = place
        self._services = services
        self._render = render
        self._is_over = is_over
        self._look_every_s = look_every_s
        self.html = gr.HTML(
            "",
            js_on_load="desk.view(element, (data) => trigger('action', data))",
            apply_default_css=False,
            elem_classes="desk-view",
        )

    def follow(
        self,
        event: Any,
        act: Callable[..., str | None],
        inputs: list[Any],
        trigger_mode: str,
        *,
        renders: bool,
    ) -> None:
        """On `event` let `act` change the desk, then show all that comes of it.

        `inputs` begin with the tab's key and language. With `renders` the answer of `act` is shown at once.
        """
        output = self.html if renders else None
        acted = event(act, inputs, output, trigger_mode=trigger_mode, **QUICK)
        acted.then(self.watch, inputs[:2], self.html, **QUICK)

    async def watch(self, key: str, language: str, request: gr.Request) -> AsyncIterator[str]:
        """Markup for every change until all is over, unless another watch does so on this page."""
        desk = self._services.desk(key, language)
        shown = None
        while watch := desk.begin_watch(self._place, request.session_hash):
            try:
                while desk.goes_on(self._place, watch):
                    is_over = self._is_over(desk)  # asked first: what ends between the two is still shown
                    markup = self._render(desk, key)
                    if markup != shown:
                        yield markup
                        shown = markup
                    if is_over:
                        break
                    await asyncio.sleep(self._look_every_s)
                else:
                    return  # another page shows it now
            finally:
                desk.end_watch(self._place, watch)
            if self._is_over(desk) and self._render(desk, key) == shown:  # nothing happened meanwhile
                return
