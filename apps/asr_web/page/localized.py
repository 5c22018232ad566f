"""Localized components: Gradio components whose words change with the language of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from asr_web.page.texts import Texts

Wording = Callable[[Texts], dict[str, Any]]


class Localized:
    """Builds components and remembers how to word each one. `first` are the texts they are built with."""

    def __init__(self, first: Texts) -> None:
        self._first = first
        self._wordings: list[tuple[Any, Wording]] = []

    def add(self, kind: Callable[..., Any], wording: Wording, **properties: object) -> Any:
        """Build a Gradio component; `wording` returns the properties that depend on the language."""
        component = kind(**wording(self._first), **properties)
        self._wordings.append((component, wording))
        return component

    def tab(self, name: str) -> gr.Tab:
        """Build a tab of the page; use it in a `with` statement to fill it."""
        tab: gr.Tab = self.add(
            gr.Tab,
            lambda t: {"label": t(f"tab.{name}")},
            id=name,
            elem_id=f"tab-{name}",
            elem_classes="desk-tab",
        )
        return tab

    def markup(self, render: Callable[[Texts], str], script: str, elem_class: str) -> gr.HTML:
        """Build an HTML component; `script` runs once on its element."""
        html: gr.HTML = self.add(
            gr.HTML,
            lambda t: {"value": render(t)},
            js_on_load=script,
            apply_default_css=False,
            elem_classes=elem_class,
        )
        return html

    @property
    def components(self) -> list[Any]:
        """All components, in the order of `updates`."""
        return [component for component, _ in self._wordings]

    def updates(self, t: Texts) -> list[dict[str, Any]]:
        """Updates that switch all components to a language."""
        return [gr.update(**wording(t)) for _, wording in self._wordings]
