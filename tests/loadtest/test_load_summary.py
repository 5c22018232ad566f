from __future__ import annotations

from load_summary import OK, TEXT_DIFFERS, Call, lines, summarize


def call(latency_s: float, outcome: str = OK, priority: int = 2, started_s: float = 0.0) -> Call:
    return Call(started_s, latency_s, audio_s=10.0, priority=priority, outcome=outcome)


def test_failed_calls_count_neither_as_audio_nor_in_latencies() -> None:
    summary = summarize([call(1.0), call(2.0, "UNAVAILABLE"), call(0.5, TEXT_DIFFERS)])
    assert summary["failures"] == 2
    assert summary["audio_s"] == 10.0
    assert summary["audio_s_per_s"] == 5.0
    assert summary["latency_s"]["max"] == 1.0
    assert summary["outcomes"] == {OK: 1, "UNAVAILABLE": 1, TEXT_DIFFERS: 1}


def test_throughput_is_taken_from_first_start_to_last_answer() -> None:
    summary = summarize([call(1.0, started_s=100.0), call(1.0, started_s=103.0)])
    assert summary["wall_s"] == 4.0
    assert summary["requests_per_s"] == 0.5


def test_percentiles_are_measured_latencies_not_interpolated_ones() -> None:
    summary = summarize([call(latency / 100) for latency in range(1, 101)])
    assert {name: summary["latency_s"][name] for name in ("p50", "p90", "p99", "max")} == {
        "p50": 0.5,
        "p90": 0.9,
        "p99": 0.99,
        "max": 1.0,
    }


def test_latencies_are_kept_apart_by_priority() -> None:
    summary = summarize([call(1.0, priority=2), call(9.0, priority=3)])
    assert summary["latency_s_by_priority"]["2"]["max"] == 1.0
    assert summary["latency_s_by_priority"]["3"]["max"] == 9.0


def test_a_run_without_requests_still_has_a_summary() -> None:
    summary = summarize([])
    assert summary["requests"] == 0
    assert "none sent" in lines(summary)[0]
