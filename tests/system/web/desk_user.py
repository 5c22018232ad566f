"""A user of the desk without a browser: the same requests a browser sends, and how long they take."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_S = 300.0


@dataclass
class DeskUser:
    """One browser tab. `latencies_s` are those of everything but the transcription."""

    url: str
    latencies_s: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = secrets.token_hex(16)
        self._session = secrets.token_hex(5)
        self._config: dict[str, Any] = {}

    def open_page(self) -> None:
        """The page, its configuration, and what the desk holds."""
        self._timed("page", "GET", "/")
        self._config = json.loads(self._timed("configuration", "GET", "/config"))
        self.trigger("load", self._load_event())

    def transcribe(self, name: str, content: bytes) -> str:
        """Upload a call; returns the markup of the finished tab."""
        path = f"/desk/{self.key}/files"
        answer = json.loads(self._timed("upload", "POST", path, content, {"X-File-Name": quote(name)}))
        event = self._event_of("upload", "desk-upload")
        shown = self.trigger("opening", event, {"id": answer["id"]})
        watch = next(one for one in self._config["dependencies"] if self._follows(one, event["id"]))
        while 'data-state="finished"' not in shown:
            assert 'role="alert"' not in shown, shown
            shown = self._run(watch, {})
        return shown

    def trigger(self, what: str, event: dict[str, Any], data: dict[str, Any] | None = None) -> str:
        """Let an event run to its end; returns the last markup it gave."""
        began_s = time.monotonic()
        shown = self._run(event, data or {})
        self.latencies_s.append((what, time.monotonic() - began_s))
        return shown

    def _run(self, event: dict[str, Any], data: dict[str, Any]) -> str:
        inputs = [self.key, "en", *[None] * (len(event["inputs"]) - 2)]
        body = {"data": inputs, "event_data": data, "fn_index": event["id"], "session_hash": self._session}
        joined = json.loads(self._ask("POST", "/gradio_api/queue/join", json.dumps(body).encode()))
        return self._last_output(joined["event_id"])

    def _last_output(self, event_id: str) -> str:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=TIMEOUT_S)
        shown = ""
        try:
            connection.request("GET", f"/gradio_api/queue/data?session_hash={self._session}")
            for line in connection.getresponse():
                message = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if message.get("event_id") != event_id:
                    continue
                if message["msg"] == "process_completed":
                    assert message["success"], message
                    return self._markup(message) or shown
                if message["msg"] == "process_generating":
                    shown = self._markup(message) or shown
        finally:
            connection.close()
        raise AssertionError("the page ended the conversation")

    @staticmethod
    def _markup(message: dict[str, Any]) -> str:
        data = message["output"].get("data") or []
        return next((part for part in reversed(data) if isinstance(part, str)), "")

    def _load_event(self) -> dict[str, Any]:
        return next(
            one for one in self._config["dependencies"] if one["targets"] and one["targets"][0][1] == "load"
        )

    def _event_of(self, name: str, elem_class: str) -> dict[str, Any]:
        (component,) = (
            one["id"] for one in self._config["components"]
            if elem_class in (one["props"].get("elem_classes") or [])
        )  # fmt: skip
        return next(one for one in self._config["dependencies"] if [component, name] in one["targets"])

    @staticmethod
    def _follows(event: dict[str, Any], first: int) -> bool:
        return event.get("trigger_after") == first

    def _timed(self, what: str, *request: Any) -> bytes:
        began_s = time.monotonic()
        answer = self._ask(*request)
        self.latencies_s.append((what, time.monotonic() - began_s))
        return answer

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, (path, answer.status, content[:200])
            return content
        finally:
            connection.close()
