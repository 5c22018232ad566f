"""A server's metrics by series: the name with its labels as the page writes them."""

from __future__ import annotations

import time
from collections.abc import Callable

from asr_server.metrics_page import MetricsPage, Sample


def read_metrics(address: str, timeout_s: float) -> dict[str, float]:
    """Fetch the page once; raises OSError."""
    return {series(sample): sample.value for sample in MetricsPage.fetch(address, timeout_s).samples}


def series(sample: Sample) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}" if labels else sample.name


def settled(metrics: Callable[[], dict[str, float]], name: str) -> dict[str, float]:
    """The page once it has caught up with the tests before: it follows a quarter of a second behind."""
    page = metrics()
    while True:
        time.sleep(0.6)
        page, last = metrics(), page
        if page[name] == last[name]:
            return page
