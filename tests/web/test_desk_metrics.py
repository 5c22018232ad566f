"""Figures and charts from the server's metrics page."""

from __future__ import annotations

import pytest

from asr_server.metrics_page import MetricsPage
from asr_web.system.line_chart import line_chart
from asr_web.system.metrics_history import MetricsHistory, Point
from asr_web.system.metrics_reader import MetricsUnreadable, ServerSample, read_sample, sample_of

PAGE = """\
# HELP asr_engine_healthy 1 while the loop runs, 0 after it failed
asr_engine_healthy 1
asr_kv_slots 8
asr_kv_slots_in_use 3
asr_audio_seconds_total{audio}
nv_inference_pending_request_count{{model="qwen3_asr",version="1"}} 5
asr_requests_total{{outcome="stop"}} {requests}
asr_requests_total{{outcome="failed"}} 1
asr_request_seconds_sum 12.5
asr_request_seconds_bucket{{le="0.5"}} {half}
asr_request_seconds_bucket{{le="1"}} {requests}
asr_request_seconds_bucket{{le="+Inf"}} {requests}
asr_model_info{{model="demo@1",target="cpu-fp32",device="cpu"}} 1
"""


def page(audio: float = 100.0, requests: int = 10, half: int = 5) -> str:
    return PAGE.format(audio=f" {audio}", requests=requests, half=half)


class Server:
    """A scripted metrics page and clock; None is a server that is down."""

    def __init__(self, pages: list[str | None], step_s: float = 2.0) -> None:
        self.now_s = 1000.0
        self._pages = pages
        self._step_s = step_s
        self.history = MetricsHistory(self._read, lambda: self.now_s)
        for _ in range(len(pages)):
            self.history.sample()
            self.now_s += step_s

    def _read(self) -> ServerSample:
        now = self._pages.pop(0)
        if now is None:
            raise MetricsUnreadable("down")
        return sample_of(MetricsPage.parse(now), self.now_s)


def test_the_page_is_read_with_its_labels() -> None:
    sample = sample_of(MetricsPage.parse(page()), 0.0)
    assert (sample.slots_in_use, sample.slots, sample.queued) == (3, 8, 5)
    assert (sample.audio_s, sample.requests) == (100, 11)
    assert sample.model == {"model": "demo@1", "target": "cpu-fp32", "device": "cpu"}
    assert sample.is_healthy


def test_several_gpus_are_added_up_and_all_must_be_healthy() -> None:
    two = """\
asr_engine_healthy{gpu="0"} 1
asr_engine_healthy{gpu="1"} 0
asr_kv_slots{gpu="0"} 8
asr_kv_slots{gpu="1"} 8
asr_request_seconds_bucket{gpu="0",le="1"} 3
asr_request_seconds_bucket{gpu="1",le="1"} 4
"""
    sample = sample_of(MetricsPage.parse(two), 0.0)
    assert not sample.is_healthy
    assert sample.slots == 16
    assert sample.latency_buckets == ((1.0, 7.0),)


def test_what_is_no_metrics_page_is_refused_by_address() -> None:
    with pytest.raises(MetricsUnreadable, match=r"127\.0\.0\.1:9"):
        read_sample("127.0.0.1:9", 0.0, timeout_s=0.5)


def test_throughput_is_audio_seconds_a_second_over_ten_seconds() -> None:
    points = Server([page(audio=100 + 8 * step) for step in range(8)]).history.throughput()
    assert points[0].value is None
    assert [point.value for point in points[1:]] == [4.0] * 7


def test_a_restarted_server_counts_anew_and_never_backwards() -> None:
    points = Server([page(100), page(110), None, page(2), page(8)]).history.throughput()
    assert [point.value for point in points] == [None, 5.0, None, None, 3.0]


def test_latency_lies_between_the_bounds_of_the_histogram() -> None:
    server = Server([page(requests=10, half=5), page(requests=30, half=15)])
    assert server.history.latency(0.5)[-1].value == pytest.approx(0.5)
    assert server.history.latency(0.75)[-1].value == pytest.approx(0.75)


def test_without_requests_there_is_no_latency() -> None:
    assert Server([page(), page()]).history.latency(0.5)[-1].value is None


def test_the_condition_follows_the_last_look() -> None:
    assert Server([]).history.condition == "unknown"
    assert Server([page()]).history.condition == "ready"
    assert Server([page(), None]).history.condition == "down"
    assert Server([page().replace("healthy 1", "healthy 0")]).history.condition == "failed"


def test_a_chart_breaks_where_there_is_no_value_and_ends_at_the_right_edge() -> None:
    points = [Point(700, 9.0), Point(710, 1.0), Point(850, None), Point(998, 2.0), Point(1000, 4.0)]
    chart = line_chart("queued", points, now_s=1000)
    (line,) = chart.lines
    assert (len(line.paths), chart.top, line.now) == (2, 10, 4.0)
    assert line.paths[1].endswith("100.00 60.00")


def test_an_idle_chart_has_room_above_its_line() -> None:
    chart = line_chart("throughput", [Point(999, 0.0), Point(1000, 0.0)], now_s=1000)
    assert chart.top == 1
    assert line_chart("throughput", [], now_s=1000).lines[0].now is None
