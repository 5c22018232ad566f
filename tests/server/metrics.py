"""A server's metrics by series: the name with its labels as the page writes them."""

from __future__ import annotations

from asr_server.metrics_page import MetricsPage, Sample


def read_metrics(address: str, timeout_s: float) -> dict[str, float]:
    """Fetch the page once; raises OSError."""
    return {series(sample): sample.value for sample in MetricsPage.fetch(address, timeout_s).samples}


def series(sample: Sample) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}" if labels else sample.name
