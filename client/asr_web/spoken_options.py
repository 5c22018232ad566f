"""The fields in which a user tells the model what to expect."""

from __future__ import annotations

from typing import Any

import gradio as gr

from asr_web.call_run import CallOptions
from asr_web.localized import Localized
from asr_web.texts import Texts

# What the model speaks: codes and the names it goes by, the most frequent here first.
LANGUAGES = {
    "zh": "Chinese", "en": "English", "yue": "Cantonese", "ja": "Japanese", "ko": "Korean",
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "nl": "Dutch", "fil": "Filipino", "fi": "Finnish",
    "fr": "French", "de": "German", "el": "Greek", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "mk": "Macedonian", "ms": "Malay", "fa": "Persian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "es": "Spanish", "sv": "Swedish", "th": "Thai", "tr": "Turkish",
    "vi": "Vietnamese",
}  # fmt: skip
_MAX_CONTEXT_LETTERS = 500


def spoken_options(localized: Localized, t: Texts) -> list[Any]:
    """Build the fields; returns them as inputs for `options_from`."""

    def add(component: Any, wording: Any) -> Any:
        return localized.add(component, wording)

    with add(gr.Accordion(t("options.title"), open=False), lambda t: {"label": t("options.title")}):
        language = add(gr.Dropdown(**_language_words(t), value="", interactive=True), _language_words)
        context = add(
            gr.Textbox(**_context_words(t), max_lines=3, max_length=_MAX_CONTEXT_LETTERS), _context_words
        )
    return [language, context]


def options_from(language: str | None, context: str | None) -> CallOptions:
    """The fields' values as the client takes them."""
    return CallOptions(language or None, " ".join((context or "").split())[:_MAX_CONTEXT_LETTERS])


def _language_words(t: Texts) -> dict[str, Any]:
    named = [(t.name("language", name), code) for code, name in LANGUAGES.items()]
    return {
        "label": t("options.language"),
        "info": t("options.language_info"),
        "choices": [(t("options.automatic"), ""), *named],
    }


def _context_words(t: Texts) -> dict[str, Any]:
    return {
        "label": t("options.context"),
        "info": t("options.context_info"),
        "placeholder": t("options.context_placeholder"),
    }
