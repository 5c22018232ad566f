"""Users who come to the desk at once, upload a call each and look at the page again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.system.web.desk_calls import CALLS, REFERENCES
from tests.system.web.desk_user import DeskUser

FILES = [CALLS / call["file"] for call in REFERENCES if call["duration_s"] < 60 and call["language"]]


def visit_together(url: str, num_users: int) -> list[tuple[float, str]]:
    """Seconds and name of each answer other than the transcription, the slowest last; all texts must come."""
    together = threading.Barrier(num_users)

    def visit(number: int) -> DeskUser:
        user = DeskUser(url)
        file = FILES[number % len(FILES)]
        together.wait()
        user.open_page()
        shown = user.transcribe(file.name, file.read_bytes())
        assert file.name in shown
        user.open_page()
        return user

    with ThreadPoolExecutor(num_users) as pool:
        users = list(pool.map(visit, range(num_users)))
    return sorted((seconds, what) for user in users for what, seconds in user.latencies_s)
