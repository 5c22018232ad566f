"""The languages that Qwen3-ASR recognises, by code and by name.

Codes are ISO 639-1 where there is one. The Chinese dialects are no languages of their own here: they come out
as Chinese, and Cantonese as Cantonese.
"""

from __future__ import annotations

from asr_client.errors import InvalidOption

LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fil": "Filipino",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "mk": "Macedonian",
    "ms": "Malay",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "vi": "Vietnamese",
    "yue": "Cantonese",
    "zh": "Chinese",
}
_OTHER_NAMES = {
    "mandarin": "Chinese",
    "cmn": "Chinese",
    "tagalog": "Filipino",
    "tl": "Filipino",
    "farsi": "Persian",
}
_NAMES = {name.casefold(): name for name in LANGUAGES.values()}


def language_name(language: str) -> str:
    """The model's name for a code (`zh`, `zh-CN`, `pt_BR`) or a name in any case. Raises InvalidOption."""
    wanted = language.strip().casefold()
    code = wanted.replace("_", "-").partition("-")[0]
    name = _NAMES.get(wanted) or _OTHER_NAMES.get(wanted) or LANGUAGES.get(code) or _OTHER_NAMES.get(code)
    if name is None:
        known = ", ".join(f"{name} ({code})" for code, name in LANGUAGES.items())
        raise InvalidOption(f"language is {language!r}; known are {known}")
    return name
