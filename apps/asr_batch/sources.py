"""Sources of a batch: folders, patterns, files and manifests, local or by URL, and the recordings in them."""

from __future__ import annotations

import glob
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import fsspec

from asr_batch.errors import SourceInvalid
from asr_batch.manifest import is_manifest, read_manifest
from asr_batch.task import Task, check_distinct, first_few, id_of_path
from asr_types.transcript import CallMetadata

logger = logging.getLogger(__name__)

# Files with these endings are taken from a folder. A file that is a source itself may have any ending.
# fmt: off
AUDIO_ENDINGS = frozenset({
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp2", ".mp3", ".m4a", ".aac",
    ".amr", ".awb", ".wma", ".aif", ".aiff", ".au", ".snd", ".caf", ".gsm", ".mka",
    ".webm", ".mp4", ".m4v", ".mov", ".mkv", ".avi", ".3gp",
})
# fmt: on


def find_tasks(sources: Sequence[str], skip_missing: bool = False) -> list[Task]:
    """One task for each recording, in the order of the sources; within a folder in the order of the names.

    A recording that several sources contain is taken once. Raises SourceInvalid and ManifestInvalid. A
    manifest with local files that do not exist is refused; with `skip_missing` they become tasks, and fail
    one by one.
    """
    tasks: dict[str, Task] = {}
    for source in sources:
        for task in _tasks_of(source, skip_missing):
            known = tasks.setdefault(task.id, task)
            if known is not task and _location(known) != _location(task):
                check_distinct([known, task])
    if not tasks:
        raise SourceInvalid(f"no recordings in {', '.join(sources)}")
    check_distinct(list(tasks.values()))
    return list(tasks.values())


def _tasks_of(source: str, skip_missing: bool) -> Iterable[Task]:
    if is_manifest(source):
        tasks = read_manifest(source)
        if not skip_missing:
            _check_present(source, tasks)
        return tasks
    paths = _remote(source) if "://" in source else _local(source)
    return [Task(id_of_path(path), path, _metadata(path)) for path in paths]


def _metadata(path: str) -> CallMetadata:
    return CallMetadata(call_id=id_of_path(path), source=path.rpartition("/")[2])


def _location(task: Task) -> str:
    return task.audio if "://" in task.audio else str(Path(task.audio).absolute())


def _check_present(source: str, tasks: Sequence[Task]) -> None:
    missing = [task.audio for task in tasks if "://" not in task.audio and not os.path.lexists(task.audio)]
    if missing:
        raise SourceInvalid(
            f"{source} names {len(missing)} files that do not exist: {first_few(missing)}; "
            "--skip-missing counts them as failed and goes on"
        )


def _local(source: str) -> Sequence[str]:
    path = Path(source)
    if path.is_dir():
        return _audio_only(source, sorted(_walk(source)))
    if os.path.lexists(path):
        return [source]
    if glob.has_magic(source):
        found = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        return [name for name in found if not Path(name).is_dir()]
    raise SourceInvalid(f"{source} does not exist")


def _walk(folder: str) -> Iterator[str]:
    """Every file below the folder, except hidden files and folders."""

    def refuse(error: OSError) -> None:
        raise SourceInvalid(f"{error.filename} cannot be read: {error.strerror}") from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(parent, name) for name in names if not name.startswith("."))  # noqa: PTH118


def _remote(source: str) -> Sequence[str]:
    try:
        system, path = fsspec.url_to_fs(source)
        if glob.has_magic(path):
            found = [
                name for name, entry in system.glob(path, detail=True).items() if entry["type"] == "file"
            ]
        elif system.isdir(path):
            found = _audio_only(source, [name for name in system.find(path) if not _is_hidden(name, path)])
        elif system.exists(path):
            return [source]
        else:
            raise SourceInvalid(f"{source} does not exist")
        return [system.unstrip_protocol(name) for name in sorted(found)]
    except (OSError, ValueError, ImportError) as error:
        raise SourceInvalid(f"{source} cannot be read: {error}") from error


def _is_hidden(name: str, folder: str) -> bool:
    return "/." in name.removeprefix(folder)


def _audio_only(source: str, names: Sequence[str]) -> list[str]:
    """The files with an audio ending; a warning counts the others."""
    taken = [name for name in names if _ending(name) in AUDIO_ENDINGS]
    others = Counter(_ending(name) or "no ending" for name in names if _ending(name) not in AUDIO_ENDINGS)
    if others:
        kinds = ", ".join(f"{ending} {count}" for ending, count in others.most_common(5))
        logger.warning(
            "%s: %d files without an audio ending are left out (%s)", source, others.total(), kinds
        )
    return taken


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
