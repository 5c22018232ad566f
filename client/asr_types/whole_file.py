"""Files that appear whole or not at all: written beside the target, then renamed.

An interrupted writer leaves no half file under the target's name, and a reader sees the old content or the
new one. Safe for several threads and processes that write the same file: the last one wins.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, content: str | bytes) -> None:
    """Write text (as UTF-8) or bytes. Missing folders are made. Raises OSError."""
    with open_whole(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def open_whole(path: Path, *, durable: bool = False, folder: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write to; it takes the place of `path` at the end of the block, unless the block raises.

    Until then it lies in `folder`, or beside `path`, under a name that begins with a dot; `folder` has to be
    on the same file system. `durable` waits until the content is on the disk, so that it survives a power
    failure. Missing folders are made. Raises OSError.
    """
    unfinished = (folder or path.parent) / f".{uuid.uuid4().hex}"
    for needed in {path.parent, unfinished.parent}:
        needed.mkdir(parents=True, exist_ok=True)
    try:
        with unfinished.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
