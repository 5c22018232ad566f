"""What each browser tab is working on.

A desk belongs to a tab of a browser and is found again by its key, which the tab keeps: reloading the page or
losing the connection for a while loses nothing. A desk that nobody has used for `keep_s` is cleared.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Literal

from asr_client import Priority
from asr_web.batch.batch import Batch
from asr_web.call.call_run import CallOptions, CallRun, Transcriber
from asr_web.inbox import Recording

Place = Literal["record", "upload"]
KEY = re.compile(r"[0-9a-f]{32}")
_MAX_DESKS = 2000
_MAX_UNUSED_FILES = 600  # uploaded, and not yet taken by a run
_LOST_S = 10.0  # a watch that has not looked for so long has lost its page


class Watch:
    """Who shows the changes of a place, and on which page; a reload makes another page."""

    def __init__(self, page: str | None) -> None:
        self.page = page
        self.looked_s = time.monotonic()

    @property
    def is_lost(self) -> bool:
        """Whether it has stopped looking without saying so."""
        return time.monotonic() - self.looked_s > _LOST_S


class Desk:
    """The calls of one browser tab."""

    def __init__(self, transcriber: Transcriber, max_batch_files: int) -> None:
        self._transcriber = transcriber
        self.language = ""
        self.used_at = 0.0
        self.calls: dict[Place, CallRun] = {}
        self.batch = Batch(self._start_bulk, max_batch_files)
        self._arrived: dict[str, Recording] = {}
        self._watches: dict[str, Watch] = {}
        self._lock = threading.Lock()

    def begin_watch(self, place: str, page: str | None) -> Watch | None:
        """Be the one who shows the changes of a place on a page; None where somebody does so there already.

        Two at once could overtake each other on the way and leave the older picture. Whoever did so on
        another page stops.
        """
        with self._lock:
            current = self._watches.get(place)
            if current is not None and current.page == page and not current.is_lost:
                return None
            self._watches[place] = watch = Watch(page)
            return watch

    def goes_on(self, place: str, watch: Watch) -> bool:
        """Whether a watch is still the one of its place; to be asked again and again."""
        watch.looked_s = time.monotonic()
        return self._watches.get(place) is watch

    def end_watch(self, place: str, watch: Watch) -> None:
        """Let the next one begin."""
        with self._lock:
            if self._watches.get(place) is watch:
                del self._watches[place]

    def put(self, recording: Recording) -> None:
        """Keep an upload until it is taken by its id."""
        with self._lock:
            self._arrived[recording.id] = recording
            oldest = next(iter(self._arrived)) if len(self._arrived) > _MAX_UNUSED_FILES else None
            if oldest is not None:
                self._arrived.pop(oldest).discard()

    def take(self, recording_id: str) -> Recording | None:
        """An upload by its id; only once, so a doubled click finds nothing the second time."""
        with self._lock:
            return self._arrived.pop(recording_id, None)

    def open(self, place: Place, recording: Recording, options: CallOptions) -> None:
        """Put a call on a tab in place of the one before, and start it."""
        run = self._transcriber.start(recording, options, Priority.INTERACTIVE)
        with self._lock:
            before = self.calls.get(place)
            self.calls[place] = run
        if before is not None:
            before.cancel()
            before.recording.discard()

    def open_again(self, place: Place, options: CallOptions) -> None:
        """Start the call of a tab once more; nothing happens while it runs."""
        with self._lock:
            run = self.calls.get(place)
            if run is not None and run.is_over:
                self.calls[place] = self._transcriber.start(run.recording, options, Priority.INTERACTIVE)

    def cancel(self, place: Place) -> None:
        """End the call of a tab."""
        if place in self.calls:
            self.calls[place].cancel()

    def clear(self) -> None:
        """Cancel everything and remove every file."""
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
        """The desk with this key, if there is one; it counts as used now."""
        with self._lock:
            desk = self._desks.get(key)
            if desk is not None:
                desk.used_at = self._time_s()
            return desk

    def get(self, key: str) -> Desk:
        """The desk with this key, a new one the first time. Raises ValueError for what is no key."""
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
        """Clear what nobody uses any more."""
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
