"""Components of the page whose words change with its language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from asr_web.page.texts import Texts

Wording = Callable[[Texts], dict[str, Any]]


class Localized:
    """Builds components, and remembers how each is worded. `first` are the texts they are built with."""

    def __init__(self, first: Texts) -> None:
        self._first = first
        self._wordings: list[tuple[Any, Wording]] = []

    def add(self, kind: Callable[..., Any], wording: Wording, **properties: object) -> Any:
        """A component of a kind of Gradio's; `wording` gives the properties that depend on the language."""
        component = kind(**wording(self._first), **properties)
        self._wordings.append((component, wording))
        return component

    def tab(self, name: str) -> gr.Tab:
        """A tab of the page, to be filled within `with`."""
        tab: gr.Tab = self.add(
            gr.Tab,
            lambda t: {"label": t(f"tab.{name}")},
            id=name,
            elem_id=f"tab-{name}",
            elem_classes="desk-tab",
        )
        return tab

    def markup(self, render: Callable[[Texts], str], script: str, elem_class: str) -> gr.HTML:
        """Markup of our own; `script` runs once on its element."""
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
        """All of them, in the order of `updates`."""
        return [component for component, _ in self._wordings]

    def updates(self, t: Texts) -> list[dict[str, Any]]:
        """What turns the page to a language."""
        return [gr.update(**wording(t)) for _, wording in self._wordings]
