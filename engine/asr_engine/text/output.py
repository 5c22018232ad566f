"""Output parser: from generated token ids to language and text.

The model answers `language Chinese<asr_text>…`. With a forced language this header is part of the prompt, and
the answer is text only. For audio without speech the model answers `language None<asr_text>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asr_engine.text.languages import Languages
from asr_engine.text.tokenizer import AsrTokenizer

_HEADER = re.compile(r"\s*language\s+(\S*)\s*")
_HEADER_START = "language "


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the model heard. `language` is one of the model's names, None without speech."""

    language: str | None
    text: str


class OutputParser:
    """Splits header and text at the token `<asr_text>`; the same characters typed as text do not split."""

    def __init__(self, tokenizer: AsrTokenizer, languages: Languages, asr_text_id: int) -> None:
        self._tokenizer = tokenizer
        self._languages = languages
        self._asr_text_id = asr_text_id

    def parse(self, ids: Sequence[int], forced_language: str | None) -> Hypothesis:
        """Accepts any ids. A cut or missing header gives language None; a cut one is kept out of the text."""
        if self._asr_text_id in ids:
            tag = ids.index(self._asr_text_id)
            header, text = self._decode(ids[:tag]), self._decode(ids[tag + 1 :])
            return Hypothesis(forced_language or self._language_in(header), text)
        text = self._decode(ids)
        if forced_language is not None:
            return Hypothesis(forced_language, text)
        return Hypothesis(None, "" if _is_header(text) else text)

    def _decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(ids).strip()

    def _language_in(self, header: str) -> str | None:
        match = _HEADER.fullmatch(header)
        return self._languages.find(match[1]) if match else None


def _is_header(text: str) -> bool:
    return _HEADER_START.startswith(text) or _HEADER.fullmatch(text) is not None
