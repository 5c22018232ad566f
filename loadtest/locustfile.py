"""Locust load test of the transcription server over gRPC.

    locust -f loadtest/locustfile.py --headless -u 64 -r 64 -t 60s --address 127.0.0.1:8001

Every user sends its next clip as soon as the last one is answered. Each clip is first transcribed once while
nothing else runs; a different text later is a failure named `text differs`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, ClassVar

import grpc.experimental.gevent
from locust import User, events, task
from locust.env import Environment
from locust.runners import LocalRunner, Runner
from tritonclient.utils import InferenceServerException

from asr_call import AsrConnection
from load_summary import lines, summarize
from load_test import LoadTest, add_options

# After Locust patched the standard library, before the first gRPC object exists.
grpc.experimental.gevent.init_gevent()

events.init_command_line_parser.add_listener(add_options)


class AsrUser(User):
    """User in a closed loop: one request in flight, the next one follows at once."""

    load: ClassVar[LoadTest]

    def on_start(self) -> None:
        """Open the user's connection."""
        self._connection = AsrConnection(self.load.address, self.load.deadline_s)
        self._workload = self.load.workload()

    def on_stop(self) -> None:
        """Close the user's connection."""
        self._connection.close()

    @task
    def transcribe(self) -> None:
        """Send one clip and compare its text."""
        clip, priority = next(self._workload)
        call, error = self.load.call(self._connection, clip, priority)
        self.environment.events.request.fire(
            request_type="gRPC",
            name=f"priority {priority}, {clip.length_class}",
            response_time=call.latency_s * 1000,
            response_length=0,
            exception=error,
            context={},
        )


@events.init.add_listener
def prepare(environment: Environment, runner: Runner | None = None, **_: Any) -> None:
    """Fetch the reference texts before the clock of the run starts."""
    if not isinstance(runner, LocalRunner):
        raise SystemExit(
            "this load test counts in one process: run it without --master, --worker, --processes"
        )
    options = environment.parsed_options
    assert options is not None
    try:
        AsrUser.load = LoadTest.prepare(options)
    except (ValueError, OSError, InferenceServerException) as error:
        raise SystemExit(f"load test not started: {error}") from None
    # Wait for requests in flight at the end, so that they are counted and not dropped.
    environment.stop_timeout = max(environment.stop_timeout, options.deadline)
    if not options.csv_prefix:  # Locust closes those files only after this event
        environment.events.quit.add_listener(leave)


@events.test_start.add_listener
def forget_earlier_runs(**_: Any) -> None:
    """Reset the counts when a run is started again from Locust's web page."""
    AsrUser.load.calls.clear()
    AsrUser.load.users_seen = 0


@events.quitting.add_listener
def report(environment: Environment, **_: Any) -> None:
    """Print the figures and write them to the `--summary` file. A run without requests counts as failed."""
    options = environment.parsed_options
    assert options is not None
    load = AsrUser.load
    summary = summarize(load.calls)
    summary |= {"address": load.address, "users": load.users_seen, "clips": len(load.clips)}
    print("\n".join(lines(summary)))
    if options.summary:
        Path(options.summary).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    if not load.calls:
        environment.process_exit_code = 1


def leave(exit_code: int, **_: Any) -> None:
    """Exit without Python's own clean-up, in which gRPC under gevent sometimes hangs."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
