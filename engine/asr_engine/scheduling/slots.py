"""Pool of KV slots; each running sequence has one slot, which is its row of the cache."""

from __future__ import annotations

import heapq


class SlotPool:
    """The lowest free slot is always taken first, because a decode call spans all slots up to the highest."""

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
        """The slot to take next; call this only when one is free."""
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
