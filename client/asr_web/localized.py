"""Components of the page whose words change with its language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from asr_web.texts import Texts


class Localized:
    """Remembers how each component is worded."""

    def __init__(self) -> None:
        self._wordings: list[tuple[gr.blocks.Block, Callable[[Texts], dict[str, Any]]]] = []

    def add(self, component: Any, wording: Callable[[Texts], dict[str, Any]]) -> Any:
        """`wording` gives the component's properties in a language; returns the component."""
        self._wordings.append((component, wording))
        return component

    @property
    def components(self) -> list[Any]:
        """All of them, in the order of `updates`."""
        return [component for component, _ in self._wordings]

    def updates(self, t: Texts) -> list[dict[str, Any]]:
        """What turns the page to a language."""
        return [gr.update(**wording(t)) for _, wording in self._wordings]
