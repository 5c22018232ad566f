"""Continuous batching, one iteration of the loop at a time, on the scripted model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_engine.errors import EngineClosed, EngineFailed, RequestCancelled
from asr_engine.model import Model, load_model
from asr_engine.scheduling.admission import CloseDown
from asr_engine.stats import Outcome
from tests.engine.loop_bench import Bench, Ticket
from tests.engine.scripted_model import (
    BROKEN_ROW,
    CHINESE,
    CHINESE_TEXT,
    CONFIG,
    CRASHING,
    ENDLESS,
    ENGLISH,
    ENGLISH_TEXT,
    MELODIES,
    NO_SPEECH,
    clip,
    melody,
)


def test_staggered_requests_answer_as_if_each_were_alone(bench: Bench, alone: Callable[..., str]) -> None:
    tickets = []
    for index, pcm in enumerate(MELODIES[:5]):
        tickets.append(bench.submit(pcm, f"r{index}"))
        bench.iterate(2 + 3 * index)
    results = bench.finish(*tickets)
    assert [result.text for result in results] == [alone(pcm) for pcm in MELODIES[:5]]
    assert bench.stats().decode_rows > bench.stats().decode_steps


@pytest.fixture(scope="module")
def shared_model(scripted_artifacts: Path) -> Model:
    """Never reset: what one run leaves in the cache must not matter to the next."""
    return load_model(scripted_artifacts, CONFIG, device_id=0)


@pytest.fixture(scope="module")
def texts_alone(shared_model: Model) -> list[str]:
    benches = [Bench(shared_model, replace(CONFIG, slots=1)) for _ in MELODIES]
    return [bench.finish(bench.submit(pcm))[0].text for bench, pcm in zip(benches, MELODIES, strict=True)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    slots=st.integers(1, CONFIG.slots),
    arrivals=st.lists(
        st.tuples(st.integers(0, len(MELODIES) - 1), st.integers(0, 12), st.booleans()),
        min_size=1,
        max_size=10,
    ),
)
def test_any_traffic_gives_the_texts_of_single_requests(
    shared_model: Model, texts_alone: list[str], slots: int, arrivals: list[tuple[int, int, bool]]
) -> None:
    """Arrivals are (clip, iterations to wait after it, whether it is cancelled then)."""
    bench = Bench(shared_model, replace(CONFIG, slots=slots, lookahead=10))
    kept: list[tuple[Ticket, str]] = []
    for number, (index, iterations, is_cancelled) in enumerate(arrivals):
        ticket = bench.submit(MELODIES[index], f"r{number}")
        for _ in range(iterations):
            bench.iterate_if_busy()
        if is_cancelled:
            bench.cancel(ticket)
        else:
            kept.append((ticket, texts_alone[index]))
    bench.finish(*(ticket for ticket, _ in kept))
    assert [ticket.result.text for ticket, _ in kept] == [text for _, text in kept]


def test_late_arrival_does_not_change_running_text(bench: Bench, alone: Callable[..., str]) -> None:
    early = bench.submit(MELODIES[3], "early")
    bench.iterate(8)
    late = bench.submit(MELODIES[4], "late")
    first, second = bench.finish(early, late)
    assert (first.text, second.text) == (alone(MELODIES[3]), alone(MELODIES[4]))


def test_a_finished_row_leaves_and_the_others_go_on(bench: Bench, alone: Callable[..., str]) -> None:
    short = bench.submit(clip(NO_SPEECH), "short")
    long = bench.submit(MELODIES[8], "long")
    while not short.answers:
        bench.iterate()
    assert not long.answers
    assert bench.stats().slots_in_use == 1
    assert bench.finish(long)[0].text == alone(MELODIES[8])


def test_a_freed_low_slot_is_a_hole_that_harms_nobody(bench: Bench, alone: Callable[..., str]) -> None:
    first = bench.submit(clip(NO_SPEECH), "first")
    second = bench.submit(MELODIES[5], "second")
    third = bench.submit(clip(ENDLESS), "third")
    while not first.answers:
        bench.iterate()
    bench.iterate(6)
    refill = bench.submit(MELODIES[7], "refill")
    results = bench.finish(second, third, refill)
    assert results[0].text == alone(MELODIES[5])
    assert results[2].text == alone(MELODIES[7])


def test_windows_of_different_requests_share_an_encoder_call(bench: Bench) -> None:
    tickets = [bench.submit(clip(ENGLISH, 1.0), "a"), bench.submit(clip(CHINESE, 3.3), "b")]
    bench.iterate()
    stats = bench.stats()
    assert (stats.encode_steps, stats.encode_windows) == (1, 3)
    assert [result.text for result in bench.finish(*tickets)] == [ENGLISH_TEXT, CHINESE_TEXT]


def test_a_long_clip_is_encoded_in_several_calls(bench: Bench, alone: Callable[..., str]) -> None:
    pcm = melody([2, 5, 11, 3], 12.3)  # seven windows, four a call
    assert bench.finish(bench.submit(pcm))[0].text == alone(pcm)
    assert bench.stats().encode_steps == 2


def test_running_rows_decode_between_two_prefills(bench: Bench) -> None:
    bench.finish(bench.submit(clip(ENDLESS, 6.0), "warm"))
    running = bench.submit(clip(ENDLESS, 6.0), "running")
    bench.iterate(3)
    before = bench.stats()
    for name in ("a", "b"):
        bench.submit(clip(ENDLESS), name)
    bench.iterate(6)
    after = bench.stats()
    others = after.encode_steps + after.prefill_steps - before.encode_steps - before.prefill_steps
    assert others == 3  # one encoder call for both, two prefills
    assert after.decode_steps - before.decode_steps == 3
    bench.finish(running)


def test_cancelling_frees_the_slot_at_the_next_turn(bench: Bench) -> None:
    tickets = [bench.submit(clip(ENDLESS, 6.0), f"r{index}") for index in range(3)]
    bench.iterate(12)
    assert bench.stats().slots_in_use == 3
    bench.cancel(tickets[1])
    bench.iterate()
    assert isinstance(tickets[1].answers[0], RequestCancelled)
    assert bench.stats().slots_in_use == 2
    first, last = bench.finish(tickets[0], tickets[2])
    assert first.text == last.text


@pytest.mark.parametrize("iterations", [0, 1, 2, 3, 4])
def test_cancelling_works_at_every_stage(bench: Bench, iterations: int) -> None:
    ticket = bench.submit(clip(ENDLESS, 9.0))
    bench.iterate(iterations)
    bench.cancel(ticket)
    bench.cancel(ticket)
    bench.iterate()
    assert [type(answer) for answer in ticket.answers] == [RequestCancelled]
    assert bench.stats().slots_in_use == 0
    assert bench.stats().waiting == 0
    assert bench.finish(bench.submit(clip(ENGLISH), "next"))[0].text == ENGLISH_TEXT


def test_a_cancelled_request_costs_no_features_and_keeps_no_samples(bench: Bench) -> None:
    ticket = bench.submit(clip(ENDLESS, 6.0))
    bench.cancel(ticket)
    bench.iterate()
    assert bench.sequence(ticket).samples.size == 0
    assert bench.intake.prepare(bench.sequence(ticket)) == ()


def test_cancelling_an_answered_request_does_nothing(bench: Bench) -> None:
    ticket = bench.submit(clip(ENGLISH))
    bench.finish(ticket)
    bench.cancel(ticket)
    bench.iterate()
    assert len(ticket.answers) == 1


def test_closing_answers_everything_that_is_pending(bench: Bench) -> None:
    tickets = [bench.submit(clip(ENDLESS), f"r{index}") for index in range(5)]
    bench.iterate(7)
    bench.close()
    assert [[type(answer) for answer in ticket.answers] for ticket in tickets] == [[EngineClosed]] * 5
    assert not bench.stats().healthy
    assert bench.stats().requests[Outcome.CLOSED] == 5


def test_mail_behind_the_closing_word_is_answered_too(bench: Bench) -> None:
    bench.admission.post(CloseDown())
    behind = bench.submit(clip(ENGLISH), "behind")
    bench.loop.run()
    assert [type(answer) for answer in behind.answers] == [EngineClosed]


def test_a_failing_step_fails_everything_pending(bench: Bench) -> None:
    finished = bench.submit(clip(ENGLISH), "finished")
    bench.finish(finished)
    tickets = [bench.submit(clip(ENDLESS), "running"), bench.submit(clip(CRASHING), "culprit")]
    tickets.append(bench.submit(clip(ENDLESS), "neighbour"))
    bench.loop.run()
    assert [[type(answer) for answer in ticket.answers] for ticket in tickets] == [[EngineFailed]] * 3
    assert len(finished.answers) == 1
    assert not bench.stats().healthy
    with pytest.raises(EngineFailed, match="failed"):
        bench.submit(clip(ENGLISH), "after")


def test_a_row_of_nan_fails_alone(bench: Bench, alone: Callable[..., str]) -> None:
    neighbour = bench.submit(MELODIES[4], "neighbour")
    broken = bench.submit(clip(BROKEN_ROW), "broken")
    assert bench.finish(neighbour)[0].text == alone(MELODIES[4])
    assert [type(answer) for answer in broken.answers] == [EngineFailed]
    assert bench.stats().healthy
