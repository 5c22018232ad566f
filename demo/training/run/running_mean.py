"""Running mean of the values that training steps report, since it was last taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


class RunningMean:
    """Means by name, in the order in which the names first appeared."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = defaultdict(float)
        self._count = 0

    def add(self, values: Mapping[str, float]) -> None:
        """Add the values of one step."""
        self._count += 1
        for name, value in values.items():
            self._sums[name] += value

    def take(self) -> str:
        """Return the means as text and reset them."""
        text = ", ".join(f"{name} {total / self._count:.3f}" for name, total in self._sums.items())
        self._sums.clear()
        self._count = 0
        return text
