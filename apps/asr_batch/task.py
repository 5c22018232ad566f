"""Task: one recording of a batch, with what is known about it and the name of its result."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath

from asr_batch.errors import SourceInvalid
from asr_types.transcript import CallMetadata

RESULT_ENDING = ".json"
CONTROL_FOLDER = ".asr-batch"
JOURNALS = f"{CONTROL_FOLDER}/journal"

_MAX_NAME_BYTES = 200  # file systems allow 255; an ending and the suffix of a temporary name must fit
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Task:
    """`id` is unique within the batch and names the result. Where `language`, `context` or `roles` is None,
    the option of the whole batch holds."""

    id: str
    audio: str  # local path or URL
    metadata: CallMetadata = field(default_factory=CallMetadata)
    language: str | None = None
    context: str | None = None
    roles: tuple[str, ...] | None = None

    @property
    def result_name(self) -> str:
        """Path of the result below the results folder."""
        return stem_of(self.id) + RESULT_ENDING


def stem_of(task_id: str) -> str:
    """The id as a path. A part that is too long for a file name is cut, and a hash keeps it unique."""
    return "/".join(_shortened(part) for part in task_id.split("/"))


def id_of_path(path: str) -> str:
    """The id of a recording that has none of its own: its path as given, without root and without `..`."""
    _, _, below = path.rpartition("://")
    parts = [part for part in PurePosixPath(below).parts if part not in ("/", "//", ".", "..")]
    return "/".join(parts)


def check_id(task_id: str) -> None:
    """Raise ValueError unless the id can name a file below the results folder."""
    parts = task_id.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in task_id or task_id != task_id.strip():
        raise ValueError(f"id is {task_id!r}; expected a name, or names joined by '/'")
    if parts[0] == CONTROL_FOLDER:
        raise ValueError(f"id is {task_id!r}; {CONTROL_FOLDER} is kept for the batch itself")


def check_distinct(tasks: Sequence[Task]) -> None:
    """Raise SourceInvalid when two recordings would share one result, on any file system."""
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        groups[_comparable(task.result_name)].append(task)
    shared = [group for group in groups.values() if len(group) > 1]
    if shared:
        first, second = shared[0][:2]
        raise SourceInvalid(
            f"{first.audio} and {second.audio} would both be written to {second.result_name!r}"
            f"{_and_more(len(shared) - 1)}; a manifest with a column 'id' can name them"
        )


def first_few(items: Iterable[str]) -> str:
    """The first five items and how many more there are, for an error message."""
    listed = list(items)
    return "; ".join(listed[:_MAX_SHOWN]) + _and_more(len(listed) - _MAX_SHOWN)


def _and_more(count: int) -> str:
    return f" (and {count} more)" if count > 0 else ""


def _comparable(name: str) -> str:
    """Equal for names that some file system does not tell apart: other case, other composition of accents."""
    return unicodedata.normalize("NFC", name).casefold()


def _shortened(part: str) -> str:
    encoded = part.encode(errors="surrogateescape")
    if len(encoded) <= _MAX_NAME_BYTES:
        return part
    digest = blake2b(encoded, digest_size=6).hexdigest()
    return encoded[: _MAX_NAME_BYTES - 13].decode(errors="ignore") + "~" + digest
