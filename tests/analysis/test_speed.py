"""The analysis is fast enough to run on every call."""

from __future__ import annotations

from call_analysis import analyze, load_rules
from tests.analysis.dialogue import call
from tests.analysis.processor_time import units_of

AGENT = "agent: 您好，感谢您的来电，请问有什么可以帮您？我帮您查一下订单，请稍等，预计明天下午送到。"
CUSTOMER = (
    "customer: 你好，我上个月买的洗衣机坏了，还在保修期内，请问维修要多少钱，我不想退款，什么时候能上门？"
)


def test_an_hour_long_call_takes_well_under_a_second() -> None:
    load_rules()
    transcript = call(*[AGENT, CUSTOMER] * 360)
    assert transcript.duration_s == 3600
    assert units_of(lambda: analyze(transcript)) < 10  # a second where a unit takes 0.1 s
