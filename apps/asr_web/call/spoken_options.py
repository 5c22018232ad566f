"""The fields in which a user tells the model what to expect."""

from __future__ import annotations

from typing import Any

import gradio as gr

from asr_client.languages import LANGUAGES
from asr_web.call.call_run import CallOptions
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts

_FREQUENT = ("zh", "en", "yue", "ja", "ko")
# Those most frequent here first.
SPOKEN = {code: LANGUAGES[code] for code in (*_FREQUENT, *LANGUAGES)}
_AGENT_FIRST, _CUSTOMER_FIRST = "agent", "customer"
_MAX_CONTEXT_LETTERS = 500


def spoken_options(localized: Localized) -> list[Any]:
    """Build the fields; returns them as inputs for `options_from`."""
    box = localized.add(
        gr.Accordion, lambda t: {"label": t("options.title")}, open=False, elem_classes="desk-options"
    )
    with box, gr.Row():
        return [
            localized.add(gr.Dropdown, _language_words, value="", interactive=True),
            localized.add(gr.Dropdown, _channel_words, value=_AGENT_FIRST, interactive=True),
            localized.add(gr.Textbox, _context_words, max_lines=3, max_length=_MAX_CONTEXT_LETTERS),
        ]


def options_from(language: str | None, channels: str | None, context: str | None) -> CallOptions:
    """The fields' values as the client takes them."""
    terms = " ".join((context or "").split())[:_MAX_CONTEXT_LETTERS]
    return CallOptions(language or None, terms, customer_first=channels == _CUSTOMER_FIRST)


def _language_words(t: Texts) -> dict[str, Any]:
    named = [(t.name("language", name), code) for code, name in SPOKEN.items()]
    return {
        "label": t("options.language"),
        "info": t("options.language_info"),
        "choices": [(t("options.automatic"), ""), *named],
    }


def _channel_words(t: Texts) -> dict[str, Any]:
    orders = (_AGENT_FIRST, _CUSTOMER_FIRST)
    return {
        "label": t("options.channels"),
        "info": t("options.channels_info"),
        "choices": [(t(f"options.channels_{first}"), first) for first in orders],
    }


def _context_words(t: Texts) -> dict[str, Any]:
    return {
        "label": t("options.context"),
        "info": t("options.context_info"),
        "placeholder": t("options.context_placeholder"),
    }
