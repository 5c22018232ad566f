"""Shard of a batch: `2/8` is the third of eight. Together the shards hold each recording exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from asr_batch.task import Task


@dataclass(frozen=True, slots=True)
class Shard:
    """`index` counts from 0, as Kubernetes counts the pods of an Indexed Job."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not (self.count >= 1 and 0 <= self.index < self.count):
            raise ValueError(f"shard is {self.index}/{self.count}; expected 0/N to N-1/N")

    def select(self, tasks: Iterable[Task]) -> list[Task]:
        """The tasks of this shard, by a hash of the id: a recording stays in its shard when rows are added or
        reordered."""
        return [task for task in tasks if _number(task.id) % self.count == self.index]

    def __str__(self) -> str:
        return f"{self.index}-of-{self.count}"


WHOLE_BATCH = "whole"  # names the journal of a batch without shards


def parse_shard(text: str) -> Shard:
    """Read `i/n`. Raises ValueError."""
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal()):
        raise ValueError(f"shard is {text!r}; expected i/n, such as 0/8")
    return Shard(int(index), int(count))


def _number(task_id: str) -> int:
    return int.from_bytes(blake2b(task_id.encode(errors="surrogateescape"), digest_size=8).digest())
