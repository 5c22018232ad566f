"""Means of what a training step reports, since they were last taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


class RunningMean:
    """Names keep the order in which they first came."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = defaultdict(float)
        self._count = 0

    def add(self, values: Mapping[str, float]) -> None:
        """One step."""
        self._count += 1
        for name, value in values.items():
            self._sums[name] += value

    def take(self) -> str:
        """As text; starts again."""
        text = ", ".join(f"{name} {total / self._count:.3f}" for name, total in self._sums.items())
        self._sums.clear()
        self._count = 0
        return text
