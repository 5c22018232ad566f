"""A call of ten minutes in two channels, put together here, through the real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_client import AsrClient, ClientSettings
from asr_eval.scoring import error_rate, total_errors
from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import join_texts
from tests.demo.ten_minute_call import DURATION_S, SAMPLE_RATE, ten_minute_call

HIGHEST_ERROR_RATE = 0.05


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["Chinese", "English"])
def test_ten_minutes_are_transcribed_line_by_line(demo_repository: Path, language: str) -> None:
    call = ten_minute_call(language)
    with (
        TritonServer(ServerOptions(repository=demo_repository)) as server,
        AsrClient(ClientSettings(address=server.grpc_address)) as client,
    ):
        transcript = client.transcribe(call.samples, sample_rate=SAMPLE_RATE, roles=call.roles)
    assert transcript.duration_s >= DURATION_S
    assert transcript.language == language
    errors = total_errors(
        error_rate(
            call.text_of(channel),
            join_texts([segment.text for segment in transcript.segments if segment.channel == channel]),
            language,
        )
        for channel in range(len(call.roles))
    )
    assert errors.rate <= HIGHEST_ERROR_RATE
    for line in call.lines:
        heard = [
            segment
            for segment in transcript.segments
            if segment.channel == line.channel
            and segment.start_s < line.end_s
            and segment.end_s > line.start_s
        ]
        assert heard, line
