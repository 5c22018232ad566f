"""Form fields for what the model should expect: language, channel order, names and terms."""

from __future__ import annotations

from typing import Any

import gradio as gr

from asr_client.languages import LANGUAGES
from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER
from asr_web.call.call_run import CallOptions
from asr_web.page.localized import Localized
from asr_web.page.texts import Texts

_FREQUENT = ("zh", "en", "yue", "ja", "ko")  # listed before the others
SPOKEN = {code: LANGUAGES[code] for code in (*_FREQUENT, *LANGUAGES)}

_MAX_CONTEXT_LETTERS = 500


def spoken_options(localized: Localized) -> list[Any]:
    """Build the fields and return them as inputs for `options_from`."""
    box = localized.add(
        gr.Accordion, lambda t: {"label": t("options.title")}, open=False, elem_classes="desk-options"
    )
    with box, gr.Row():
        return [
            localized.add(gr.Dropdown, _language_words, value="", interactive=True),
            localized.add(gr.Dropdown, _channel_words, value=ROLE_AGENT, interactive=True),
            localized.add(gr.Textbox, _context_words, max_lines=3, max_length=_MAX_CONTEXT_LETTERS),
        ]


def options_from(language: str | None, channels: str | None, context: str | None) -> CallOptions:
    """Values of the fields as options of a run."""
    terms = " ".join((context or "").split())[:_MAX_CONTEXT_LETTERS]
    return CallOptions(language or None, terms, customer_first=channels == ROLE_CUSTOMER)


def _language_words(t: Texts) -> dict[str, Any]:
    named = [(t.name("language", name), code) for code, name in SPOKEN.items()]
    return {
        "label": t("options.language"),
        "info": t("options.language_info"),
        "choices": [(t("options.automatic"), ""), *named],
    }


def _channel_words(t: Texts) -> dict[str, Any]:
    return {
        "label": t("options.channels"),
        "info": t("options.channels_info"),
        "choices": [
            (t("options.channels_agent"), ROLE_AGENT),  # whose voice is on the first channel
            (t("options.channels_customer"), ROLE_CUSTOMER),
        ],
    }


def _context_words(t: Texts) -> dict[str, Any]:
    return {
        "label": t("options.context"),
        "info": t("options.context_info"),
        "placeholder": t("options.context_placeholder"),
    }
