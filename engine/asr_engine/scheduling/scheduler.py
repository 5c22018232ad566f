"""Scheduler: decides which step the engine runs next. Touches no tensors and no clock.

Each step is a transaction: `plan()` names the step and changes nothing, the loop runs it, and `commit()`,
which cannot fail, records that it ran. Policy:

1. Everything runs in the order in which features became ready.
2. Encoding needs no slot, so it goes on while all slots are taken. A row that ends is then replaced at once
   and the decode calls stay full. Admission permits bound how many encoded requests can wait.
3. Slots are filled eagerly: a prompt whose audio is encoded is prefilled before more windows are encoded.
4. While rows are decoding, a decode step comes between any two prefill or encode steps, so that one such
   step is the longest delay of a running row.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain

from asr_engine.scheduling.sequence import Sequence, Stage
from asr_engine.scheduling.slots import SlotPool


@dataclass(frozen=True, slots=True)
class WindowShare:
    """Windows [first, end) of one sequence inside an encoder call."""

    sequence: Sequence
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Encode:
    """One encoder call over windows of one or more sequences."""

    shares: tuple[WindowShare, ...]

    @property
    def rows(self) -> tuple[()]:
        """No sequence gets a token from this step."""
        return ()


@dataclass(frozen=True, slots=True)
class Prefill:
    """One decoder call over the whole prompt of a fresh row, into a free slot."""

    sequence: Sequence
    slot: int

    @property
    def rows(self) -> tuple[Sequence]:
        """The sequence that gets its first token from this step."""
        return (self.sequence,)


@dataclass(frozen=True, slots=True)
class Decode:
    """One decoder call for all running rows: `rows[slot]`, None for an empty slot below the highest row."""

    rows: tuple[Sequence | None, ...]


Step = Encode | Prefill | Decode


class Scheduler:
    """Holds every sequence from when its features are ready until it is answered."""

    def __init__(self, slots: int, max_encode_windows: int) -> None:
        self._pool = SlotPool(slots)
        self._max_encode_windows = max_encode_windows
        self._waiting: deque[Sequence] = deque()
        self._encoding: deque[Sequence] = deque()
        self._encoded: deque[Sequence] = deque()
        self._decoding: dict[int, Sequence] = {}  # by slot
        self._decode_is_due = False

    @property
    def num_active(self) -> int:
        """Rows that are decoding."""
        return len(self._decoding)

    @property
    def slots_in_use(self) -> int:
        return self._pool.num_used

    @property
    def has_work(self) -> bool:
        return bool(self._waiting or self._encoding or self._encoded or self._decoding)

    def add(self, sequence: Sequence) -> None:
        """Queue a sequence whose windows are ready."""
        sequence.stage = Stage.WAITING
        self._waiting.append(sequence)

    def plan(self) -> Step | None:
        """The next step; None when there is nothing to do."""
        if self._decode_is_due and self._decoding:
            return self._plan_decode()
        if self._encoded and self._pool.num_free:
            return Prefill(self._encoded[0], self._pool.lowest_free)
        if self._encoding or self._waiting:
            return self._plan_encode()
        return self._plan_decode() if self._decoding else None

    def commit(self, step: Step) -> None:
        """Record that a planned step ran."""
        self._decode_is_due = not isinstance(step, Decode)
        if isinstance(step, Encode):
            for share in step.shares:
                self._commit_share(share)
        elif isinstance(step, Prefill):
            self._commit_prefill(self._encoded.popleft(), step.slot)

    def remove(self, sequence: Sequence) -> None:
        """Remove a sequence at any stage and free its slot."""
        if sequence.stage is Stage.DECODING:
            assert sequence.slot is not None, "a decoding sequence has a slot"
            del self._decoding[sequence.slot]
        elif sequence.stage in (Stage.WAITING, Stage.ENCODING, Stage.ENCODED):
            self._queue_of(sequence.stage).remove(sequence)
        if sequence.slot is not None:
            self._pool.give_back(sequence.slot)
            sequence.slot = None
        sequence.stage = Stage.ANSWERED

    def _plan_encode(self) -> Encode:
        room = self._max_encode_windows
        shares: list[WindowShare] = []
        for sequence in chain(self._encoding, self._waiting):
            end = min(len(sequence.windows), sequence.num_encoded + room)
            shares.append(WindowShare(sequence, sequence.num_encoded, end))
            room -= end - sequence.num_encoded
            if room == 0:
                break
        return Encode(tuple(shares))

    def _plan_decode(self) -> Decode:
        return Decode(tuple(self._decoding.get(slot) for slot in range(max(self._decoding) + 1)))

    def _commit_share(self, share: WindowShare) -> None:
        sequence = share.sequence
        if sequence.stage is Stage.WAITING:
            self._waiting.remove(sequence)
            sequence.stage = Stage.ENCODING
            self._encoding.append(sequence)
        sequence.num_encoded = share.end
        if sequence.num_encoded == len(sequence.windows):
            self._encoding.remove(sequence)
            sequence.stage = Stage.ENCODED
            self._encoded.append(sequence)

    def _commit_prefill(self, sequence: Sequence, slot: int) -> None:
        self._pool.take(slot)
        sequence.slot = slot
        sequence.stage = Stage.DECODING
        self._decoding[slot] = sequence

    def _queue_of(self, stage: Stage) -> deque[Sequence]:
        if stage is Stage.WAITING:
            return self._waiting
        return self._encoding if stage is Stage.ENCODING else self._encoded
