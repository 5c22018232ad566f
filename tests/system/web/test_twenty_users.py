"""Twenty users at once, each with an upload: nobody gets an error, and everybody gets a text.

How soon the page answers them is a promise, which `make accept` measures on an idle machine.
"""

from __future__ import annotations

import pytest

from tests.system.web.concurrent_users import visit_together
from tests.web.desk_process import DeskProcess

USERS = 20


@pytest.mark.timeout(600)
def test_twenty_users_upload_at_once_and_each_gets_a_text(desk: DeskProcess) -> None:
    answers = visit_together(desk.url, USERS)
    assert {what for _, what in answers} == {"page", "configuration", "load", "upload", "opening"}
    assert len(answers) % USERS == 0
