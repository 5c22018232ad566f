"""The language of a call whose transcript has no language tag, told from its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from call_analysis.turns import CallTurn

_LEAST_LETTERS = 4
_MOST_CHARACTERS = 2000  # enough to be sure
_LEAST_PROBABILITY = 0.9


def language_of_text(turns: Sequence[CallTurn], language_codes: Mapping[str, str]) -> str | None:
    """One of the rules' languages; None for another one, and where the text does not tell."""
    text = "\n".join(turn.text for turn in turns)[:_MOST_CHARACTERS]
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
