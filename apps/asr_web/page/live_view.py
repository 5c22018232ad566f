"""Live view: the part of a tab that follows the changes of its desk until all work is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from asr_web.desks import Desk
from asr_web.services import Services

# Properties of events that answer immediately and do not wait for other events.
QUICK: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}


class LiveView:
    """Shows `render(desk, key)` again whenever it changes, until `is_over(desk)`."""

    def __init__(
        self,
        tab_name: str,
        services: Services,
        render: Callable[[Desk, str], str],
        is_over: Callable[[Desk], bool],
        poll_every_s: float,
    ) -> None:
        self._tab_name = tab_name
        self._services = services
        self._render = render
        self._is_over = is_over
        self._poll_every_s = poll_every_s
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
        """On `event` call `act`, which changes the user's calls, then show their state until it is final.

        `inputs` begin with the browser tab's key and language. With `renders` the markup that `act` returns
        is shown immediately.
        """
        output = self.html if renders else None
        acted = event(act, inputs, output, trigger_mode=trigger_mode, **QUICK)
        acted.then(self.watch, inputs[:2], self.html, **QUICK)

    async def watch(self, key: str, language: str, request: gr.Request) -> AsyncIterator[str]:
        """Yield markup for every change until the work is over, unless another watch does so on this page."""
        desk = self._services.desk(key, language)
        shown = None
        while watch := desk.begin_watch(self._tab_name, request.session_hash):
            try:
                while desk.goes_on(self._tab_name, watch):
                    is_over = self._is_over(desk)  # before rendering, so that the final state is rendered too
                    markup = self._render(desk, key)
                    if markup != shown:
                        yield markup
                        shown = markup
                    if is_over:
                        break
                    await asyncio.sleep(self._poll_every_s)
                else:
                    return  # a watch on another page has taken over
            finally:
                desk.end_watch(self._tab_name, watch)
            # Work that began between the last check and `end_watch` found this watch and started none.
            if self._is_over(desk) and self._render(desk, key) == shown:
                return
