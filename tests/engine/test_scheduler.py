"""Properties of the scheduler: it is driven through random traffic and watched."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_engine.features import Window
from asr_engine.scheduling.scheduler import Decode, Encode, Prefill, Scheduler, Step
from asr_engine.scheduling.sequence import Sequence, Stage
from asr_engine.text.prompt import Prompt
from asr_engine.text.repetition import LoopDetector


@dataclass(frozen=True)
class Visit:
    """One request: when it comes, what it needs, and perhaps when it leaves early."""

    arrives_at: int  # step
    windows: int
    tokens: int
    cancelled_after: int | None  # steps from its arrival


@dataclass
class Run:
    steps: list[tuple[Step, int]] = field(default_factory=list)  # with the rows decoding before it
    finished: list[int] = field(default_factory=list)


visits = st.builds(
    Visit,
    arrives_at=st.integers(0, 40),
    windows=st.integers(1, 9),
    tokens=st.integers(1, 12),
    cancelled_after=st.none() | st.integers(0, 25),
)
traffic = st.tuples(st.lists(visits, min_size=1, max_size=25), st.integers(1, 5), st.integers(1, 6))


def sequence(windows: int) -> Sequence:
    made = Sequence(
        request_id="r",
        on_done=lambda _: None,
        samples=np.zeros(1, np.float32),
        audio_s=1.0,
        language=None,
        prompt=Prompt(np.zeros(4, np.int64), 0, 0),
        max_new_tokens=100,
        end_of_text=(),
        detector=LoopDetector(1, 9, 9),
        submitted_at=0.0,
    )
    made.windows = cast("tuple[Window, ...]", (None,) * windows)  # the scheduler only counts them
    return made


def drive(traffic_: tuple[list[Visit], int, int]) -> tuple[Run, Scheduler]:
    """Play the traffic; every invariant is checked at every step."""
    plan, slots, max_windows = traffic_
    scheduler = Scheduler(slots, max_windows)
    run = Run()
    present: dict[Sequence, int] = {}
    for now in range(3000):
        for index, visit in enumerate(plan):
            if visit.arrives_at == now:
                entering = sequence(visit.windows)
                scheduler.add(entering)
                present[entering] = index
        for leaving in [s for s, i in present.items() if plan[i].cancelled_after == now - plan[i].arrives_at]:
            scheduler.remove(leaving)
            run.finished.append(present.pop(leaving))
        step = scheduler.plan()
        if step is None:
            if now > 70:
                break
            continue
        check_step(step, slots, max_windows)
        run.steps.append((step, scheduler.num_active))
        scheduler.commit(step)
        for done in advance(step, plan, present):
            scheduler.remove(done)
            run.finished.append(present.pop(done))
        check_slots(present, scheduler, slots)
    return run, scheduler


def advance(step: Step, plan: list[Visit], present: dict[Sequence, int]) -> list[Sequence]:
    """What the model would do: one token for each row; the rows that are done."""
    rows = (step.sequence,) if isinstance(step, Prefill) else step.rows if isinstance(step, Decode) else ()
    for row in rows:
        if row is not None:
            row.token_ids.append(0)
    return [row for row in rows if row and len(row.token_ids) == plan[present[row]].tokens]


def check_step(step: Step, slots: int, max_windows: int) -> None:
    if isinstance(step, Encode):
        assert 1 <= sum(share.end - share.first for share in step.shares) <= max_windows
        assert all(share.first == share.sequence.num_encoded < share.end for share in step.shares)
    elif isinstance(step, Prefill):
        assert step.sequence.num_encoded == len(step.sequence.windows)
    else:
        assert len(step.rows) <= slots
        assert step.rows[-1] is not None
        assert all(row is None or row.slot == slot for slot, row in enumerate(step.rows))


def check_slots(present: dict[Sequence, int], scheduler: Scheduler, slots: int) -> None:
    used = [each.slot for each in present if each.slot is not None]
    assert len(used) == len(set(used)) == scheduler.slots_in_use <= slots
    assert all((each.slot is None) == (each.stage is not Stage.DECODING) for each in present)


@given(traffic)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_everyone_finishes_and_all_slots_come_back(traffic_: tuple[list[Visit], int, int]) -> None:
    run, scheduler = drive(traffic_)
    assert sorted(run.finished) == list(range(len(traffic_[0])))
    assert (scheduler.slots_in_use, scheduler.num_active, scheduler.has_work) == (0, 0, False)
    assert not scheduler.has_work


@given(traffic)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_running_rows_never_wait_for_two_other_steps(traffic_: tuple[list[Visit], int, int]) -> None:
    run, _ = drive(traffic_)
    for (before, _), (step, active) in pairwise(run.steps):
        if active:
            assert isinstance(before, Decode) or isinstance(step, Decode)


@settings(derandomize=True)
@given(st.integers(1, 5), st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_slots_are_given_in_order_of_arrival(slots: int, windows: list[int]) -> None:
    scheduler = Scheduler(slots, 3)
    sequences = [sequence(count) for count in windows]
    for each in sequences:
        scheduler.add(each)
    served: list[Sequence] = []
    while (step := scheduler.plan()) is not None:
        scheduler.commit(step)
        if isinstance(step, Prefill):
            served.append(step.sequence)
        if isinstance(step, Decode):
            for row in filter(None, step.rows):
                scheduler.remove(row)
    assert served == sequences


@given(traffic)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_planning_changes_nothing(traffic_: tuple[list[Visit], int, int]) -> None:
    plan, slots, max_windows = traffic_
    scheduler = Scheduler(slots, max_windows)
    for visit in plan:
        scheduler.add(sequence(visit.windows))
    while (step := scheduler.plan()) is not None:
        before = copy.deepcopy(scheduler)
        assert scheduler.plan() == step
        assert state(scheduler) == state(before)
        scheduler.commit(step)
        for row in step.rows if isinstance(step, Decode) else ():
            if row is not None:
                scheduler.remove(row)


def state(scheduler: Scheduler) -> object:
    queues = (scheduler._waiting, scheduler._encoding, scheduler._encoded, scheduler._decoding.values())
    rows = [[(each.stage, each.slot, each.num_encoded) for each in queue] for queue in queues]
    return rows, sorted(scheduler._pool._free), scheduler._decode_is_due


def test_a_row_that_leaves_makes_room_for_the_next_one() -> None:
    scheduler = Scheduler(slots=1, max_encode_windows=4)
    first, second = sequence(1), sequence(1)
    scheduler.add(first)
    scheduler.add(second)
    for kind in (Encode, Prefill, Decode):
        step = scheduler.plan()
        assert isinstance(step, kind)
        scheduler.commit(step)
    assert isinstance(scheduler.plan(), Decode)
    scheduler.remove(first)
    assert scheduler.plan() == Prefill(second, 0)


def commit_next(scheduler: Scheduler) -> None:
    step = scheduler.plan()
    assert step is not None
    scheduler.commit(step)


def test_audio_is_encoded_while_all_slots_are_taken() -> None:
    scheduler = Scheduler(slots=1, max_encode_windows=4)
    scheduler.add(sequence(1))
    for _ in range(3):
        commit_next(scheduler)
    scheduler.add(sequence(1))
    assert isinstance(scheduler.plan(), Encode)


def test_the_lowest_free_slot_is_taken_first() -> None:
    scheduler = Scheduler(slots=3, max_encode_windows=9)
    sequences = [sequence(1) for _ in range(4)]
    for each in sequences[:3]:
        scheduler.add(each)
    while scheduler.slots_in_use < 3:
        commit_next(scheduler)
    scheduler.remove(sequences[1])
    scheduler.add(sequences[3])
    while sequences[3].slot is None:
        commit_next(scheduler)
    assert sequences[3].slot == 1
