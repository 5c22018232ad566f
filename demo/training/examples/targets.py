"""Auxiliary targets for the encoder and the early decoder layers, from the synthesiser's times.

With the cross-entropy of the answer alone, training does not find the alignment in the available time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from training.examples.timeline import TimedToken
from training.sound.mel import CHUNK_MS, TOKEN_MS, TOKENS_PER_CHUNK
from training.voices.speech import SILENCE, Phoneme

IGNORED = -100  # label without a loss
PHONEME_SLOTS_MS = (-20, 0, 20, 40)  # offsets within one audio token
PHONEME_SLOTS = len(PHONEME_SLOTS_MS)


@dataclass(frozen=True, slots=True)
class Spike:
    """Audio token at which a text token is complete."""

    position: int
    token: int
    index: int  # of the text token in the text


class PhonemeClasses:
    """Class numbers of phoneme names. Silence is 0, and so is any unknown name."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = (SILENCE, *sorted(set(names) - {SILENCE}))
        self._classes = {name: index for index, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def at(self, times_ms: NDArray[np.float64], phonemes: Sequence[Phoneme]) -> NDArray[np.int64]:
        """Class of the phoneme at each time."""
        starts = np.array([-math.inf, *(phoneme.start_ms for phoneme in phonemes)])
        classes = np.array([0, *(self._classes.get(phoneme.name, 0) for phoneme in phonemes)])
        heard: NDArray[np.int64] = classes[np.searchsorted(starts, times_ms, side="right") - 1]
        return heard


def phoneme_targets(
    num_tokens: int, phonemes: Sequence[Phoneme], classes: PhonemeClasses
) -> NDArray[np.int64]:
    """Phoneme classes, [num_tokens, PHONEME_SLOTS]; IGNORED outside the token's one-second chunk."""
    chunk, within = np.divmod(np.arange(num_tokens), TOKENS_PER_CHUNK)
    chunk_ms = (chunk * CHUNK_MS)[:, None]
    times_ms = chunk_ms + (within * TOKEN_MS)[:, None] + np.array(PHONEME_SLOTS_MS)[None]
    targets = classes.at(times_ms, phonemes)
    targets[(times_ms < chunk_ms) | (times_ms >= chunk_ms + CHUNK_MS)] = IGNORED
    return targets


def spikes(num_tokens: int, timed: Sequence[TimedToken]) -> list[Spike]:
    """Assign an audio token to each text token; the tokens of one word get those up to the word's end."""
    placed: list[Spike] = []
    last = -1
    for end_ms, group in groupby(timed, key=lambda token: token.end_ms):
        tokens = list(group)
        final = audio_token_at(end_ms)
        for offset, token in enumerate(tokens):
            position = max(last + 1, final - (len(tokens) - 1 - offset))
            if position < num_tokens:
                placed.append(Spike(position, token.token, token.index))
                last = position
    return placed


def audio_token_at(end_ms: float) -> int:
    """First audio token that covers all audio up to a time, within the second of that time."""
    chunk, rest_ms = divmod(end_ms, CHUNK_MS)
    return int(chunk) * TOKENS_PER_CHUNK + min(TOKENS_PER_CHUNK - 1, math.ceil(rest_ms / TOKEN_MS))
