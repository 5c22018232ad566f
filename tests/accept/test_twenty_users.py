"""Twenty users at the web desk at once, each with an upload: the page answers within a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asr_server.server import TritonServer
from tests.system.web.concurrent_users import visit_together
from tests.system.web.desk_user import DeskUser
from tests.web.desk_process import DeskProcess

USERS = 20
PROMISED_S = 1.0


@pytest.mark.timeout(600)
def test_the_page_answers_twenty_users_within_a_second(
    triton: TritonServer, tmp_path: Path, figure: Callable[[str, object, str], None]
) -> None:
    with DeskProcess(tmp_path, "--address", triton.grpc_address, "--metrics", triton.metrics_address) as desk:
        DeskUser(desk.url).open_page()  # Gradio prepares the page for the first who asks
        answers = visit_together(desk.url, USERS)
    slowest_s, what = answers[-1]
    figure(
        f"web desk, {USERS} uploads at once: slowest answer ({what})",
        f"{slowest_s:.2f} s",
        f"<= {PROMISED_S} s",
    )
    assert slowest_s <= PROMISED_S, answers[-10:]
