"""Query options of one call: what it asks of the model, and which of two answers to a segment it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from asr_client.languages import language_name
from asr_client.requests.vocabulary import context_text, context_words, is_supported, suspect_words
from asr_client.requests.wire import Answer, Query


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """Options of a call in the form in which they are sent. `words` are those of the context."""

    language: str | None
    context: str
    max_new_tokens: int | None
    words: tuple[str, ...]

    @classmethod
    def checked(
        cls, language: str | None, context: str | Sequence[str], max_new_tokens: int | None
    ) -> QueryOptions:
        """Raises InvalidOption."""
        text = context_text(context)
        name = language_name(language) if language else None
        return cls(name, text, max_new_tokens, context_words(text))

    def query(self, query_id: str, pcm: NDArray[np.int16]) -> Query:
        """The request for one segment."""
        return Query(query_id, pcm, self.language, self.context, self.max_new_tokens)

    def second_query(self, query: Query, answer: Answer) -> Query | None:
        """The same request without context if the answer may hold words from there alone, else None."""
        if not suspect_words(answer.text, self.words):
            return None
        return replace(query, id=f"{query.id}-plain", context="")

    def choose(self, first: Answer | None, answer: Answer) -> tuple[Answer, bool]:
        """The answer to take, and whether words of the context had leaked into the answer with context.

        Of a segment that was sent twice, `first` is the answer with context and `answer` the one without.
        Otherwise `first` is None and `answer` is the only one.
        """
        if first is None:
            return answer, False
        leaked = not is_supported(suspect_words(first.text, self.words), answer.text)
        return (answer, True) if leaked else (first, False)
