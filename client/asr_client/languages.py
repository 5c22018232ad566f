"""Names of languages: from what a caller writes to the name that the model takes.

The table itself is `asr_types.languages`, where packages read it that may not import this one.
"""

from __future__ import annotations

from asr_client.errors import InvalidOption
from asr_types.languages import LANGUAGES

__all__ = ["LANGUAGES", "language_name"]

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
