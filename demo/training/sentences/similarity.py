"""Similarity of sentences: Jaccard similarity of their character 4-grams, without case and punctuation."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

GRAM = 4


def normalised(text: str) -> str:
    """Letters and digits in lower case, words separated by one space, or by none in a text with Chinese."""
    folded = unicodedata.normalize("NFKC", text).lower()
    spaced = "".join(character if character.isalnum() or character == "'" else " " for character in folded)
    words = spaced.split()
    return "".join(words) if any(character > "\u2fff" for character in spaced) else " ".join(words)


def grams(text: str) -> frozenset[str]:
    """Character 4-grams of a text; a shorter text is one gram."""
    plain = normalised(text)
    return frozenset(plain[start : start + GRAM] for start in range(max(1, len(plain) - GRAM + 1)))


class SimilarityIndex:
    """Finds the most similar of a fixed set of texts without comparing with each."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self._grams = [grams(text) for text in self.texts]
        self._holders: dict[str, list[int]] = defaultdict(list)
        for index, text_grams in enumerate(self._grams):
            for gram in text_grams:
                self._holders[gram].append(index)

    def nearest(self, text: str) -> tuple[float, int]:
        """Similarity to and index of the most similar text; (0.0, -1) when none shares a gram."""
        own = grams(text)
        shared: Counter[int] = Counter()
        for gram in own:
            shared.update(self._holders.get(gram, ()))
        return max(
            (
                (count / (len(own) + len(self._grams[index]) - count), index)
                for index, count in shared.items()
            ),
            default=(0.0, -1),
        )
