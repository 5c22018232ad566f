"""The language of a text, for calls whose transcript has no language tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

_LEAST_LETTERS = 4
_MOST_CHARACTERS = 2000  # more would not make the answer surer
_LEAST_PROBABILITY = 0.9


def language_of_text(texts: Iterable[str], language_codes: Mapping[str, str]) -> str | None:
    """The name of the language; None where it is not clear or not one of `language_codes`."""
    text = "\n".join(texts)[:_MOST_CHARACTERS]
    if sum(map(str.isalpha, text)) < _LEAST_LETTERS:
        return None
    code, probability = _identifier().classify(text)
    if probability < _LEAST_PROBABILITY:
        return None
    return next((name for name, known in language_codes.items() if known == code), None)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
