"""Priority mix: the share of requests that gets each of Triton's priority levels."""

from __future__ import annotations

import random
from dataclasses import dataclass

LOWEST_PRIORITY = 3  # 1 is for probes, 2 interactive, 3 bulk


@dataclass(frozen=True, slots=True)
class PriorityMix:
    """Priority levels with their weights."""

    levels: tuple[int, ...]
    weights: tuple[float, ...]

    def draw(self, chance: random.Random) -> int:
        """Draw a level at random by weight."""
        return chance.choices(self.levels, self.weights)[0]


def parse_mix(text: str) -> PriorityMix:
    """Parse a mix such as `2:0.8,3:0.2`, or `2` alone. Raises ValueError."""
    pairs = [part.partition(":") for part in text.split(",")]
    try:
        levels = tuple(int(level) for level, _, _ in pairs)
        weights = tuple(float(weight or 1) for _, _, weight in pairs)
    except ValueError:
        raise ValueError(
            f"priority mix is {text!r}; expected level:weight pairs such as 2:0.8,3:0.2"
        ) from None
    if not all(1 <= level <= LOWEST_PRIORITY for level in levels):
        raise ValueError(f"priority mix is {text!r}; levels are 1 to {LOWEST_PRIORITY}")
    if not all(weight > 0 for weight in weights):
        raise ValueError(f"priority mix is {text!r}; weights must be above 0")
    return PriorityMix(levels, weights)
