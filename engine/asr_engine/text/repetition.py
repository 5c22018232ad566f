"""Loop detector: notices a row that would repeat itself for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loop:
    """From `start` on, one unit of `period` tokens repeats; the last repeat may be incomplete."""

    start: int  # index of the first token of the first repeat
    period: int

    @property
    def end_of_first(self) -> int:
        """Index after the first unit; cutting here keeps the unit once."""
        return self.start + self.period


class LoopDetector:
    """Watches one row; each token costs `max_period` comparisons.

    A unit of `p` tokens is a loop when it comes at least `min_repeats` times in a row and these repeats cover
    at least `min_tokens` tokens. The first condition spares a sentence that is said two or three times, the
    second spares short units that people do repeat (`88888888`, `no no no no`, a laugh).
    """

    def __init__(self, max_period: int, min_repeats: int, min_tokens: int) -> None:
        self._needed = [max(min_tokens, min_repeats * period) - period for period in range(1, max_period + 1)]
        self._matches = [0] * max_period  # [p-1]: how many tokens in a row equal the one p before
        self._ids: list[int] = []

    def push(self, token_id: int) -> Loop | None:
        """Add a token; returns the loop that it completes, the one with the shortest period if several."""
        ids = self._ids
        ids.append(token_id)
        for index in range(min(len(ids) - 1, len(self._matches))):
            period = index + 1
            matches = self._matches[index] + 1 if ids[-1 - period] == token_id else 0
            self._matches[index] = matches
            if matches >= self._needed[index]:
                return Loop(len(ids) - matches - period, period)
        return None
