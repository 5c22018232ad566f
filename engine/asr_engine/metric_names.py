"""Names of the engine's series on the metrics page, for the publisher and for everyone who reads the page.

Operators' dashboards and alerts rely on these names, so they do not change. docs/OPERATIONS.md lists them.
"""

from __future__ import annotations

from enum import StrEnum


class MetricName(StrEnum):
    """One metric family each; a histogram's series end in `_bucket`, `_sum` and `_count`."""

    AUDIO_SECONDS = "asr_audio_seconds_total"
    TOKENS = "asr_tokens_total"
    REQUESTS = "asr_requests_total"
    REPETITION_STOPS = "asr_repetition_stops_total"
    ENCODE_STEPS = "asr_encode_steps_total"
    ENCODE_WINDOWS = "asr_encode_windows_total"
    ENCODE_SECONDS = "asr_encode_seconds_total"
    PREFILL_STEPS = "asr_prefill_steps_total"
    PREFILL_SECONDS = "asr_prefill_seconds_total"
    DECODE_STEPS = "asr_decode_steps_total"
    DECODE_ROWS = "asr_decode_rows_total"
    DECODE_SECONDS = "asr_decode_seconds_total"
    HEARTBEATS = "asr_loop_heartbeats_total"
    HEARTBEAT_TIME = "asr_loop_heartbeat_timestamp_seconds"
    HEALTHY = "asr_engine_healthy"
    ACTIVE = "asr_active_sequences"
    WAITING = "asr_waiting_sequences"
    SLOTS_IN_USE = "asr_kv_slots_in_use"
    SLOTS = "asr_kv_slots"
    MODEL_INFO = "asr_model_info"
    WAKEUPS = "asr_queue_wakeups_total"
    FIRST_TOKEN_SECONDS = "asr_first_token_seconds"
    REQUEST_SECONDS = "asr_request_seconds"

    @property
    def bucket(self) -> str:
        """The series of a histogram that counts observations up to the bound in its label `le`."""
        return f"{self.value}_bucket"


OUTCOME_LABEL = "outcome"  # of REQUESTS
INSTANCE_LABEL = "instance"  # of the gauges where several engines share one page
