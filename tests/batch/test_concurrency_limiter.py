"""How many calls are under way at once, and for how long an absent server is waited for."""

from __future__ import annotations

import threading

import pytest

from asr_batch.concurrency_limiter import Pace
from asr_batch.errors import ServerGone
from asr_batch.retry_budget import Patience
from asr_client.errors import ServerUnavailable


def enter(pace: Pace, count: int) -> list[int]:
    eras = [pace.enter() for _ in range(count)]
    assert None not in eras
    return [era for era in eras if era is not None]


def test_each_round_that_goes_well_allows_one_more_up_to_the_most() -> None:
    pace = Pace(6)
    limits = []
    for _ in range(4):
        limits.append(pace.limit)
        for era in enter(pace, pace.limit):
            pace.leave(era, was_refused=False)
    assert limits == [4, 5, 6, 6]


def test_a_refusal_halves_and_one_crowd_counts_once() -> None:
    pace = Pace(16)
    for _ in range(8):
        for era in enter(pace, pace.limit):
            pace.leave(era, was_refused=False)
    assert pace.limit == 12
    crowd = enter(pace, 12)
    for era in crowd:
        pace.leave(era, was_refused=True)
    assert pace.limit == 6


def test_at_least_one_call_goes_on() -> None:
    pace = Pace(16)
    for _ in range(10):
        pace.leave(enter(pace, 1)[0], was_refused=True)
    assert pace.limit == 1


def test_nobody_is_inside_beyond_the_limit_and_closing_sends_the_rest_home() -> None:
    pace = Pace(2)
    eras = enter(pace, 2)
    waiting: list[int | None] = []
    threads = [threading.Thread(target=lambda: waiting.append(pace.enter())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert waiting == []
    pace.leave(eras[0], was_refused=False)
    pace.close()
    for thread in threads:
        thread.join(10)
    assert sorted(waiting, key=str) in ([None] * 3, [0, None, None])


def test_patience_is_renewed_by_any_success() -> None:
    now = [0.0]
    patience = Patience(10.0, lambda: now[0])
    patience.end()  # no pauses
    away = ServerUnavailable("no connection", "UNAVAILABLE")
    now[0] = 9.0
    assert not patience.wait(away)
    patience.renew()
    now[0] = 18.0
    assert not patience.wait(away)
    now[0] = 20.0
    with pytest.raises(ServerGone, match="nothing succeeded for 11 s: no connection"):
        patience.wait(away)
