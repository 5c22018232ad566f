"""Metrics page of a server, fetched over HTTP and parsed."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

# Triton's own gauge; the engine's names are in asr_engine.metric_names.
PENDING_REQUESTS = "nv_inference_pending_request_count"

_MAX_PAGE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of the page."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """All samples of the page in its order."""

    samples: tuple[Sample, ...]

    @classmethod
    def fetch(cls, address: str, timeout_s: float) -> MetricsPage:
        """Read the page at HOST:PORT; raises OSError saying why it cannot be read or parsed."""
        connection = http.client.HTTPConnection(address, timeout=timeout_s)
        try:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            content = answer.read(_MAX_PAGE_BYTES)
            if answer.status != http.client.OK:
                raise OSError(f"HTTP status {answer.status}")
            return cls.parse(content.decode())
        except http.client.HTTPException as error:
            raise OSError(f"not an HTTP answer: {error!r}") from error
        except ValueError as error:
            raise OSError("what answers there is no metrics page") from error
        finally:
            connection.close()

    @classmethod
    def parse(cls, text: str) -> MetricsPage:
        """Parse Prometheus' text format; raises ValueError for anything else."""
        # Imported here because `asr health --ready` also runs where only the extra `client` is installed.
        from prometheus_client.parser import text_string_to_metric_families

        # The parser appends _total to the name of a counter without it, such as Triton's own. It knows
        # counters by the comments, so without those all names stay as they are on the page.
        lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        families = text_string_to_metric_families(lines)
        samples = (sample for family in families for sample in family.samples)
        return cls(tuple(Sample(sample.name, sample.labels, sample.value) for sample in samples))

    def named(self, name: str) -> list[Sample]:
        """The samples of one series name, such as one for each engine."""
        return [sample for sample in self.samples if sample.name == name]

    def values(self, name: str) -> list[float]:
        """The values of these samples."""
        return [sample.value for sample in self.named(name)]

    def total(self, name: str) -> float:
        """The sum of these samples; 0 where there is none."""
        return sum(self.values(name))
