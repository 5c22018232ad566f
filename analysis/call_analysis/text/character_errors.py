"""Simulated recognition errors, to fit and to evaluate the intent classifier on."""

from __future__ import annotations

import random

from call_analysis.text.folded_text import is_unbounded

_HAN = "的一是了我不在有他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
_LATIN = "etaoinshrdlucmfwypvbgkqjxz"


def with_character_errors(text: str, rate: float, seed: int) -> str:
    """The text with this share of its letters replaced, deleted, or followed by another one, at random."""
    draw = random.Random(f"{seed} {text}")
    characters: list[str] = []
    for character in text:
        if not character.isalnum() or draw.random() >= rate:
            characters.append(character)
            continue
        other = draw.choice(_HAN if is_unbounded(character) else _LATIN)
        characters.append(draw.choice((other, "", character + other)))
    return "".join(characters)
