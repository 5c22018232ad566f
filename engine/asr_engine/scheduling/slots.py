"""KV slots: places in the cache, one for each running sequence."""

from __future__ import annotations

import heapq


class SlotPool:
    """Always the lowest free slot is taken, so that the running slots stay a short prefix of the cache."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = list(range(count))  # a heap

    @property
    def num_free(self) -> int:
        return len(self._free)

    @property
    def num_used(self) -> int:
        return self._count - len(self._free)

    @property
    def lowest_free(self) -> int:
        """The slot to take next; there must be one."""
        assert self._free, "no free slot"
        return self._free[0]

    def take(self, slot: int) -> None:
        """Take the lowest free slot."""
        assert slot == self.lowest_free, "not the lowest free slot"
        heapq.heappop(self._free)

    def give_back(self, slot: int) -> None:
        """Free a slot that was taken."""
        assert 0 <= slot < self._count, "unknown slot"
        assert slot not in self._free, "slot is free already"
        heapq.heappush(self._free, slot)
