"""What one request is answered with, on the scripted model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from asr_engine.model import Model
from asr_engine.request import FinishReason
from asr_engine.stats import Outcome
from tests.engine.loop_bench import Bench
from tests.engine.scripted_model import (
    CHINESE,
    CHINESE_TEXT,
    CONFIG,
    ENDLESS,
    ENGLISH,
    LOOPING,
    MELODIES,
    NO_SPEECH,
    RATE,
    clip,
)


def test_one_request_is_answered_with_language_text_and_figures(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(CHINESE, 2.5)))
    assert (result.language, result.text) == ("Chinese", CHINESE_TEXT)
    assert result.finish_reason is FinishReason.STOP
    assert (
        result.num_tokens == len(result.token_logprobs) == len("language Chinese") + 1 + 3 * len(CHINESE_TEXT)
    )
    assert result.mean_logprob == pytest.approx(np.mean(result.token_logprobs))
    assert result.audio_s == 2.5


def test_a_looping_row_is_cut_to_one_repeat(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(LOOPING, 20.0)))
    assert result.finish_reason is FinishReason.REPETITION
    assert result.text == "Well, no"
    assert result.num_tokens == len(result.token_logprobs)
    assert bench.stats().repetition_stops == 1
    assert bench.stats().tokens < 60


def test_reaching_the_cap_is_reported_as_length(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(ENDLESS, 2.0)))
    assert result.finish_reason is FinishReason.LENGTH
    assert result.num_tokens == 60 + 14 * 2


def test_end_of_text_can_be_ignored_so_that_the_work_is_known(scripted_model: Model) -> None:
    config = replace(CONFIG, ignore_end_of_text=True, repetition_min_tokens=1000)
    bench = Bench(scripted_model, config)
    (result,) = bench.finish(bench.submit(clip(CHINESE), max_new_tokens=70))
    assert (result.num_tokens, result.finish_reason) == (70, FinishReason.LENGTH)


def test_a_request_may_lower_the_cap_and_not_raise_it(bench: Bench) -> None:
    lower = bench.submit(clip(ENDLESS, 2.0), "lower", max_new_tokens=20)
    higher = bench.submit(clip(ENDLESS, 2.0), "higher", max_new_tokens=1000)
    assert [result.num_tokens for result in bench.finish(lower, higher)] == [20, 88]


def test_a_cut_inside_the_header_gives_no_text(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(ENGLISH), max_new_tokens=5))
    assert (result.text, result.language, result.finish_reason) == ("", None, FinishReason.LENGTH)


def test_a_cut_inside_a_character_leaves_the_character_out(bench: Bench) -> None:
    header = len("language Chinese") + 1
    (result,) = bench.finish(bench.submit(clip(CHINESE), max_new_tokens=header + 4))
    assert result.text == CHINESE_TEXT[0]


def test_output_ends_where_the_slot_ends(bench: Bench) -> None:
    """26 s take 338 positions of 512 and the cap would be 424 tokens."""
    (result,) = bench.finish(bench.submit(clip(ENDLESS, 26.0)))
    assert result.finish_reason is FinishReason.LENGTH
    assert 60 < result.num_tokens < 60 + 14 * 26


def test_speechless_audio_has_no_language_and_no_text(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(NO_SPEECH)))
    assert (result.text, result.language, result.finish_reason) == ("", None, FinishReason.STOP)


def test_digital_silence_is_answered_without_the_model(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(np.zeros(RATE, np.int16)))
    assert (result.text, result.language, result.finish_reason) == ("", None, FinishReason.SILENCE)
    assert (result.num_tokens, result.mean_logprob, result.timings.first_token_s) == (0, None, None)
    assert bench.stats().encode_steps == 0


def test_context_and_language_reach_the_model(bench: Bench) -> None:
    tickets = [
        bench.submit(MELODIES[2], "plain"),
        bench.submit(MELODIES[2], "context", context="refund"),
        bench.submit(MELODIES[2], "language", language="zh"),
    ]
    assert len({result.text for result in bench.finish(*tickets)}) == 3


def test_a_forced_language_is_the_answer_s_language(bench: Bench) -> None:
    ticket = bench.submit(MELODIES[2], language="chinese")
    assert bench.finish(ticket)[0].language == "Chinese"


def test_timings_add_up(bench: Bench) -> None:
    (result,) = bench.finish(bench.submit(clip(ENGLISH, 3.0)))
    timings = result.timings
    stages = timings.queue_s + timings.encode_s + timings.prefill_s + timings.decode_s
    assert 0 < stages <= timings.total_s
    assert timings.first_token_s is not None
    assert timings.queue_s < timings.first_token_s < timings.total_s


def test_counters_add_up(bench: Bench) -> None:
    tickets = [bench.submit(clip(ENGLISH, 1.0), "a"), bench.submit(clip(NO_SPEECH, 2.0), "b")]
    results = bench.finish(*tickets)
    bench.cancel(tickets[0])  # of no effect, but brings the gauges up to date
    bench.iterate()
    stats = bench.stats()
    assert stats.requests[Outcome.STOP] == 2
    assert stats.tokens == sum(result.num_tokens for result in results)
    assert stats.audio_s == 3.0
    assert stats.prefill_steps == stats.ttft_count == 2
    assert stats.decode_rows == stats.tokens  # the first token comes from prefill, end-of-text is one more
    assert stats.busy_s > stats.encode_s + stats.prefill_s + stats.decode_s
    assert (stats.active, stats.waiting, stats.slots_in_use) == (0, 0, 0)
