"""The concurrency limiter and the retry budget of a batch."""

from __future__ import annotations

import threading

import pytest

from asr_batch.concurrency_limiter import ConcurrencyLimiter
from asr_batch.errors import ServerGone
from asr_batch.retry_budget import RetryBudget
from asr_client.errors import ServerUnavailable


def acquire(limiter: ConcurrencyLimiter, count: int) -> list[int]:
    permits = [limiter.acquire() for _ in range(count)]
    assert None not in permits
    return [permit for permit in permits if permit is not None]


def test_each_round_that_goes_well_allows_one_more_up_to_the_most() -> None:
    limiter = ConcurrencyLimiter(6)
    limits = []
    for _ in range(4):
        limits.append(limiter.limit)
        for permit in acquire(limiter, limiter.limit):
            limiter.release(permit, was_refused=False)
    assert limits == [4, 5, 6, 6]


def test_a_refusal_halves_the_limit_and_refusals_of_one_overload_count_once() -> None:
    limiter = ConcurrencyLimiter(16)
    for _ in range(8):
        for permit in acquire(limiter, limiter.limit):
            limiter.release(permit, was_refused=False)
    assert limiter.limit == 12
    refused = acquire(limiter, 12)
    for permit in refused:
        limiter.release(permit, was_refused=True)
    assert limiter.limit == 6


def test_at_least_one_call_goes_on() -> None:
    limiter = ConcurrencyLimiter(16)
    for _ in range(10):
        limiter.release(acquire(limiter, 1)[0], was_refused=True)
    assert limiter.limit == 1


def test_no_call_beyond_the_limit_gets_a_permit_and_closing_wakes_those_that_wait() -> None:
    limiter = ConcurrencyLimiter(2)
    permits = acquire(limiter, 2)
    waiting: list[int | None] = []
    threads = [threading.Thread(target=lambda: waiting.append(limiter.acquire())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert waiting == []
    limiter.release(permits[0], was_refused=False)
    limiter.close()
    for thread in threads:
        thread.join(10)
    assert sorted(waiting, key=str) in ([None] * 3, [0, None, None])


def test_any_success_refills_the_retry_budget() -> None:
    now = [0.0]
    budget = RetryBudget(10.0, lambda: now[0])
    budget.cancel()  # no pauses
    away = ServerUnavailable("no connection", "UNAVAILABLE")
    now[0] = 9.0
    assert not budget.pause(away)
    budget.refill()
    now[0] = 18.0
    assert not budget.pause(away)
    now[0] = 20.0
    with pytest.raises(ServerGone, match="nothing succeeded for 11 s: no connection"):
        budget.pause(away)
