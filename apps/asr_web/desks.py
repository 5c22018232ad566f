"""Desks: the calls and the batch that each browser tab works on.

A browser tab finds its desk by a key that the tab keeps, so nothing is lost when the page is reloaded or the
connection breaks for a while. A desk that has not been used for `keep_s` is cleared.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from enum import StrEnum

from asr_client import Priority
from asr_web.batch.batch import Batch
from asr_web.call.call_run import CallOptions, CallRun, Transcriber
from asr_web.inbox import Recording

KEY = re.compile(r"[0-9a-f]{32}")
_MAX_DESKS = 2000
_MAX_UNUSED_FILES = 600  # uploaded, and not yet taken by a run
_LOST_S = 10.0  # a watch that has not checked for so long has lost its page


class TabName(StrEnum):
    """Names of the tabs that hold one call each."""

    RECORD = "record"
    UPLOAD = "upload"


class Watch:
    """The one event handler that shows the changes of a tab on a page. A reload makes another page."""

    def __init__(self, page: str | None) -> None:
        self.page = page
        self.looked_s = time.monotonic()

    @property
    def is_lost(self) -> bool:
        """Whether it has stopped checking without ending."""
        return time.monotonic() - self.looked_s > _LOST_S


class Desk:
    """The calls of one browser tab."""

    def __init__(self, transcriber: Transcriber, max_batch_files: int) -> None:
        self._transcriber = transcriber
        self.language = ""
        self.used_at = 0.0
        self.calls: dict[TabName, CallRun] = {}
        self.batch = Batch(self._start_bulk, max_batch_files)
        self._arrived: dict[str, Recording] = {}
        self._watches: dict[str, Watch] = {}
        self._lock = threading.Lock()

    def begin_watch(self, tab_name: str, page: str | None) -> Watch | None:
        """Begin to show the changes of a tab on a page; None when another watch does so on that page already.

        Two watches on one page could overtake each other, and the older markup would stay. A watch of the
        same tab on another page ends.
        """
        with self._lock:
            current = self._watches.get(tab_name)
            if current is not None and current.page == page and not current.is_lost:
                return None
            self._watches[tab_name] = watch = Watch(page)
            return watch

    def goes_on(self, tab_name: str, watch: Watch) -> bool:
        """Whether a watch is still the current one of its tab. Each call keeps the watch from being lost."""
        watch.looked_s = time.monotonic()
        return self._watches.get(tab_name) is watch

    def end_watch(self, tab_name: str, watch: Watch) -> None:
        """End a watch, so that another may begin."""
        with self._lock:
            if self._watches.get(tab_name) is watch:
                del self._watches[tab_name]

    def put(self, recording: Recording) -> None:
        """Keep an upload until `take` fetches it."""
        with self._lock:
            self._arrived[recording.id] = recording
            oldest = next(iter(self._arrived)) if len(self._arrived) > _MAX_UNUSED_FILES else None
            if oldest is not None:
                self._arrived.pop(oldest).discard()

    def take(self, recording_id: str) -> Recording | None:
        """Fetch an upload by its id. Works once, so the second event of a double click finds nothing."""
        with self._lock:
            return self._arrived.pop(recording_id, None)

    def open(self, tab_name: TabName, recording: Recording, options: CallOptions) -> None:
        """Start a call in a tab; it replaces the call that was there."""
        run = self._transcriber.start(recording, options, Priority.INTERACTIVE)
        with self._lock:
            before = self.calls.get(tab_name)
            self.calls[tab_name] = run
        if before is not None:
            before.cancel()
            before.recording.discard()

    def open_again(self, tab_name: TabName, options: CallOptions) -> None:
        """Start the call of a tab once more, unless it is still running."""
        with self._lock:
            run = self.calls.get(tab_name)
            if run is not None and run.is_over:
                self.calls[tab_name] = self._transcriber.start(run.recording, options, Priority.INTERACTIVE)

    def cancel(self, tab_name: TabName) -> None:
        """Cancel the call of a tab."""
        if tab_name in self.calls:
            self.calls[tab_name].cancel()

    def clear(self) -> None:
        """Cancel all runs and remove all files."""
        for run in self.calls.values():
            run.cancel()
            run.recording.discard()
        self.batch.clear()
        for recording in self._arrived.values():
            recording.discard()
        self.calls, self._arrived = {}, {}

    def _start_bulk(self, recording: Recording, options: CallOptions) -> CallRun:
        return self._transcriber.start(recording, options, Priority.BULK)


class Desks:
    """All desks by their keys."""

    def __init__(
        self,
        transcriber: Transcriber,
        max_batch_files: int,
        keep_s: float,
        time_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transcriber = transcriber
        self._max_batch_files = max_batch_files
        self._keep_s = keep_s
        self._time_s = time_s
        self._desks: dict[str, Desk] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> Desk | None:
        """The desk with this key, or None. Counts as a use of the desk."""
        with self._lock:
            desk = self._desks.get(key)
            if desk is not None:
                desk.used_at = self._time_s()
            return desk

    def get(self, key: str) -> Desk:
        """The desk with this key; the first call makes it. Raises ValueError for a malformed key."""
        if not KEY.fullmatch(key):
            raise ValueError("a desk's key has 32 hexadecimal digits")
        with self._lock:
            desk = self._desks.setdefault(key, Desk(self._transcriber, self._max_batch_files))
            desk.used_at = self._time_s()
            surplus = self._oldest() if len(self._desks) > _MAX_DESKS else None
        if surplus is not None:
            surplus.clear()
        return desk

    def sweep(self) -> None:
        """Clear the desks that have not been used for `keep_s`."""
        limit = self._time_s() - self._keep_s
        with self._lock:
            left = {key: desk for key, desk in self._desks.items() if desk.used_at < limit}
            for key in left:
                del self._desks[key]
        for desk in left.values():
            desk.clear()

    def close(self) -> None:
        """Clear all desks."""
        with self._lock:
            desks, self._desks = self._desks, {}
        for desk in desks.values():
            desk.clear()

    def _oldest(self) -> Desk:
        return self._desks.pop(min(self._desks, key=lambda key: self._desks[key].used_at))
